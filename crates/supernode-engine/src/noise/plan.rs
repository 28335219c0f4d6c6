//! What is the same for all seeds: phases, links and prices.

use supernode_collectives::{Chunks, Pattern, Phase, Ports, Schedule};
use supernode_fabric::{CostModel, Jitter, Noise, ONCE_PPM, Who, slowed};
use supernode_units::Time;

use super::links::Links;
use crate::lockstep::rules::{Rules, below_latest};
use crate::{EngineError, Unfit};

/// Times from here on are left to engines that saturate: nine days.
pub(super) const LATEST: u64 = 1 << 59;
/// Messages of a run, whose links are kept at two bytes each: half a gigabyte.
const MOST: u64 = 1 << 28;
/// Messages of all runs that are under way, whose heads are kept at eight bytes each: three gigabytes.
const MOST_HEADS: u64 = 3 << 27;
/// Different factors of slow devices.
const MOST_FACTORS: usize = 1 << 8;

/// A schedule on a machine.
pub(super) struct Plan<'a> {
    pub(super) cost: &'a CostModel,
    pub(super) steps: Vec<Step>,
    pub(super) ranks: usize,
    pub(super) ports: usize,
    /// Messages that each rank sends, and takes.
    pub(super) messages: usize,
    /// Whether messages of a later phase may be served before those of an earlier one.
    pub(super) overtakes: bool,
    /// When all ranks begin.
    pub(super) start: u64,
    /// How many times as long devices may take, in millionths, from once on.
    pub(super) factors: Vec<u64>,
    /// Whether times have to be held against [`LATEST`] while they grow.
    pub(super) may_be_long: bool,
}

/// One phase.
pub(super) struct Step {
    pub(super) phase: Phase,
    /// The number of a rank's first message, and how many it sends.
    pub(super) first: usize,
    pub(super) count: usize,
    /// By factor.
    pub(super) rules: Vec<Rules>,
    pub(super) links: Links,
    /// What it adds to the latest of all clocks at most.
    pub(super) adds: u64,
}

impl Step {
    pub(super) fn is_direct(&self) -> bool {
        matches!(self.phase.pattern, Pattern::Direct { .. } | Pattern::OneShot)
    }

    /// Position of a rank in its group, and the first of the group.
    pub(super) fn place(&self, rank: usize) -> (u32, usize) {
        let Phase { stride, size, .. } = self.phase;
        let position = rank as u32 / stride % size;
        (position, rank - (position * stride) as usize)
    }

    /// Positions of whom the member at `position` sends its `nth` message of the phase to, and of whom it
    /// takes its `nth` from, in the order of the messages' numbers.
    #[inline]
    pub(super) fn peers(&self, position: u32, nth: usize) -> (u32, u32) {
        let size = self.phase.size;
        if let Pattern::Shift { by, mirrored, .. } = self.phase.pattern {
            return self.phase.shift(position, by, mirrored);
        }
        let on = if self.is_direct() { nth as u32 + 1 } else { 1 };
        let (to, from) = (position + on, position + size - on);
        let wrapped = |at: u32| if at < size { at } else { at - size };
        (wrapped(to), wrapped(from))
    }
}

/// How many seeds with so many messages may be under way at a time.
pub(super) fn machines(messages: u64) -> u64 {
    (MOST_HEADS / messages.max(1)).max(1)
}

/// Phases, and messages of each rank, if the schedule goes in step on the ranks of `cost`.
pub(super) fn phases(
    schedule: &dyn Schedule,
    cost: &CostModel,
) -> Result<(Vec<Phase>, u64), EngineError> {
    let ranks = schedule.shape().ranks;
    if cost.fabric.ranks() != ranks {
        return Err(EngineError::Ranks { schedule: ranks, fabric: cost.fabric.ranks() });
    }
    let phases = schedule.phases().ok_or(Unfit::NoPhases)?;
    let messages = phases.iter().map(|phase| u64::from(phase.messages())).sum();
    Ok((phases, messages))
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        schedule: &dyn Schedule,
        chunks: &Chunks,
        cost: &'a CostModel,
        threads: usize,
    ) -> Result<Self, EngineError> {
        let (phases, messages) = phases(schedule, cost)?;
        let ranks = cost.fabric.ranks();
        if messages.saturating_mul(ranks.into()) > MOST {
            return Err(Unfit::Large.into());
        }
        let factors = factors(cost);
        if factors.len() > MOST_FACTORS {
            return Err(Unfit::Large.into());
        }
        let jitter = cost.noise.as_ref().and_then(|noise| noise.jitter.as_ref());
        let latest = u128::from(jitter.map_or(Time::ZERO, Jitter::longest).as_ps());
        let start = below_latest(cost.call())?;
        let (mut first, mut longest) = (0, 0);
        let mut steps = Vec::with_capacity(phases.len());
        for phase in phases {
            let rules = Rules::new(cost, chunks, &phase)?;
            let links = Links::new(cost, &rules, &phase, &factors, threads)?;
            let count = phase.messages() as usize;
            let rules: Vec<Rules> = factors.iter().map(|factor| slow(rules, *factor)).collect();
            let slowest = rules[rules.len() - 1];
            let (latency, busy) = links.most();
            let adds = u128::from(slowest.copy)
                + (slowest.most(latency, busy) + latest) * (count as u128 + 1);
            longest += adds;
            if longest > u128::from(LATEST) {
                return Err(Unfit::Long.into());
            }
            let adds = adds as u64;
            steps.push(Step { phase, first, count, rules, links, adds });
            first += count;
        }
        // A message may wait for those of all phases.
        let most = u128::from(start) + longest * (steps.len() as u128 + 1);
        Ok(Self {
            cost,
            steps,
            ranks: ranks as usize,
            ports: cost.fabric.ports_per_device() as usize,
            messages: first,
            overtakes: schedule.shape().ports != Ports::Fixed,
            start,
            factors,
            may_be_long: most > u128::from(LATEST),
        })
    }

    /// How many seeds may be under way at a time.
    pub(super) fn most_machines(&self) -> usize {
        machines(self.messages as u64 * self.ranks as u64) as usize
    }

    /// The place of the factor of the device of `rank`.
    pub(super) fn factor(&self, noise: &Noise, rank: u32) -> u8 {
        let factor = noise.factor_ppm(self.cost.fabric.device(rank));
        self.factors.partition_point(|other| *other < factor) as u8
    }
}

/// The factors that devices may have, rising.
fn factors(cost: &CostModel) -> Vec<u64> {
    let slow = cost.noise.iter().flat_map(|noise| &noise.slow);
    let mut factors: Vec<u64> = slow
        .filter(|slow| slow.who != Who::Share { ppm: 0 })
        .map(|slow| slow.factor_ppm.max(ONCE_PPM))
        .chain([ONCE_PPM])
        .collect();
    factors.sort_unstable();
    factors.dedup();
    factors
}

/// The rules of a device that takes `factor` millionths of the time.
fn slow(rules: Rules, factor: u64) -> Rules {
    let slow = |ps: u64| slowed(Time::from_ps(ps), factor).as_ps();
    Rules {
        overhead: slow(rules.overhead),
        recv: slow(rules.recv),
        reduction: slow(rules.reduction),
        slice: slow(rules.slice),
        copy: slow(rules.copy),
        ..rules
    }
}
