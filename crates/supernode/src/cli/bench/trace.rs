//! `--trace`: a run as slices of lanes and ports, for Perfetto (ui.perfetto.dev).

use std::io::{BufWriter, Write};

use supernode::collectives::{Action, Schedule};
use supernode::engine::record::{Message, Recording, StepRecord};
use supernode::units::Time;

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

/// One of the two ports that a message passes.
struct End {
    track: u64,
    begin: Time,
    sends: bool,
    /// Number of the message, from 1 on.
    flow: u64,
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
        trace.slice(track, &name(schedule, step), (step.begin, step.end), (&[], &[]))?;
    }
    // Ports serve by time, not in the order in which messages were issued.
    let mut ends: Vec<End> = (1..)
        .zip(messages())
        .flat_map(|(flow, m)| {
            let sends =
                End { track: tracks.port(m.from, m.tx_port, true), begin: m.tx, sends: true, flow };
            let receives =
                End { track: tracks.port(m.to, m.rx_port, false), begin: m.rx, sends: false, flow };
            let kept = [(m.from, sends), (m.to, receives)].into_iter();
            kept.filter(|(rank, _)| *rank < ranks).map(|(_, end)| end)
        })
        .collect();
    let message = |end: &End| &recording.messages[end.flow as usize - 1];
    ends.sort_by_key(|end| (end.track, end.begin, message(end).busy, end.flow));
    // The copies of a multicast leave their port as one; nothing else leaves one at the same time.
    let copies = |one: &End, two: &End| {
        let busy = message(one).busy > Time::ZERO;
        busy && one.sends && (one.track, one.begin) == (two.track, two.begin)
    };
    for slice in ends.chunk_by(copies) {
        let End { track, begin, sends, .. } = slice[0];
        let Message { from, to, bytes, busy, .. } = *message(&slice[0]);
        // An arrow needs both its ends.
        let whole = |end: &&End| message(end).from < ranks && message(end).to < ranks;
        let flows: Vec<u64> = slice.iter().filter(whole).map(|end| end.flow).collect();
        let name = match (sends, slice.len()) {
            (true, 1) => format!("{bytes} B to {to}"),
            (true, copies) => format!("{bytes} B to {copies} ranks"),
            (false, _) => format!("{bytes} B from {from}"),
        };
        let (out, into) = if sends { (&flows[..], &[][..]) } else { (&[][..], &flows[..]) };
        trace.slice(track, &name, (begin, begin + busy), (out, into))?;
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
