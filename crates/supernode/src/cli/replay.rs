//! `supernode replay`: foreign inputs with the numbers of the simulator that they were made for.

mod astra;
mod loggops;
mod report;

use std::process::ExitCode;

use clap::ValueEnum;
use supernode::interop::astra::{Backend, Collective};
use supernode::units::MessageSize;

use super::rows::Format;
use super::{Error, names};

const AFTER_HELP: &str = "\
Examples:
  supernode replay schedule.goal --preset loggops
  supernode replay schedule.goal --preset loggops -L 3700 -o 200 -g 5 -G 0 -S 0 --format csv
  supernode replay --preset astra-sim-unaware --network net.yml --system sys.json \\
      --collective all-reduce -b 1M

The numbers are those of LogGOPSim and of the analytical back ends of ASTRA-sim to the nanosecond; a
case in which that is not known to hold is refused.
Exit codes: 0 good, 1 the schedule never completes (what never ran is listed), 2 the request cannot
be met.";

/// What to replay, and how.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// A schedule in GOAL text (loggops).
    #[arg(value_name = "FILE.goal")]
    file: Option<String>,
    /// Whose numbers.
    #[arg(long, value_enum, ignore_case = true, default_value = "loggops")]
    preset: Preset,
    /// How results are printed; `csv`, `json` and `jsonl` have every rank.
    #[arg(long, value_enum, ignore_case = true, default_value = "table")]
    format: Format,
    #[command(flatten)]
    loggops: LoggopsArgs,
    #[command(flatten)]
    astra: AstraArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Preset {
    /// A GOAL schedule as LogGOPSim times it.
    Loggops,
    /// A collective as ASTRA-sim times it on links that any number of messages share.
    AstraSimUnaware,
    /// A collective as ASTRA-sim times it on links that serve one message at a time.
    AstraSimAware,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of loggops (names and defaults are LogGOPSim's)")]
struct LoggopsArgs {
    /// Latency in nanoseconds [default: 2500].
    #[arg(short = 'L', long = "L", value_name = "NS", value_parser = names::whole::<u64>)]
    latency: Option<u64>,
    /// Processor time per message at each end in nanoseconds [default: 1500].
    #[arg(short = 'o', long = "o", value_name = "NS", value_parser = names::whole::<u64>)]
    overhead: Option<u64>,
    /// Least time between messages at an interface in nanoseconds [default: 1000].
    #[arg(short = 'g', long = "g", value_name = "NS", value_parser = names::whole::<u64>)]
    gap: Option<u64>,
    /// Interface time per byte in nanoseconds [default: 6].
    #[arg(short = 'G', long = "G", value_name = "NS", value_parser = names::whole::<u64>)]
    gap_per_byte: Option<u64>,
    /// Processor time per byte in nanoseconds [default: 0].
    #[arg(short = 'O', long = "O", value_name = "NS", value_parser = names::whole::<u64>)]
    overhead_per_byte: Option<u64>,
    /// Bytes of the largest message that does not wait for its receive [default: 65535].
    #[arg(short = 'S', long = "S", value_name = "BYTES", value_parser = names::whole::<u64>)]
    eager: Option<u64>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of astra-sim-unaware and astra-sim-aware")]
struct AstraArgs {
    /// Network YAML of the analytical back ends.
    #[arg(long, value_name = "FILE.yml")]
    network: Option<String>,
    /// System JSON.
    #[arg(long, value_name = "FILE.json")]
    system: Option<String>,
    /// all-reduce, reduce-scatter, all-gather or all-to-all.
    #[arg(long, value_parser = names::any_case::<Collective>)]
    collective: Option<Collective>,
    /// Bytes of the collective; for all-gather, what one rank puts in.
    #[arg(short = 'b', long, value_name = "SIZE")]
    bytes: Option<MessageSize>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Error> {
    let Args { file, preset, format, loggops, astra } = args;
    let backend = match preset {
        Preset::Loggops => {
            refuse(&astra.given(), "--preset astra-sim-unaware or astra-sim-aware")?;
            let Some(file) = file else {
                return Err("no schedule to replay; name a file in GOAL text".into());
            };
            return loggops::run(file, loggops, *format);
        }
        Preset::AstraSimUnaware => Backend::Unaware,
        Preset::AstraSimAware => Backend::Aware,
    };
    refuse(&loggops.given(), "--preset loggops")?;
    if let Some(file) = file {
        let what = "ASTRA-sim reads no GOAL; give --network, --system, --collective and --bytes";
        return Err(format!("{file}: {what}").into());
    }
    astra::run(backend, astra, *format)
}

/// What another preset would need must not go unheard.
fn refuse(given: &[&str], other: &str) -> Result<(), Error> {
    match given {
        [] => Ok(()),
        [first, ..] => Err(format!("{first} belongs to {other}; leave it out").into()),
    }
}

impl LoggopsArgs {
    fn given(&self) -> Vec<&'static str> {
        let options = [
            ("--L", self.latency),
            ("--o", self.overhead),
            ("--g", self.gap),
            ("--G", self.gap_per_byte),
            ("--O", self.overhead_per_byte),
            ("--S", self.eager),
        ];
        options.into_iter().filter_map(|(name, value)| value.map(|_| name)).collect()
    }
}

impl AstraArgs {
    fn given(&self) -> Vec<&'static str> {
        let options = [
            ("--network", self.network.is_some()),
            ("--system", self.system.is_some()),
            ("--collective", self.collective.is_some()),
            ("--bytes", self.bytes.is_some()),
        ];
        options.into_iter().filter_map(|(name, given)| given.then_some(name)).collect()
    }
}
