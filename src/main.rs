//! The program `vcl`: see the crate docs for what it is made of.

fn main() -> std::process::ExitCode {
    vcl::cli::run()
}
