//! Writes `assets/licences.txt`: under which licences the crates are that the program is made of.
//!
//! ```text
//! cargo run --example licences
//! ```

mod list;

use std::fs;
use std::path::Path;

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::write(root.join("assets/licences.txt"), list::licences()?)?;
    Ok(())
}
