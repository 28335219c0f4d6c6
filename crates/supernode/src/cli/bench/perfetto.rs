//! The part of Perfetto's trace format that a run needs, written by hand: tracks, slices and flows.
//!
//! A trace is a list of packets, a protobuf message each. The numbers are those of `trace_packet.proto`,
//! `track_event.proto` and `track_descriptor.proto`.

use std::io::{self, Write};

use supernode::units::Time;

/// Any number: all packets come from one writer.
const SEQUENCE: u64 = 1;
const SLICE_BEGIN: u64 = 1;
const SLICE_END: u64 = 2;
/// How a field is laid out: a number of any length, eight bytes, or bytes after their length.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const BYTES: u64 = 2;

/// Writes packets as they come.
pub(super) struct Trace<W> {
    out: W,
    /// Nothing was written yet.
    fresh: bool,
}

impl<W: Write> Trace<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, fresh: true }
    }

    /// A track called `name`, below `parent` if there is one. Numbers are the caller's, from 1 on.
    pub(super) fn track(&mut self, number: u64, parent: Option<u64>, name: &str) -> io::Result<()> {
        let mut track = Message::default();
        track.number(1, number).text(2, name);
        if let Some(parent) = parent {
            track.number(5, parent);
        }
        let mut packet = Message::default();
        packet.message(60, &track);
        self.packet(packet)
    }

    /// A slice on a track, with the flows that lead on from it, and those that end there.
    pub(super) fn slice(
        &mut self,
        track: u64,
        name: &str,
        (begin, end): (Time, Time),
        (from, into): (&[u64], &[u64]),
    ) -> io::Result<()> {
        let mut event = Message::default();
        event.number(9, SLICE_BEGIN).number(11, track).text(23, name);
        for flow in from {
            event.fixed(47, *flow);
        }
        for flow in into {
            event.fixed(48, *flow);
        }
        self.event(begin, &event)?;
        let mut event = Message::default();
        event.number(9, SLICE_END).number(11, track);
        self.event(end, &event)
    }

    /// Perfetto counts nanoseconds: one of its nanoseconds is a picosecond here, so that nothing is
    /// rounded.
    fn event(&mut self, time: Time, event: &Message) -> io::Result<()> {
        let mut packet = Message::default();
        packet.number(8, time.as_ps()).message(11, event);
        self.packet(packet)
    }

    fn packet(&mut self, mut packet: Message) -> io::Result<()> {
        packet.number(10, SEQUENCE);
        if std::mem::take(&mut self.fresh) {
            // Nothing that came before counts.
            packet.number(13, 1);
        }
        let mut outer = Message::default();
        outer.message(1, &packet);
        self.out.write_all(&outer.0)
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A protobuf message, field by field.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(&mut self, field: u64, value: u64) -> &mut Self {
        self.varint(field << 3 | VARINT);
        self.varint(value);
        self
    }

    fn fixed(&mut self, field: u64, value: u64) -> &mut Self {
        self.varint(field << 3 | FIXED64);
        self.0.extend(value.to_le_bytes());
        self
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) -> &mut Self {
        self.varint(field << 3 | BYTES);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    fn text(&mut self, field: u64, text: &str) -> &mut Self {
        self.bytes(field, text.as_bytes())
    }

    fn message(&mut self, field: u64, message: &Self) -> &mut Self {
        self.bytes(field, &message.0)
    }
}
