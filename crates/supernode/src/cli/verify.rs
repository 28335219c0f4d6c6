//! `supernode verify`: prove schedules without running data.

mod progress;
mod rows;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::ValueEnum;
use supernode::catalog::nearest;
use supernode::collectives::prove::{
    Options, Proof, memory_needed, operations, prove, prove_algorithm,
};
use supernode::collectives::{
    Algorithm, Collective, CollectiveError, Inner, LevelPlan, Schedule, Tuning, Uneven, fit_levels,
};
use supernode::units::MessageSize;

use super::measure::memory;
use super::names::grouped;
use super::ranks::RankCounts;
use super::{Error, names};
use rows::{Row, Writer};

const AFTER_HELP: &str = "\
Examples:
  supernode verify all-reduce --algo ring --ranks 2..64
  supernode verify all-reduce --algo all --ranks 8..1K:x2
  supernode verify all-gather --algo hierarchical --levels 8:direct,4:ring --ranks 32
  supernode verify all-reduce --algo ring -n 5 --cycles
  supernode verify all-reduce --non-commutative --in-place
  supernode verify all-gather --algo ring,pairwise --counts 300,0,5,20

`2..64` is every number from 2 to 64; `8..1K:x2` doubles, `8..64:+8` adds 8; K is 1,024.
Exit codes: 0 proved, 1 something is wrong, 2 the request cannot be met.";

/// Operations that a proof takes on; at a few million a second, that is minutes.
const MAX_OPERATIONS: u64 = 2_000_000_000;

/// What to prove.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// all-reduce, reduce-scatter, all-gather, broadcast, reduce, all-to-all, gather, scatter,
    /// send-recv or barrier.
    #[arg(value_parser = names::any_case::<Collective>)]
    collective: Collective,
    /// Algorithms separated by commas, or `all`.
    #[arg(short, long, value_name = "NAME", default_value = "all")]
    algo: String,
    /// Numbers of ranks: 8, 2..64, 8..1K:x2, separated by commas.
    #[arg(
        short = 'n',
        long,
        value_name = "RANGE",
        default_value = "2..16",
        conflicts_with = "counts"
    )]
    ranks: RankCounts,
    /// Elements of the block of each rank, separated by commas; for all-to-all from each rank to each
    /// rank, row by row.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = names::whole::<u64>)]
    counts: Vec<u64>,
    /// Pieces each rank's share is cut into where the algorithm pipelines.
    #[arg(long, value_name = "N", default_value = "2", value_parser = slices)]
    slices: u32,
    /// The rank that broadcasts, scatters, gathers or gets the reduction [default: 0].
    #[arg(short, long, value_name = "RANK", value_parser = names::whole::<u32>)]
    root: Option<u32>,
    /// Radix of trees and dissemination: one more than the peers of a round.
    #[arg(long, value_name = "K", default_value = "2", value_parser = radix)]
    radix: u32,
    /// Levels of `hierarchical` as SIZE:INNER, innermost first; they are fitted to the ranks.
    #[arg(long, value_name = "LIST", default_value = "8:direct,8:ring", value_parser = level, value_delimiter = ',')]
    levels: Vec<LevelPlan>,
    /// Let input and output overlap, as in-place calls of NCCL and MPI do.
    #[arg(long)]
    in_place: bool,
    /// For an operator that does not commute: only algorithms that add in rank order.
    #[arg(long)]
    non_commutative: bool,
    /// Also say who waits for whom at the FIFO depths that are too small.
    #[arg(long)]
    cycles: bool,
    /// How results are printed.
    #[arg(long, value_enum, ignore_case = true, default_value = "table")]
    format: Format,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// One header line, then one line a row; `#` lines are comments.
    Csv,
    /// One JSON document.
    Json,
}

/// Reads `8:direct`.
pub(super) fn level(text: &str) -> Result<LevelPlan, String> {
    let (size, inner) = text
        .split_once(':')
        .ok_or_else(|| format!("`{text}` has no inner algorithm; write it like 8:direct"))?;
    let size = names::whole::<u32>(size.trim())?;
    if size == 0 {
        return Err(format!("`{text}` holds no ranks; use 1 or more"));
    }
    let inner = names::any_case::<Inner>(inner.trim()).map_err(|error| error.to_string())?;
    Ok(LevelPlan { size, inner })
}

/// Reads a number of pieces.
pub(super) fn slices(text: &str) -> Result<u32, String> {
    match names::whole(text)? {
        0 => Err(format!("`{text}` pieces hold nothing; use 1 or more")),
        slices => Ok(slices),
    }
}

/// Reads a radix.
pub(super) fn radix(text: &str) -> Result<u32, String> {
    match names::whole(text)? {
        0 | 1 => Err(format!("a radix of {text} gets nowhere; use 2 or more")),
        radix => Ok(radix),
    }
}

/// The algorithms that `text` names, each once.
fn algorithms(text: &str) -> Result<Vec<Algorithm>, Error> {
    let mut chosen: Vec<Algorithm> = Vec::new();
    for name in text.split(',').map(|name| name.trim().to_ascii_lowercase()) {
        let named = if name == "all" { Algorithm::ALL.to_vec() } else { vec![algorithm(&name)?] };
        for algorithm in named {
            if !chosen.contains(&algorithm) {
                chosen.push(algorithm);
            }
        }
    }
    Ok(chosen)
}

/// The algorithm of that name, or the nearest names.
pub(super) fn algorithm(name: &str) -> Result<Algorithm, Error> {
    let name = name.to_ascii_lowercase();
    name.parse().map_err(|error: CollectiveError| {
        let own = |a: Algorithm| std::iter::once(a.name()).chain(a.aliases().iter().copied());
        let hint = match nearest(&name, Algorithm::ALL.into_iter().flat_map(own)).first() {
            Some(nearest) => format!(" (did you mean `{nearest}`?)"),
            None => String::new(),
        };
        format!("{error}{hint}").into()
    })
}

/// The tuning of `algorithm` for `ranks` ranks: unequal groups as they are named, levels as they fit.
pub(super) fn tuning(
    algorithm: Algorithm,
    ranks: u32,
    slices: u32,
    levels: &[LevelPlan],
    radix: u32,
) -> Tuning {
    if algorithm == Algorithm::UnequalGroups {
        return Tuning { slices, levels: levels.to_vec(), radix };
    }
    let offered: Vec<_> = levels.iter().map(|level| (level.size, level.inner)).collect();
    Tuning { slices, levels: fit_levels(ranks, &offered), radix }
}

impl Args {
    /// The numbers of ranks to prove.
    fn ranks(&self) -> Result<Vec<u32>, Error> {
        let blocks = u32::try_from(self.counts.len()).map_err(|_| "--counts: too many blocks")?;
        match (self.collective, blocks) {
            (_, 0) => Ok(self.ranks.iter().collect()),
            (Collective::AllToAll, _) if blocks.isqrt().pow(2) == blocks => {
                Ok(vec![blocks.isqrt()])
            }
            (Collective::AllToAll, _) => Err(format!(
                "--counts has {blocks} counts; an all-to-all of N ranks takes N x N, such as 4 or 9"
            )
            .into()),
            _ => Ok(vec![blocks]),
        }
    }

    /// The schedule of `algorithm`, with blocks of the counts that were given.
    fn schedule(
        &self,
        algorithm: Algorithm,
        ranks: u32,
    ) -> Result<Arc<dyn Schedule>, CollectiveError> {
        let tuning = tuning(algorithm, ranks, self.slices, &self.levels, self.radix);
        let schedule = Arc::from(algorithm.schedule(self.collective(), ranks, &tuning)?);
        if self.counts.is_empty() {
            return Ok(schedule);
        }
        Ok(Arc::new(Uneven::new(schedule, &self.counts)?))
    }

    /// The proof of `algorithm`, and that it costs what it states where blocks are equal.
    fn prove(
        &self,
        algorithm: Algorithm,
        ranks: u32,
        options: &Options,
    ) -> Result<Proof, CollectiveError> {
        if self.counts.is_empty() {
            let tuning = tuning(algorithm, ranks, self.slices, &self.levels, self.radix);
            return prove_algorithm(algorithm, self.collective(), ranks, &tuning, options);
        }
        prove(&*self.schedule(algorithm, ranks)?, options)
    }

    /// What is proved, its root included.
    fn collective(&self) -> Collective {
        self.collective.with_root(self.root.unwrap_or(0))
    }
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Error> {
    names::check_root(args.collective, args.root)?;
    if args.non_commutative && !args.collective.reduces() {
        let what = format!("{} combines nothing, in no order", args.collective);
        return Err(format!("--non-commutative: {what}; leave it out").into());
    }
    let all = args.algo.split(',').any(|name| name.trim().eq_ignore_ascii_case("all"));
    let ranks = args.ranks()?;
    let (mut work, mut left_out) = (Vec::new(), Vec::new());
    for algorithm in algorithms(&args.algo)? {
        let mut forbidden = None;
        for &ranks in &ranks {
            match check_limits(args, algorithm, ranks) {
                Ok(()) => work.push((algorithm, ranks)),
                // `all` means all that there are.
                Err(Refused::Undefined(_)) if all => break,
                Err(Refused::Forbidden(why)) if all => {
                    forbidden.get_or_insert(why);
                }
                Err(Refused::Undefined(why) | Refused::Forbidden(why) | Refused::TooMuch(why)) => {
                    return Err(why.into());
                }
            }
        }
        left_out.extend(forbidden);
    }
    let mut writer = Writer::new(io::stdout().lock(), args.format, args.cycles);
    writer.header(args.collective(), args.in_place, &left_out)?;
    let progress = Some(Arc::default());
    let options = Options { progress, in_place: args.in_place, ..Options::default() };
    let bar = progress::bar(&options, work.len());
    for (algorithm, ranks) in work {
        bar.set_message(format!("{algorithm} on {} ranks", grouped(ranks.into())));
        let proof = args.prove(algorithm, ranks, &options)?;
        let row = Row { collective: args.collective(), algorithm, ranks, proof };
        bar.suspend(|| writer.row(&row))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let wrong = writer.finish()?;
    io::stdout().flush()?;
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Why a proof is not begun.
enum Refused {
    /// There is no such schedule.
    Undefined(String),
    /// There is none on so many ranks.
    Forbidden(String),
    /// It would take too much memory or time.
    TooMuch(String),
}

/// Whether memory and patience last.
fn check_limits(args: &Args, algorithm: Algorithm, ranks: u32) -> Result<(), Refused> {
    let limit = memory::available();
    let refused = |error: CollectiveError| match error {
        CollectiveError::Unsupported { .. } => Refused::Undefined(error.to_string()),
        CollectiveError::RanksForbidden { .. } => Refused::Forbidden(error.to_string()),
        CollectiveError::Wrong { .. } => Refused::Forbidden(format!("{algorithm}: {error}")),
        _ => Refused::TooMuch(error.to_string()),
    };
    let tuning = tuning(algorithm, ranks, args.slices, &args.levels, args.radix);
    let schedule = algorithm.schedule(args.collective(), ranks, &tuning).map_err(refused)?;
    if args.non_commutative && !schedule.shape().in_rank_order {
        return Err(Refused::Forbidden(format!(
            "{algorithm} does not add in rank order on {ranks} ranks, which an operator that does not \
             commute needs; choose another algorithm, such as linear"
        )));
    }
    let (needed, _) = memory_needed(&*schedule);
    let operations = operations(&*schedule);
    if operations > MAX_OPERATIONS {
        let (operations, most) = (grouped(operations), grouped(MAX_OPERATIONS));
        return Err(Refused::TooMuch(format!(
            "the proof of {algorithm} on {ranks} ranks takes about {operations} operations (messages, \
             chunks, clocks); more than {most} would take too long; use fewer ranks or slices"
        )));
    }
    if needed > limit {
        let (needed, limit) = (MessageSize::new(needed), MessageSize::new(limit));
        return Err(Refused::TooMuch(format!(
            "the proof of {algorithm} on {ranks} ranks needs {needed}, but only {limit} may be \
             used; use fewer ranks"
        )));
    }
    // Whether it takes blocks of these counts takes a proof.
    args.schedule(algorithm, ranks).map(drop).map_err(refused)
}
