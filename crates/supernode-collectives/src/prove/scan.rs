//! Whether each step makes sense by itself.

use std::collections::BTreeSet;

use super::{Finding, Place};
use crate::{Action, Buf, Collective, Group, Rank, Schedule, Shape, Span, Step, gcd};

/// What one look at every step finds.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) findings: Vec<Finding>,
    pub(super) found: u64,
    /// Steps that others name in `after`.
    pub(super) named: BTreeSet<Place>,
    /// Whether two lanes, or a lane and another rank, may touch the same buffer.
    pub(super) shares: bool,
}

impl Scan {
    /// Looks at every step; keeps the first `keep` findings and counts them all.
    pub(super) fn of(schedule: &dyn Schedule, keep: usize) -> Self {
        let shape = schedule.shape();
        let mut scan = Self { shares: shape.lanes > 1, ..Self::default() };
        if let Some(what) = shape_fault(&super::among(schedule)) {
            scan.findings.push(Finding::Shape { what });
            scan.found = 1;
            return scan;
        }
        for rank in 0..shape.ranks {
            for lane in 0..shape.lanes {
                let mut in_batch = false;
                for index in 0..schedule.steps(rank, lane) {
                    let at = Place { rank, lane, step: index };
                    let step = schedule.step(rank, lane, index);
                    let mut fault = step_fault(schedule, &shape, at, &step);
                    fault = fault.or_else(|| batch_fault(&step, &mut in_batch));
                    if let Some(what) = fault {
                        scan.found += 1;
                        if scan.findings.len() < keep {
                            scan.findings.push(Finding::Malformed { at, what });
                        }
                    }
                    if let Some(dep) = step.after {
                        scan.named.insert(Place { rank, lane: dep.lane, step: dep.step });
                    }
                    scan.shares |= matches!(
                        step.action,
                        Action::Put { .. }
                            | Action::Get { .. }
                            | Action::Multicast { .. }
                            | Action::SwitchReduce { .. }
                    );
                }
                if in_batch {
                    let at = Place { rank, lane, step: schedule.steps(rank, lane) - 1 };
                    let what = "the lane ends within receives that are awaited together".to_owned();
                    scan.findings.push(Finding::Malformed { at, what });
                    scan.found += 1;
                }
            }
        }
        scan
    }
}

fn shape_fault(shape: &Shape) -> Option<String> {
    let Shape { collective, ranks, lanes, input_chunks, output_chunks, .. } = *shape;
    let small = input_chunks.min(output_chunks);
    let empty = small == 0 && collective != Collective::Barrier;
    if ranks == 0 || lanes == 0 || empty {
        return Some(format!("{ranks} ranks, {lanes} lanes and {small} chunks: none may be zero"));
    }
    if let Some(root) = collective.root()
        && root >= ranks
    {
        return Some(format!("the root is rank {root}, which does not exist among {ranks}"));
    }
    let (input, output) = collective.blocks(ranks);
    let [inputs, outputs, input, output] =
        [input_chunks, output_chunks, input, output].map(u64::from);
    let fits = match collective {
        Collective::Barrier => inputs + outputs == 0,
        Collective::AllToAll => inputs == outputs && inputs.is_multiple_of(input),
        _ => inputs * output == outputs * input,
    };
    (!fits).then(|| {
        format!(
            "{collective} on {ranks} ranks cannot have {input_chunks} input and {output_chunks} \
             output chunks"
        )
    })
}

/// Receives that are awaited together stand together, with nothing but local work between.
fn batch_fault(step: &Step, in_batch: &mut bool) -> Option<String> {
    let inside = *in_batch;
    if let Action::Recv { more, .. } = step.action {
        *in_batch = more;
    } else if inside && !matches!(step.action, Action::Copy { .. } | Action::Reduce { .. }) {
        *in_batch = false;
        return Some("it stands within receives that are awaited together".to_owned());
    }
    (inside && step.after.is_some())
        .then(|| "it waits for a step within receives that are awaited together".to_owned())
}

fn step_fault(schedule: &dyn Schedule, shape: &Shape, at: Place, step: &Step) -> Option<String> {
    if let Some(dep) = step.after {
        let exists = dep.lane < shape.lanes && dep.step < schedule.steps(at.rank, dep.lane);
        if !exists {
            return Some(format!("it waits for lane {} step {}: none", dep.lane, dep.step));
        }
        if dep.lane == at.lane && dep.step >= at.step {
            return Some(format!("it waits for step {} of its own lane", dep.step));
        }
    }
    action_fault(shape, at.rank, &step.action)
}

/// Why `rank` cannot take a step that does `action`, whatever the others do.
pub fn action_fault(shape: &Shape, rank: Rank, action: &Action) -> Option<String> {
    let check = Check { shape, rank };
    match *action {
        Action::Send { to, src } => check.peer(to).or_else(|| check.span(src, false)),
        Action::Recv { from, dst, with, .. } => check.peer(from).or_else(|| check.write(dst, with)),
        Action::Forward { from, to, with, keep } => {
            let peers = check.peer(from).or_else(|| check.peer(to));
            peers.or_else(|| match (with, keep) {
                (None, None) => Some("it neither keeps nor adds to what it forwards".to_owned()),
                (_, Some(keep)) => check.write(keep, with),
                (Some(with), None) => check.span(with, false),
            })
        }
        Action::Exchange { to, src, from, dst, with } => check
            .peer(to)
            .or_else(|| check.peer(from))
            .or_else(|| check.span(src, false))
            .or_else(|| check.write(dst, with)),
        Action::Put { to, src, dst } => check.peer(to).or_else(|| check.write(dst, Some(src))),
        Action::Get { from, src, dst, with } => check
            .peer(from)
            .or_else(|| check.write(dst, Some(src)))
            .or_else(|| with.and_then(|with| check.write(dst, Some(with)))),
        Action::Signal { to } => check.peer(to),
        Action::Wait { from } => check.group(from),
        Action::Copy { src, dst } | Action::Reduce { src, dst } => check.write(dst, Some(src)),
        Action::Multicast { group, src, dst } | Action::SwitchReduce { group, src, dst } => {
            check.group(group).or_else(|| check.write(dst, Some(src)))
        }
    }
}

struct Check<'a> {
    shape: &'a Shape,
    rank: Rank,
}

impl Check<'_> {
    fn peer(&self, peer: Rank) -> Option<String> {
        if peer >= self.shape.ranks {
            return Some(format!("rank {peer} does not exist among {}", self.shape.ranks));
        }
        (peer == self.rank).then(|| "it talks to its own rank".to_owned())
    }

    fn group(&self, group: Group) -> Option<String> {
        let Group { first, stride, count } = group;
        let last = u64::from(first) + u64::from(stride) * u64::from(count.saturating_sub(1));
        let valid = count > 0 && (stride > 0 || count == 1) && last < u64::from(self.shape.ranks);
        (!valid).then(|| {
            let ranks = self.shape.ranks;
            format!("no group of {count} ranks from {first} by {stride} exists among {ranks}")
        })
    }

    fn span(&self, span: Span, writes: bool) -> Option<String> {
        let name = match span.buf {
            Buf::Input if writes => return Some("it writes to the input".to_owned()),
            Buf::Input => "input",
            Buf::Output => "output",
            Buf::Scratch => "scratch",
        };
        let (Span { first, len, around, run, .. }, room) = (span, self.shape.chunks(span.buf));
        if run == 0 || (run > 1 && around.is_none()) {
            return Some(format!("{name} chunks from {first} are in runs of {run}"));
        }
        if let Some(stride) = around {
            let stride = stride.get();
            let fits = if run == 1 {
                // Around the buffer at most once for each chunk between two: none comes twice.
                len <= room / gcd(room.into(), stride.into()) as u32
            } else {
                // Around it once.
                let last = u64::from(len.saturating_sub(1));
                let (runs, within) = (last / u64::from(run), last % u64::from(run));
                run <= stride && runs * u64::from(stride) + within < u64::from(room)
            };
            return (first >= room || stride > room || !fits).then(|| {
                format!(
                    "{len} {name} chunks from {first} by {stride} do not exist: there are {room}"
                )
            });
        }
        (u64::from(first) + u64::from(len) > u64::from(room))
            .then(|| format!("{name} chunks {first} + {len} do not exist: there are {room}"))
    }

    /// A write to `dst` of as many chunks as are read from `src`. Nothing is written to, or read
    /// from, a span of no chunks.
    fn write(&self, dst: Span, src: Option<Span>) -> Option<String> {
        let fault = self.span(dst, dst.len > 0);
        fault.or_else(|| {
            let src = src?;
            let lengths = src.len != dst.len;
            self.span(src, false).or_else(|| {
                lengths.then(|| format!("{} chunks do not fit into {}", src.len, dst.len))
            })
        })
    }
}
