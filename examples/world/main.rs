//! The drawn world on which the bundled encoder is trained.

mod sheet;
mod world;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "The drawn world on which the bundled encoder is trained")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Draw random scenes on one picture and print their captions.
    Sheet(sheet::SheetArguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Sheet(arguments) => sheet::run(&arguments),
    }
}
