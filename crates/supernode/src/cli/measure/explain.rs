//! `--explain`: why a row takes as long as it does.

use std::io::{BufWriter, Write};
use std::sync::Arc;

use supernode::collectives::{Algorithm, Schedule, Tuning};
use supernode::engine::EngineError;
use supernode::engine::choose::{self, Finish, messages};
use supernode::engine::record::{BusiestPort, CriticalPath, Recording, record};
use supernode::units::{MessageSize, Time};

use super::{Answer, EngineChoice, Setup, grouped};
use crate::cli::Error;

/// Messages that a recording follows: a second or two.
const RECORDED_MESSAGES: u64 = 500_000;
/// What a recording keeps of each, with the queues of the run.
const RECORDED_BYTES: u64 = 1024;

impl Setup {
    /// How good an answer is, line by line: the engine and what made it short, the share of the lower
    /// bound, when ranks finish, and what the last of them waited for.
    pub(in crate::cli) fn explain(
        &self,
        algorithm: Algorithm,
        tuning: &Tuning,
        count: u64,
        answer: &Answer,
    ) -> Result<Vec<String>, Error> {
        let Answer { time, engine, how, .. } = answer;
        let size = MessageSize::new(count * self.request.dtype.bytes());
        let bound = self.bound(count);
        let share = match 100.0 * bound.as_secs_f64() / time.as_secs_f64() {
            ..0.05 => "less than 0.1 %".to_owned(),
            share => format!("{share:.1} %"),
        };
        let how = if how.is_empty() { String::new() } else { format!(" ({how})") };
        let mut lines = vec![format!(
            "explain {algorithm} {size}: {time} by engine {}{how}; no algorithm takes less than \
             {bound}, {share} of it{}",
            engine.name(),
            self.unshared(*engine)
        )];
        if let Err(why) = Self::follows_ports(*engine) {
            lines.push(format!("  ranks and critical path: {why}"));
            return Ok(lines);
        }
        lines.push(format!("  {}", self.finishes(algorithm, tuning, count)?));
        match self.recordable(algorithm, tuning)? {
            Ok(schedule) => {
                let recording = self.record(&schedule, count)?;
                let port = recording.busiest_port();
                lines.extend(
                    path(&recording.critical_path(), *time).map(|line| format!("  {line}")),
                );
                lines.extend(port.map(|port| format!("  {}", busiest(port, *time))));
            }
            Err(why) => lines.push(format!("  critical path: not followed, {why}")),
        }
        Ok(lines)
    }

    /// Whether times of `engine` are those of messages that meet at ports alone, which can be recorded.
    fn follows_ports(engine: EngineChoice) -> Result<(), String> {
        match engine {
            EngineChoice::Emulate
            | EngineChoice::EmulateSizes
            | EngineChoice::Folded
            | EngineChoice::Sweep
            | EngineChoice::Ports => Ok(()),
            other => Err(format!("the engine {} keeps none of them", other.name())),
        }
    }

    /// Whether times of single ranks go with the engine that was asked for.
    pub(in crate::cli) fn keeps_ranks(&self) -> Result<(), String> {
        match self.request.engine {
            // The exact engines are asked beside it.
            EngineChoice::Auto => Ok(()),
            forced => Self::follows_ports(forced).map_err(|_| {
                format!(
                    "the engine {} keeps no steps and no times of single ranks; use auto, folded, \
                     sweep, ports or emulate",
                    forced.name()
                )
            }),
        }
    }

    /// When each rank finishes, where an exact engine says.
    fn finish(
        &self,
        algorithm: Algorithm,
        tuning: &Tuning,
        count: u64,
    ) -> Result<Option<Finish>, Error> {
        let schedule = self.schedule(algorithm, tuning)?;
        let chunks = schedule.chunks(count, self.request.dtype.bytes());
        let patience = self.patience(schedule.shape().lanes);
        match choose::run(&*schedule, &chunks, &self.cost, patience) {
            Ok(chosen) => Ok(Some(chosen.finish)),
            Err(EngineError::Impatient(_)) => Ok(None),
            Err(error) => Err(super::no_time(algorithm, error)),
        }
    }

    fn finishes(&self, algorithm: Algorithm, tuning: &Tuning, count: u64) -> Result<String, Error> {
        let Some(finish) = self.finish(algorithm, tuning, count)? else {
            return Ok("ranks: each would take an exact engine too long".to_owned());
        };
        let (mut first, mut last) = ((0, finish.of(0)), (0, finish.of(0)));
        for rank in 1..self.ranks() {
            let time = finish.of(rank);
            if time < first.1 {
                first = (rank, time);
            }
            if time > last.1 {
                last = (rank, time);
            }
        }
        Ok(if first.1 == last.1 {
            format!("ranks: all {} finish at the same time", self.ranks())
        } else {
            format!(
                "ranks: the first to finish is {} at {}, the last {} at {}",
                first.0, first.1, last.0, last.1
            )
        })
    }

    /// Writes when each rank finishes, in picoseconds and microseconds.
    pub(in crate::cli) fn write_finishes(
        &self,
        path: &str,
        algorithm: Algorithm,
        tuning: &Tuning,
        count: u64,
    ) -> Result<(), Error> {
        let Some(finish) = self.finish(algorithm, tuning, count)? else {
            return Err(format!(
                "{path}: no exact engine says when each rank of {algorithm} finishes in reasonable time; \
                 use fewer ranks or another algorithm"
            )
            .into());
        };
        let write = || -> std::io::Result<()> {
            let mut out = BufWriter::new(std::fs::File::create(path)?);
            writeln!(out, "rank,finish_ps,finish_us")?;
            for rank in 0..self.ranks() {
                let time = finish.of(rank);
                writeln!(out, "{rank},{},{}", time.as_ps(), time.as_us_f64())?;
            }
            out.flush()
        };
        write().map_err(|error| format!("{path}: {error}").into())
    }

    /// The schedule, if all its messages can be kept; otherwise why not.
    pub(in crate::cli) fn recordable(
        &self,
        algorithm: Algorithm,
        tuning: &Tuning,
    ) -> Result<Result<Arc<dyn Schedule>, String>, Error> {
        let schedule = self.schedule(algorithm, tuning)?;
        let messages = messages(&*schedule);
        if messages > RECORDED_MESSAGES {
            let (messages, most) = (grouped(messages), grouped(RECORDED_MESSAGES));
            return Ok(Err(format!(
                "up to {messages} messages are more than the {most} that are kept"
            )));
        }
        let needed = messages * RECORDED_BYTES;
        if needed > self.memory_limit {
            let (needed, limit) = (MessageSize::new(needed), MessageSize::new(self.memory_limit));
            return Ok(Err(format!("it needs {needed}, but only {limit} may be used")));
        }
        Ok(Ok(schedule))
    }

    pub(in crate::cli) fn record(
        &self,
        schedule: &Arc<dyn Schedule>,
        count: u64,
    ) -> Result<Recording, Error> {
        let chunks = schedule.chunks(count, self.request.dtype.bytes());
        Ok(record(&**schedule, &chunks, &self.cost)?)
    }
}

fn path(path: &CriticalPath, time: Time) -> Option<String> {
    let (first, last) = (path.hops.first()?, path.hops.last()?);
    let share = |part: Time| 100.0 * part.as_secs_f64() / time.as_secs_f64();
    let parts = path.parts.named();
    let parts = parts.iter().filter(|(_, part)| *part > Time::ZERO);
    let parts: Vec<String> =
        parts.map(|(name, part)| format!("{name} {part} ({:.1} %)", share(*part))).collect();
    Some(format!(
        "critical path: {}; {} moments from rank {} to rank {}",
        parts.join(", "),
        path.hops.len(),
        first.rank,
        last.rank
    ))
}

fn busiest(port: BusiestPort, time: Time) -> String {
    let BusiestPort { rank, port, sends, busy } = port;
    let way = if sends { "sends" } else { "receives" };
    let share = 100.0 * busy.as_secs_f64() / time.as_secs_f64();
    format!("busiest port: {port} of rank {rank} {way} for {busy}, {share:.1} % of the time")
}
