//! What a run costs: messages in a row, chunks through each rank, peers at the same time.

use std::collections::{BTreeMap, BTreeSet};

use super::memory::Memory;
use crate::{Collective, LowerBound, Rank, Shape};

/// Costs that do not depend on a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Messages on the longest chain in which each waits for the one before.
    pub rounds: u32,
    /// Messages of all ranks; a multicast is one, a reduction in a switch one of each member.
    pub messages: u64,
    /// Most chunks that a rank sends.
    pub sent: u64,
    /// Most chunks that a rank receives.
    pub received: u64,
    /// Most peers that a lane sends to in the same round.
    pub fan_out: u32,
    /// Most peers that a lane receives from in the same round.
    pub fan_in: u32,
    /// Most chunks that a rank sends to one other, switches apart.
    pub sent_to_one: u64,
    /// Most chunks that a rank adds itself.
    pub reductions: u64,
    /// Most scratch chunks that a rank writes.
    pub scratch: u64,
    /// Chunks of the large buffer: `sent / chunks` is the volume as a multiple of it.
    pub chunks: u64,
    /// What some rank has to send or receive where blocks have counts of their own; all of the above are
    /// counted in elements then.
    pub least_moved: Option<u64>,
    /// Whether a switch reduces.
    pub in_network: bool,
    /// Whether one message may reach, or ask, everyone: a switch copies or reduces, or ranks read
    /// from others.
    pub unlimited_fan: bool,
}

impl Cost {
    /// The rounds that no algorithm of this fan-out can beat.
    pub fn least_rounds(&self, shape: &Shape) -> u64 {
        let fan = match shape.collective {
            _ if self.unlimited_fan => shape.ranks,
            // A broadcast or scatter backwards: who sends to how many is who takes from how many.
            Collective::Reduce { .. } | Collective::Gather { .. } => self.fan_in,
            _ => self.fan_out,
        };
        LowerBound::new(shape.collective, shape.ranks, 0, fan, self.in_network).rounds
    }

    /// Share of the latency bound that is reached, at most 1.
    pub fn latency_share(&self, shape: &Shape) -> f64 {
        share(self.least_rounds(shape), u64::from(self.rounds))
    }

    /// Share of the bandwidth bound that is reached, at most 1.
    pub fn bandwidth_share(&self, shape: &Shape) -> f64 {
        // Every chunk is as many units as there are ranks, so that blocks are whole.
        let ranks = u64::from(shape.ranks);
        if let Some(least) = self.least_moved {
            return share(least, self.sent.max(self.received));
        }
        let bytes = self.chunks * ranks;
        let bound = LowerBound::new(shape.collective, shape.ranks, bytes, 1, self.in_network);
        share(bound.bytes, self.sent.max(self.received) * ranks)
    }
}

fn share(bound: u64, value: u64) -> f64 {
    if value == 0 { 1.0 } else { bound as f64 / value as f64 }
}

/// Distinct peers within a round.
#[derive(Debug, Clone, Default)]
struct Fan {
    round: u32,
    peers: BTreeSet<Rank>,
    most: u32,
}

impl Fan {
    fn count(&mut self, round: u32, peer: Rank) {
        if self.round != round {
            self.round = round;
            self.peers.clear();
        }
        self.peers.insert(peer);
        self.most = self.most.max(self.peers.len() as u32);
    }
}

#[derive(Debug, Clone, Default)]
struct LaneMeter {
    round: u32,
    out: Fan,
    into: Fan,
}

#[derive(Debug, Clone, Copy, Default)]
struct RankMeter {
    sent: u64,
    received: u64,
    reductions: u64,
}

/// What a rank sends to each of its peers; the last comes again most often.
#[derive(Debug, Clone, Default)]
struct Peers {
    all: BTreeMap<Rank, u64>,
    last: (Rank, u64),
}

impl Peers {
    fn send(&mut self, peer: Rank, chunks: u64) {
        if self.last.0 == peer {
            self.last.1 += chunks;
            return;
        }
        let (old, sent) = std::mem::replace(&mut self.last, (peer, chunks));
        *self.all.entry(old).or_default() += sent;
    }

    fn most(&self) -> u64 {
        let (last, sent) = self.last;
        let before = self.all.get(&last).copied().unwrap_or(0);
        self.all.values().copied().max().unwrap_or(0).max(before + sent)
    }
}

/// Counts while a schedule runs.
#[derive(Debug)]
pub(super) struct Meter {
    lanes: Vec<LaneMeter>,
    ranks: Vec<RankMeter>,
    peers: Vec<Peers>,
    rounds: u32,
    messages: u64,
    in_network: bool,
    unlimited_fan: bool,
}

impl Meter {
    pub(super) fn new(shape: &Shape) -> Self {
        Self {
            lanes: vec![LaneMeter::default(); (shape.ranks * shape.lanes) as usize],
            ranks: vec![RankMeter::default(); shape.ranks as usize],
            peers: vec![Peers::default(); shape.ranks as usize],
            rounds: 0,
            messages: 0,
            in_network: false,
            unlimited_fan: false,
        }
    }

    /// The lane goes on no earlier than after `round` messages in a row.
    pub(super) fn wait_for(&mut self, lane: usize, round: u32) {
        self.lanes[lane].round = self.lanes[lane].round.max(round);
        self.rounds = self.rounds.max(round);
    }

    pub(super) fn round(&self, lane: usize) -> u32 {
        self.lanes[lane].round
    }

    /// `lane` of `rank` sends to `peer`; gives the round in which it arrives.
    pub(super) fn send(&mut self, lane: usize, rank: Rank, peer: Rank, chunks: u64) -> u32 {
        let state = &mut self.lanes[lane];
        state.out.count(state.round, peer);
        self.ranks[rank as usize].sent += chunks;
        if peer != rank {
            self.peers[rank as usize].send(peer, chunks);
        }
        self.messages += 1;
        state.round + 1
    }

    /// `lane` of `rank` takes what arrived from `peer`, no earlier than in `round`.
    pub(super) fn receive(&mut self, lane: usize, rank: Rank, peer: Rank, round: u32, chunks: u64) {
        self.wait_for(lane, round);
        let state = &mut self.lanes[lane];
        state.into.count(state.round, peer);
        self.ranks[rank as usize].received += chunks;
    }

    /// What passes a port without a message of its own to a peer: shares of a switch's reduction,
    /// copies of a multicast, remote reads.
    pub(super) fn passive(&mut self, from: Rank, sent: u64, to: Rank, received: u64) {
        self.unlimited_fan = true;
        self.ranks[from as usize].sent += sent;
        self.ranks[to as usize].received += received;
        self.messages += u64::from(sent > 0);
    }

    /// A switch answers in `round`; nobody may wait for it but the end.
    pub(super) fn answer(&mut self, round: u32) {
        self.rounds = self.rounds.max(round);
        self.in_network = true;
    }

    pub(super) fn reduce(&mut self, rank: Rank, chunks: u64) {
        self.ranks[rank as usize].reductions += chunks;
    }

    /// All costs of a run that left `memory`.
    pub(super) fn cost(&self, shape: &Shape, memory: &Memory) -> Cost {
        let all = shape.input_chunks.max(shape.output_chunks);
        let most = |of: fn(&RankMeter) -> u64| self.ranks.iter().map(of).max().unwrap_or(0);
        let fan = |of: fn(&LaneMeter) -> u32| self.lanes.iter().map(of).max().unwrap_or(0);
        Cost {
            rounds: self.rounds,
            messages: self.messages,
            sent: most(|rank| rank.sent),
            received: most(|rank| rank.received),
            fan_out: fan(|lane| lane.out.most),
            fan_in: fan(|lane| lane.into.most),
            sent_to_one: self.peers.iter().map(Peers::most).max().unwrap_or(0),
            reductions: most(|rank| rank.reductions),
            scratch: memory.most_scratch(),
            chunks: memory.elements().unwrap_or(all.into()),
            least_moved: memory.least_moved(),
            in_network: self.in_network,
            unlimited_fan: self.unlimited_fan,
        }
    }
}
