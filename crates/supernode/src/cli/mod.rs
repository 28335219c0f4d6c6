//! The command line: results on standard output, progress and warnings on standard error.

mod bench;
mod choices;
mod compare;
mod explain;
mod list;
mod machine;
mod measure;
mod names;
mod profile;
mod ranks;
mod replay;
mod rows;
mod scale;
mod show;
mod source;
mod validate;
mod verify;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Arg, CommandFactory, FromArgMatches, Parser, Subcommand};
use tracing_subscriber::filter::LevelFilter;

/// What can end a command early.
pub(crate) type Error = Box<dyn std::error::Error>;

const AFTER_HELP: &str = "\
Examples:
  supernode bench all-reduce --system dgx-h100 -b 8 -e 128M -f 2
  supernode bench all-reduce --system atlas-950-superpod --ranks 1024 --algo all -b 1M -e 1M
  supernode scale all-reduce --system atlas-960-supercluster --ranks 8..1M:x2 -s 1G
  supernode choices all-reduce --system dgx-h100 --profile nccl:2.29
  supernode compare atlas-950-superpod vr-nvl144
  supernode validate
  supernode replay schedule.goal --preset loggops
  supernode verify all-reduce --algo all --ranks 2..64
  supernode list systems
  supernode show system cloudmatrix-384

Exit codes: 0 good, 1 a result was wrong, 2 the request cannot be met.";

/// Emulates collective communication on AI supernodes.
///
/// All times are simulated: chips, links and switches are models with sources, the data and its
/// arithmetic are real.
#[derive(Debug, Parser)]
#[command(name = "supernode", version, after_help = AFTER_HELP)]
struct Cli {
    /// Trace to standard error: collectives (info), or every step (trace).
    #[arg(long, global = true, value_name = "LEVEL", default_value = "warn")]
    log: LevelFilter,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Time a collective over message sizes, as nccl-tests does.
    Bench(Box<bench::Args>),
    /// Say what a library would run for which sizes.
    Choices(choices::Args),
    /// Train on two machines and say which wins, and where the verdict turns.
    Compare(compare::Args),
    /// Print the steps of an algorithm and what moves.
    Explain(explain::Args),
    /// Time a collective over numbers of ranks, and draw it.
    Scale(scale::Args),
    /// Hold the library profiles against measured curves, built-in ones or yours.
    Validate(validate::Args),
    /// Time a foreign schedule or collective exactly as its own simulator does.
    Replay(replay::Args),
    /// List chips, systems or algorithms.
    List(list::Args),
    /// Show a chip or system with the source of every value.
    Show(show::Args),
    /// Prove algorithms: data, deadlock, races, order of sums, cost.
    Verify(verify::Args),
}

/// Runs the command that the arguments name.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::from_arg_matches(&command().get_matches()).unwrap_or_else(|error| error.exit());
    tracing_subscriber::fmt()
        .with_max_level(cli.log)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let result = match cli.command {
        Command::Bench(args) => bench::run(&args),
        Command::Choices(args) => choices::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Scale(args) => scale::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::List(args) => list::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Verify(args) => verify::run(&args),
    };
    match result {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            let mut stderr = std::io::stderr().lock();
            // Nothing is left to tell if standard error is gone, too.
            let _ = writeln!(stderr, "error: {error}");
            ExitCode::from(2)
        }
    }
}

/// The command line, where what follows an option is its value: `-b -8` is a size that is refused
/// in our own words, not an option `-8` that nobody has heard of.
fn command() -> clap::Command {
    let take = |arg: Arg| {
        let option = !arg.is_positional() && arg.get_action().takes_values();
        if option { arg.allow_hyphen_values(true) } else { arg }
    };
    Cli::command().mut_subcommands(|command| command.mut_args(take))
}

/// A reader that has seen enough (`supernode list systems | head`) is no failure.
fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
