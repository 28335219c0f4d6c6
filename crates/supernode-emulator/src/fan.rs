//! What a rank sends to many ranks at once: written once, read by every receiver.
//!
//! A message to each of them would be written into as many queues and moved twice on its way. A fan
//! is one list of the sender; handing it over tells the receivers no more than that there is
//! something to take, and each finds its own part by arithmetic.

use bytes::Bytes;
use supernode_collectives::Rank;
use supernode_engine::InFlight;

use crate::payload::{Payload, Value};

/// Messages of equal size of one lane to ranks of one block, equally far apart.
#[derive(Debug)]
pub(crate) struct Fan {
    pub(crate) from: Rank,
    pub(crate) lane: u32,
    /// The sender's step, which orders what a lane sends to one rank.
    pub(crate) step: u32,
    /// The first receiver.
    pub(crate) first: Rank,
    /// Distance between receivers.
    pub(crate) stride: u32,
    /// Nominal size of each message.
    pub(crate) bytes: u64,
    pub(crate) source: Source,
    /// One of each receiver.
    pub(crate) parts: Vec<Part>,
    /// How many parts nobody has taken yet.
    pub(crate) left: u32,
}

/// Where the bytes of a fan are.
#[derive(Debug)]
pub(crate) enum Source {
    /// Only sizes are emulated.
    Nothing,
    /// In the sender's input; each part says where.
    Input,
    /// The same for all receivers.
    Shared(Bytes),
}

/// What one receiver gets.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) flight: InFlight,
    /// Bytes of the sender's input.
    pub(crate) input: (usize, usize),
    pub(crate) taken: bool,
}

impl Fan {
    /// The receivers.
    pub(crate) fn receivers(&self) -> impl Iterator<Item = Rank> + use<> {
        let (first, stride) = (self.first, self.stride);
        (0..self.parts.len() as u32).map(move |index| first + index * stride)
    }

    /// Whether there is something on `lane` that `to` has not taken yet.
    #[inline]
    pub(crate) fn holds(&self, lane: u32, to: Rank) -> bool {
        self.lane == lane && self.position(to).is_some_and(|index| !self.parts[index].taken)
    }

    fn position(&self, to: Rank) -> Option<usize> {
        let apart = to.checked_sub(self.first)?;
        let index = if self.stride == 1 {
            apart
        } else if apart.is_multiple_of(self.stride) {
            apart / self.stride
        } else {
            return None;
        };
        ((index as usize) < self.parts.len()).then_some(index as usize)
    }

    /// Hands what is for `to` to `taker`: time and bytes. Inlined, so that a value which was just
    /// written is not read back from memory before it got there.
    #[inline(always)]
    pub(crate) fn take(&mut self, to: Rank, taker: impl FnOnce(InFlight, Payload)) {
        let Some(index) = self.position(to) else { return };
        let part = &mut self.parts[index];
        part.taken = true;
        self.left -= 1;
        match &self.source {
            Source::Nothing => taker(part.flight, Payload::Nothing),
            Source::Input => {
                let (start, end) = part.input;
                taker(part.flight, Payload::Whole(Value::Input(self.from, start, end)));
            }
            Source::Shared(bytes) => {
                taker(part.flight, Payload::Whole(Value::Shared(bytes.clone())));
            }
        }
    }
}
