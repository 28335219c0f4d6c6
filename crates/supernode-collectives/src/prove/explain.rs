//! The steps of a schedule, and what moves, as text.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::expression::Value;
use super::memory::Memory;
use super::symbolic::Moved;
use super::{Options, run};
use crate::{Action, Buf, CollectiveError, Group, Schedule, Span, Step};

/// The table of steps and the movement of data, round by round.
///
/// # Errors
/// As [`super::prove`].
pub fn explain(schedule: &dyn Schedule) -> Result<String, CollectiveError> {
    let shape = schedule.shape();
    let run = run(schedule, &Options::default(), true)?;
    let mut text = String::new();
    for lane in 0..shape.lanes {
        if shape.lanes > 1 {
            let _ = writeln!(text, "lane {lane}");
        }
        text += &table(schedule, lane);
        text.push('\n');
    }
    let mut rounds: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for moved in &run.trace.moved {
        let (way, what) = (way(moved), chunks(&run.memory, &moved.values));
        rounds.entry(moved.round).or_default().push(format!("{way}: {what}"));
    }
    text += "data, by messages in a row: sender > receiver: chunk[contributions]\n";
    for (round, moves) in rounds {
        let _ = writeln!(text, "round {round}");
        for line in moves {
            let _ = writeln!(text, "  {line}");
        }
    }
    for finding in &run.findings.list {
        let _ = writeln!(text, "WRONG: {finding}");
    }
    Ok(text)
}

/// From where to where.
pub(super) fn way(moved: &Moved) -> String {
    let from = moved.sender.rank;
    // A switch answers the rank that asked.
    if from == moved.to { format!("switch > {from}") } else { format!("{from} > {}", moved.to) }
}

/// What a message carries.
pub(super) fn chunks(memory: &Memory, values: &[Value]) -> String {
    if values.is_empty() {
        return "signal".to_owned();
    }
    values.iter().map(|value| contents(memory, *value)).collect::<Vec<_>>().join(" ")
}

/// One row a step, one column a rank.
fn table(schedule: &dyn Schedule, lane: u32) -> String {
    let ranks = schedule.shape().ranks;
    let rows = (0..ranks).map(|rank| schedule.steps(rank, lane)).max().unwrap_or(0);
    let mut columns: Vec<Vec<String>> =
        vec![std::iter::once("step".to_owned()).chain((0..rows).map(|i| i.to_string())).collect()];
    for rank in 0..ranks {
        let steps = schedule.steps(rank, lane);
        let cell = |index| {
            if index < steps { short(&schedule.step(rank, lane, index)) } else { String::new() }
        };
        let head = std::iter::once(format!("rank {rank}"));
        columns.push(head.chain((0..rows).map(cell)).collect());
    }
    let mut text = String::new();
    for row in 0..=rows as usize {
        let mut line = String::new();
        for column in &columns {
            let width = column.iter().map(String::len).max().unwrap_or(0);
            let _ = write!(line, "{:width$}  ", column[row]);
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

fn span(span: Span) -> String {
    let buf = match span.buf {
        Buf::Input => 'i',
        Buf::Output => 'o',
        Buf::Scratch => 's',
    };
    match span.len {
        0 => "nothing".to_owned(),
        1 => format!("{buf}{}", span.first),
        len => match span.around {
            None => format!("{buf}{}..{}", span.first, span.first + len - 1),
            Some(stride) if span.run == 1 => format!("{len} from {buf}{} by {stride}", span.first),
            Some(stride) => format!("{len} from {buf}{}, {} by {stride}", span.first, span.run),
        },
    }
}

fn group(group: Group) -> String {
    let last = group.member(group.count.saturating_sub(1));
    match group.stride {
        1 => format!("{}..{last}", group.first),
        stride => format!("{}..{last} by {stride}", group.first),
    }
}

/// A step in a few characters: `i3` is chunk 3 of the input, `o` output, `s` scratch.
fn short(step: &Step) -> String {
    let plus = |with: Option<Span>| with.map_or(String::new(), |with| format!("+{}", span(with)));
    let mut text = match step.action {
        Action::Send { to, src } => format!("send {} > {to}", span(src)),
        Action::Recv { from, dst, with, more } => {
            let joined = if more { " &" } else { "" };
            format!("{} = <{from}{}{joined}", span(dst), plus(with))
        }
        Action::Forward { from, to, with, keep } => {
            let keep = keep.map_or(String::new(), |keep| format!("{} = ", span(keep)));
            format!("{keep}<{from}{} > {to}", plus(with))
        }
        Action::Exchange { to, src, from, dst, with } => {
            format!("{} > {to}, {} = <{from}{}", span(src), span(dst), plus(with))
        }
        Action::Put { to, src, dst } => format!("put {} > {to}:{}", span(src), span(dst)),
        Action::Get { from, src, dst, with } => {
            format!("{} = {from}:{}{}", span(dst), span(src), plus(with))
        }
        Action::Signal { to } => format!("signal {to}"),
        Action::Wait { from } => format!("wait {}", group(from)),
        Action::Copy { src, dst } => format!("{} = {}", span(dst), span(src)),
        Action::Reduce { src, dst } => format!("{} += {}", span(dst), span(src)),
        Action::Multicast { group: to, src, dst } if src.len == 0 && dst.len == 0 => {
            format!("signal {}", group(to))
        }
        Action::Multicast { group: to, src, dst } => {
            format!("multicast {} > {}:{}", span(src), group(to), span(dst))
        }
        Action::SwitchReduce { group: of, src, dst } => {
            format!("{} = switch sum {}:{}", span(dst), group(of), span(src))
        }
    };
    if let Some(dep) = step.after {
        let _ = write!(text, " (after {}.{})", dep.lane, dep.step);
    }
    text
}

/// `3[0+1+2]`: chunk 3 of ranks 0 to 2; runs of four and more ranks as `0..2`.
fn contents(memory: &Memory, value: Value) -> String {
    let mut by_chunk: BTreeMap<u32, Vec<(u32, u64)>> = BTreeMap::new();
    memory.all.leaves(value, |leaf, times| {
        let (rank, chunk) = memory.all.contribution(leaf);
        by_chunk.entry(chunk).or_default().push((rank, times));
    });
    if by_chunk.is_empty() {
        return "undefined".to_owned();
    }
    let chunk = |(chunk, mut ranks): (u32, Vec<(u32, u64)>)| {
        ranks.sort_unstable();
        let single = ranks.iter().all(|(_, times)| *times == 1);
        let run = ranks.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0);
        let inside = match (ranks.first(), ranks.last()) {
            (Some((first, _)), Some((last, _))) if single && run && ranks.len() > 3 => {
                format!("{first}..{last}")
            }
            _ => {
                let each = |(rank, times): &(u32, u64)| match times {
                    1 => rank.to_string(),
                    times => format!("{times}x{rank}"),
                };
                ranks.iter().map(each).collect::<Vec<_>>().join("+")
            }
        };
        format!("{chunk}[{inside}]")
    };
    by_chunk.into_iter().map(chunk).collect::<Vec<_>>().join("+")
}
