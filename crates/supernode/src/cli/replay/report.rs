//! Finish times per rank, and what never ran.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use serde::Serialize;
use serde_json::Value;
use supernode::interop::loggops::{Blocked, Stuck, Why};

use super::{Error, Format};

/// Rows of a table; LogGOPSim, too, prints as many hosts.
const MOST_RANKS: usize = 16;
/// Operations that a table lists as left over.
const MOST_BLOCKED: usize = 20;

/// Finish times in nanoseconds.
pub(super) enum Times {
    /// One per rank.
    Each(Vec<u64>),
    /// The same for all of that many ranks.
    Same { ranks: u32, ns: u64 },
}

impl Times {
    fn ranks(&self) -> usize {
        match self {
            Self::Each(times) => times.len(),
            Self::Same { ranks, .. } => *ranks as usize,
        }
    }

    fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        let (each, same, times): (&[u64], u64, usize) = match self {
            Self::Each(times) => (times, 0, 0),
            Self::Same { ranks, ns } => (&[], *ns, *ranks as usize),
        };
        each.iter().copied().chain(std::iter::repeat_n(same, times))
    }

    /// When the last rank was through.
    fn last(&self) -> u64 {
        match self {
            Self::Each(times) => times.iter().copied().max().unwrap_or(0),
            Self::Same { ns, .. } => *ns,
        }
    }
}

/// A line of `jsonl`.
#[derive(Serialize)]
struct Row {
    rank: usize,
    finish_ns: u64,
    never_ran: usize,
}

/// The document of `json`.
#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    simulated: bool,
    preset: &'static str,
    model: &'a Value,
    ranks: usize,
    completed: bool,
    finish_ns: u64,
    /// Null where all ranks are equal: the one number says it all.
    finish_ns_by_rank: Option<&'a [u64]>,
    left_over: Vec<LeftOver>,
}

#[derive(Serialize)]
struct LeftOver {
    rank: u32,
    operation: u32,
    statement: String,
    why: String,
}

/// A result.
pub(super) struct Report {
    pub(super) preset: &'static str,
    /// Comment lines above the rows.
    pub(super) notes: Vec<String>,
    /// What was timed, for JSON.
    pub(super) model: Value,
    pub(super) finish_ns: Times,
    pub(super) stuck: Option<Box<Stuck>>,
}

impl Report {
    /// Prints it; the exit code says whether everything ran.
    pub(super) fn write(&self, format: Format) -> Result<ExitCode, Error> {
        let out = &mut BufWriter::new(io::stdout().lock());
        match format {
            Format::Table => self.table(out)?,
            Format::Csv => self.csv(out)?,
            Format::Json => self.json(out)?,
            Format::Jsonl => self.jsonl(out)?,
        }
        out.flush()?;
        if self.stuck.is_some() { Ok(ExitCode::from(1)) } else { Ok(ExitCode::SUCCESS) }
    }

    fn blocked(&self) -> &[Blocked] {
        self.stuck.as_ref().map_or(&[], |stuck| &stuck.blocked)
    }

    fn comments(&self, out: &mut impl Write) -> io::Result<()> {
        let (version, preset) = (env!("CARGO_PKG_VERSION"), self.preset);
        writeln!(out, "# supernode {version}: times are simulated, not measured; preset {preset}")?;
        for note in &self.notes {
            writeln!(out, "# {}", note.replace(char::is_control, " "))?;
        }
        if let Some(stuck) = &self.stuck {
            writeln!(out, "# never completes: {stuck}")?;
        }
        Ok(())
    }

    fn table(&self, out: &mut impl Write) -> io::Result<()> {
        self.comments(out)?;
        writeln!(out, "#\n# {:>8}  {:>16}", "rank", "finish(ns)")?;
        for (rank, ns) in self.finish_ns.iter().enumerate().take(MOST_RANKS) {
            writeln!(out, "{rank:>10}  {ns:>16}")?;
        }
        let more = self.finish_ns.ranks().saturating_sub(MOST_RANKS);
        if more > 0 {
            writeln!(out, "# {more} more ranks; --format csv has all")?;
        }
        for blocked in self.blocked().iter().take(MOST_BLOCKED) {
            writeln!(out, "# {blocked}")?;
        }
        let more = self.blocked().len().saturating_sub(MOST_BLOCKED);
        if more > 0 {
            writeln!(out, "# {more} more operations; --format json has all")?;
        }
        writeln!(out, "# last{}: {} ns", self.so_far(), self.finish_ns.last())
    }

    /// After a stop, times say only how far things went.
    fn so_far(&self) -> &'static str {
        if self.stuck.is_some() { " before the stop" } else { "" }
    }

    /// Per rank, its time and how many of its operations are left over.
    fn rows(&self) -> impl Iterator<Item = (usize, u64, usize)> + '_ {
        let mut blocked = self.blocked();
        self.finish_ns.iter().enumerate().map(move |(rank, ns)| {
            // They are in order of rank.
            let (mine, rest) = blocked.split_at(
                blocked.iter().take_while(|blocked| blocked.op.rank as usize == rank).count(),
            );
            blocked = rest;
            let never_ran = mine.iter().filter(|blocked| blocked.why != Why::NotReceived).count();
            (rank, ns, never_ran)
        })
    }

    fn csv(&self, out: &mut impl Write) -> io::Result<()> {
        self.comments(out)?;
        writeln!(out, "rank,finish_ns,never_ran")?;
        for (rank, ns, never_ran) in self.rows() {
            writeln!(out, "{rank},{ns},{never_ran}")?;
        }
        Ok(())
    }

    fn jsonl(&self, out: &mut impl Write) -> io::Result<()> {
        if let Some(stuck) = &self.stuck {
            // A line is a row; this is no row.
            writeln!(io::stderr(), "never completes: {stuck}")?;
        }
        for (rank, finish_ns, never_ran) in self.rows() {
            serde_json::to_writer(&mut *out, &Row { rank, finish_ns, never_ran })?;
            writeln!(out)?;
        }
        Ok(())
    }

    fn json(&self, out: &mut impl Write) -> io::Result<()> {
        let left = |blocked: &Blocked| LeftOver {
            rank: blocked.op.rank,
            operation: blocked.operation,
            statement: blocked.op.to_string(),
            why: blocked.why.to_string(),
        };
        let each = match &self.finish_ns {
            Times::Each(times) => Some(times.as_slice()),
            Times::Same { .. } => None,
        };
        let document = Document {
            version: env!("CARGO_PKG_VERSION"),
            simulated: true,
            preset: self.preset,
            model: &self.model,
            ranks: self.finish_ns.ranks(),
            completed: self.stuck.is_none(),
            finish_ns: self.finish_ns.last(),
            finish_ns_by_rank: each,
            left_over: self.blocked().iter().map(left).collect(),
        };
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)
    }
}
