//! The drawn world on which the bundled encoder is trained.

mod demo;
mod duplicates;
mod edges;
mod evaluate;
mod framing;
mod keys;
mod kinds;
mod library;
mod presence;
mod recipe;
mod sheet;
mod tokens;
mod train;
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
    /// Draw and encode the demo video and write what can be found in it.
    Demo(demo::DemoArguments),
    /// Measure the bundled model on scenes it never saw.
    Evaluate(evaluate::EvaluateArguments),
    /// Measure how well queries that a video shows are told from those that it does not.
    Presence(presence::PresenceArguments),
    /// Measure how well queries that some video of a library shows are told from others.
    Library(library::LibraryArguments),
    /// Measure what is lost and gained where frames like the one before are not encoded.
    Duplicates(duplicates::DuplicatesArguments),
    /// Measure what it costs to take key frames for the frames at the centres of clips.
    Keys(keys::KeysArguments),
    /// Measure what it costs and gains to look at more of a wide frame than its centre.
    Framing(framing::FramingArguments),
    /// Measure what pictures and joined queries find.
    Kinds(kinds::KindsArguments),
    /// Measure how far the ends of moments are off, before and after a closer look.
    Edges(edges::EdgesArguments),
    /// Teach the bundled model.
    Train(train::TrainArguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Sheet(arguments) => sheet::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Presence(arguments) => presence::run(&arguments),
        Command::Library(arguments) => library::run(&arguments),
        Command::Duplicates(arguments) => duplicates::run(&arguments),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Framing(arguments) => framing::run(&arguments),
        Command::Kinds(arguments) => kinds::run(&arguments),
        Command::Edges(arguments) => edges::run(&arguments),
        Command::Train(arguments) => train::run(&arguments),
    }
}
