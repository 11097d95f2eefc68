//! The program `vcl`: see the crate docs for what it is made of.

fn main() -> std::process::ExitCode {
    quiet_vulkan_layers();
    vcl::cli::run(vcl::app::run)
}

/// Without a session directory, Mesa's device-select layer fails to reach a compositor and says so
/// on stderr in the middle of our output; it is only asked to choose a default device, and we
/// choose our own.
fn quiet_vulkan_layers() {
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: nothing else runs yet, so no other thread can read the environment meanwhile.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}
