//! What a recording says about a run.

use std::collections::BTreeMap;

use supernode_collectives::Rank;
use supernode_units::Time;

use super::chain::{Chain, Parts};
use super::{Message, Recording};

/// The chain of steps and messages that the last rank had to wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CriticalPath {
    /// What filled the time; adds up to the finish of the last rank.
    pub parts: Parts,
    /// The moments on the way, from the first to the last.
    pub hops: Vec<Hop>,
}

/// A moment on the critical path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    /// The rank.
    pub rank: Rank,
    /// Its lane.
    pub lane: u32,
    /// The step that led to it.
    pub step: u32,
    /// When.
    pub time: Time,
    /// What filled the time since the hop before.
    pub parts: Parts,
}

/// A port in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusiestPort {
    /// The rank.
    pub rank: Rank,
    /// Its port.
    pub port: u16,
    /// Whether it sends; otherwise it receives.
    pub sends: bool,
    /// How long it was busy.
    pub busy: Time,
}

impl Recording {
    /// Why the last rank finished no earlier.
    pub fn critical_path(&self) -> CriticalPath {
        let (mut hops, mut parts) = (Vec::new(), Parts::default());
        let mut next = self.last;
        while next != Chain::NOTHING {
            let moment = self.moments[next as usize];
            parts += moment.chain.parts;
            hops.push(Hop {
                rank: moment.rank,
                lane: moment.lane,
                step: moment.step,
                time: moment.chain.time,
                parts: moment.chain.parts,
            });
            next = moment.chain.from;
        }
        hops.reverse();
        CriticalPath { parts, hops }
    }

    /// The port that was busy the longest, the first of equals; none if no message was sent. Ports that
    /// a switch's reduction passes are not counted.
    pub fn busiest_port(&self) -> Option<BusiestPort> {
        let mut busy: BTreeMap<(Rank, u16, bool), Time> = BTreeMap::new();
        // Copies of a multicast leave their port as one.
        let mut last: Option<&Message> = None;
        for message in &self.messages {
            let Message { from, to, lane, step, .. } = *message;
            if last.is_none_or(|last| {
                (last.from, last.lane, last.step, last.tx) != (from, lane, step, message.tx)
            }) {
                *busy.entry((from, message.tx_port, true)).or_default() += message.busy;
            }
            *busy.entry((to, message.rx_port, false)).or_default() += message.busy;
            last = Some(message);
        }
        let most = busy.into_iter().fold(None, |most: Option<((Rank, u16, bool), Time)>, next| {
            most.filter(|most| most.1 >= next.1).or(Some(next))
        });
        most.map(|((rank, port, sends), busy)| BusiestPort { rank, port, sends, busy })
    }
}
