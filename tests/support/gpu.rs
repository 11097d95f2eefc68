//! Tests on wgpu's software adapter, which a person's machine may lack.

/// Notes that a test is skipped; on the build server, where `CI` is set, that is a failure.
///
/// # Panics
/// When `CI` is set.
#[track_caller]
pub fn skip_without_adapter() {
    const REASON: &str = "wgpu finds no software adapter (install mesa-vulkan-drivers)";
    assert!(std::env::var_os("CI").is_none(), "{REASON}");
    println!("skipped: {REASON}");
}
