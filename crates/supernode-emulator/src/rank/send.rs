//! What a rank sends: to one, or to many at once.

use supernode_collectives::{Action, Buf, Group, Rank, Span};
use supernode_engine::InFlight;
use supernode_units::Time;

use super::{Machine, Taken, World};
use crate::fan::{Fan, Part, Source};
use crate::payload::{Payload, Value};
use crate::post::Post;

/// Peers from which on a fan costs less than as many messages.
pub(super) const FAN_MIN: u32 = 3;

impl Machine {
    /// Sends `src` to lane `lane` of `to`, one of `fan` peers.
    pub(super) fn send(
        &mut self,
        world: &World,
        post: &mut Post,
        way: (usize, Rank, u32),
        src: Span,
        put: Option<Span>,
    ) {
        let bytes = world.chunks.charged_bytes(src, self.rank);
        // Where the kind of payload is known, its fields are written straight into the queue.
        match self.memory.read(world, src) {
            Payload::Whole(Value::Input(rank, start, end)) => {
                let payload = Payload::Whole(Value::Input(rank, start, end));
                self.dispatch(world, post, way, (bytes, payload, put));
            }
            payload => self.dispatch(world, post, way, (bytes, payload, put)),
        }
    }

    /// Sends a message. All of it is inlined, and its fields are written where it will stand: one
    /// that is moved just after it was written in pieces waits for them to reach the cache.
    #[inline(always)]
    pub(super) fn dispatch(
        &mut self,
        world: &World,
        post: &mut Post,
        (lane, to, fan): (usize, Rank, u32),
        (bytes, payload, put): (u64, Payload, Option<Span>),
    ) {
        let flight = self.clock.as_mut().map(|clock| clock.send(&world.cost, to, bytes, fan));
        self.messages += 1;
        let message = post.send(to);
        message.from = self.rank;
        message.lane = lane as u32;
        message.step = self.lanes[lane].next;
        if let Some(flight) = flight {
            (message.head, message.busy) = (flight.head, flight.busy);
            message.rx_port = flight.rx_port;
        }
        message.bytes = bytes;
        message.put = put;
        message.payload = payload;
    }

    /// Sends `src` to `to`, one of `fan` peers, and with it as many of the following sends as fit
    /// into one fan.
    #[inline(never)]
    pub(super) fn fan_out(
        &mut self,
        world: &World,
        post: &mut Post,
        (lane, first, fan): (usize, Rank, u32),
        src: Span,
    ) -> Taken {
        let Self { rank, lanes, memory, clock, .. } = self;
        let (step, steps) = (lanes[lane].next, lanes[lane].steps);
        let bytes = world.chunks.charged_bytes(src, *rank);
        let source = match memory.read(world, src) {
            Payload::Whole(Value::Input(..)) => Source::Input,
            Payload::Whole(Value::Shared(bytes)) => Source::Shared(bytes),
            _ => Source::Nothing,
        };
        let (mut parts, end) = post.list(first);
        parts.reserve(fan.min(end - first) as usize);
        let mut part = |receiver: Rank, span: &Span| {
            let flight = match clock {
                Some(clock) => clock.send(&world.cost, receiver, bytes, fan),
                None => InFlight { head: Time::ZERO, busy: Time::ZERO, rx_port: 0 },
            };
            let input = match source {
                Source::Input => world.chunks.byte_range(*span, *rank),
                _ => (0, 0),
            };
            Part { flight, input: (input.0 as usize, input.1 as usize), taken: false }
        };
        parts.push(part(first, &src));
        let (mut stride, mut next) = (1, first);
        for index in step + 1..steps {
            let step = world.schedule.step(*rank, lane as u32, index);
            let Action::Send { to, src: span } = &step.action else { break };
            if next == first && *to > first {
                stride = to - first;
            }
            let follows = next.checked_add(stride) == Some(*to) && *to < end;
            let alike = match source {
                Source::Nothing => true,
                Source::Input => span.buf == Buf::Input && span.around.is_none(),
                Source::Shared(_) => *span == src,
            };
            let priced_alike = step.fan == fan && world.chunks.charged_bytes(*span, *rank) == bytes;
            if !follows || !alike || !priced_alike || step.after.is_some() {
                break;
            }
            next = *to;
            parts.push(part(next, span));
        }
        let left = parts.len() as u32;
        self.messages += u64::from(left);
        let (from, lane) = (*rank, lane as u32);
        post.send_fan(Fan { from, lane, step, first, stride, bytes, source, parts, left });
        Taken::Several(left)
    }

    pub(super) fn multicast(
        &mut self,
        world: &World,
        post: &mut Post,
        lane: usize,
        group: Group,
        src: Span,
        dst: Span,
    ) {
        let mut payload =
            if src.len == 0 { Payload::Nothing } else { self.memory.read(world, src) };
        let (me, bytes) = (self.rank, world.chunks.charged_bytes(src, self.rank));
        for member in group.members().filter(|member| *member != me) {
            let message = (bytes, payload.share(), Some(dst));
            self.dispatch(world, post, (lane, member, group.count), message);
        }
        if src.len > 0 && src != dst && group.contains(self.rank) {
            self.memory.store(world, dst, &mut payload, false);
        }
    }
}
