//! `--trace`: a run as slices of lanes and ports, for Perfetto (ui.perfetto.dev).

use std::io::{BufWriter, Write};

use supernode::collectives::{Action, Schedule};
use supernode::engine::record::{Message, Recording, StepRecord};

use super::Error;
use super::perfetto::Trace;
use crate::cli::names::grouped;

/// Slices that Perfetto's page opens without trouble, some 60 bytes each.
const MOST_SLICES: usize = 500_000;

/// Writes the ranks of `recording` that fit; says on standard error if some do not.
pub(super) fn write(
    path: &str,
    recording: &Recording,
    schedule: &dyn Schedule,
) -> Result<(), Error> {
    let file = std::fs::File::create(path).map_err(|error| format!("{path}: {error}"))?;
    let ranks = fitting(recording);
    let all = recording.timed.finish.len() as u32;
    if ranks < all {
        writeln!(
            std::io::stderr(),
            "{path} holds ranks 0 to {} of {all}: all of them have more than {} slices",
            ranks - 1,
            grouped(MOST_SLICES as u64)
        )?;
    }
    let trace = Trace::new(BufWriter::new(file));
    slices(trace, recording, schedule, ranks).map_err(|error| format!("{path}: {error}").into())
}

/// How many ranks, from the first one on, have no more slices than fit; at least one.
fn fitting(recording: &Recording) -> u32 {
    let mut of = vec![0_usize; recording.timed.finish.len()];
    for step in &recording.steps {
        of[step.rank as usize] += 1;
    }
    for message in &recording.messages {
        of[message.from as usize] += 1;
        of[message.to as usize] += 1;
    }
    let mut sum = 0;
    let fits = of.iter().take_while(|slices| {
        sum += **slices;
        sum <= MOST_SLICES
    });
    (fits.count() as u32).max(1)
}

/// The tracks of a rank: itself, then its lanes, then both directions of its ports.
struct Tracks {
    lanes: u32,
    ports: u32,
}

impl Tracks {
    fn rank(&self, rank: u32) -> u64 {
        u64::from(rank) * u64::from(1 + self.lanes + 2 * self.ports) + 1
    }

    fn lane(&self, rank: u32, lane: u32) -> u64 {
        self.rank(rank) + 1 + u64::from(lane)
    }

    fn port(&self, rank: u32, port: u16, sends: bool) -> u64 {
        self.rank(rank) + u64::from(1 + self.lanes + 2 * u32::from(port) + u32::from(!sends))
    }
}

fn slices(
    mut trace: Trace<impl Write>,
    recording: &Recording,
    schedule: &dyn Schedule,
    ranks: u32,
) -> std::io::Result<()> {
    let messages = || recording.messages.iter();
    let ports = messages().map(|message| u32::from(message.tx_port.max(message.rx_port)) + 1).max();
    let tracks = Tracks { lanes: schedule.shape().lanes, ports: ports.unwrap_or(0) };
    for rank in 0..ranks {
        trace.track(
            tracks.rank(rank),
            None,
            &format!("rank {rank}, 1 ns = 1 ps of virtual time"),
        )?;
        for lane in 0..tracks.lanes {
            let parent = Some(tracks.rank(rank));
            trace.track(tracks.lane(rank, lane), parent, &format!("lane {lane}"))?;
        }
    }
    // Only ports that somebody uses.
    let used = |sends: bool| {
        move |message: &Message| {
            let (rank, port) =
                if sends { (message.from, message.tx_port) } else { (message.to, message.rx_port) };
            (rank, port, sends)
        }
    };
    let mut seen: Vec<_> = messages().map(used(true)).chain(messages().map(used(false))).collect();
    seen.sort_unstable();
    seen.dedup();
    for (rank, port, sends) in seen.into_iter().filter(|(rank, ..)| *rank < ranks) {
        let name = format!("port {port} {}", if sends { "sends" } else { "receives" });
        trace.track(tracks.port(rank, port, sends), Some(tracks.rank(rank)), &name)?;
    }
    for step in recording.steps.iter().filter(|step| step.rank < ranks) {
        let track = tracks.lane(step.rank, step.lane);
        trace.slice(track, &name(schedule, step), (step.begin, step.end), (None, None))?;
    }
    let mut last: Option<&Message> = None;
    for (flow, message) in (1..).zip(messages()) {
        let Message { from, to, bytes, tx, busy, rx, .. } = *message;
        // An arrow needs both ends.
        let flow = (from < ranks && to < ranks).then_some(flow);
        // The copies of a multicast leave their port as one.
        let copy = last.is_some_and(|last| {
            (last.from, last.lane, last.step, last.tx) == (from, message.lane, message.step, tx)
        });
        if from < ranks && !copy {
            let track = tracks.port(from, message.tx_port, true);
            trace.slice(track, &format!("{bytes} B to {to}"), (tx, tx + busy), (flow, None))?;
        }
        if to < ranks {
            let track = tracks.port(to, message.rx_port, false);
            let name = format!("{bytes} B from {from}");
            trace.slice(track, &name, (rx, rx + busy), (None, flow))?;
        }
        last = Some(message);
    }
    trace.finish()
}

/// What a lane does in a step, in a few words.
fn name(schedule: &dyn Schedule, step: &StepRecord) -> String {
    let what = match schedule.step(step.rank, step.lane, step.step).action {
        Action::Send { to, .. } => format!("send to {to}"),
        Action::Recv { from, .. } if step.count == 1 => format!("receive from {from}"),
        Action::Recv { .. } => "receive from several".to_owned(),
        Action::Forward { from, to, .. } => format!("forward from {from} to {to}"),
        Action::Exchange { to, from, .. } => format!("send to {to}, receive from {from}"),
        Action::Put { to, .. } => format!("put to {to}"),
        Action::Get { from, .. } => format!("get from {from}"),
        Action::Signal { to } => format!("signal {to}"),
        Action::Wait { .. } => "wait for signals".to_owned(),
        Action::Copy { .. } => "copy".to_owned(),
        Action::Reduce { .. } => "reduce".to_owned(),
        Action::Multicast { .. } => "multicast".to_owned(),
        Action::SwitchReduce { .. } => "ask the switch to reduce".to_owned(),
    };
    format!("{}: {what}", step.step)
}
