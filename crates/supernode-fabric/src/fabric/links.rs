//! The links inside a fabric that messages share, numbered by arithmetic.
//!
//! Which links a message takes follows from its two devices by divisions; there is no table of them.

use supernode_units::{Bandwidth, Time};

use super::{Fabric, Route};
use crate::FabricError;
use crate::level::LevelKind;

mod level;
mod name;
mod walk;

use level::{Form, LevelLinks};

/// The links of a fabric that messages of different ranks may meet on, with numbers from 0 on.
///
/// - A mesh or torus has one for each port of each device, if messages are passed on there: a message
///   goes through its dimensions one after the other, lowest first, the shorter way round a torus.
/// - A Clos or rail level that is oversubscribed has two for each leaf switch (and rail), up and down.
///   Each stands for all links in that direction, over which messages are sprayed evenly. Where as much
///   goes up as down, spraying never makes a message wait, and there are none.
/// - A Clos with [`Ecmp`](crate::Spread::Ecmp) has two for each uplink of each leaf switch, and with
///   three tiers two for each uplink of each middle switch. A hash of seed and flow chooses.
///
/// Nothing is shared on a switch, inside a package, or in a full mesh of one dimension: there, messages
/// only meet at ports.
#[derive(Debug, Clone)]
pub struct Links<'a> {
    fabric: &'a Fabric,
    /// For each level of the fabric; none where nothing is shared.
    levels: Vec<Option<LevelLinks>>,
    count: u32,
    last_device: u32,
}

/// Links that a message takes one after the other, all of one level and equally far apart: one, or a
/// line of them in a dimension of a torus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    /// The level that they belong to.
    pub level: u32,
    /// The next link.
    pub link: u32,
    /// How many are left, at least one.
    pub count: u32,
    /// From the end of the leg before, or from the sender's port, to the first link.
    pub before: Time,
    /// From one link to the next.
    pub between: Time,
    /// What the number of a link adds to that of the one before, modulo 2^32.
    step: u32,
    /// Links up to the edge of the torus, and what is added there, too.
    edge: u32,
    turn: u32,
}

impl Leg {
    /// Goes on to the next link, if there is one.
    pub fn advance(&mut self) -> bool {
        self.count -= 1;
        self.edge = self.edge.wrapping_sub(1);
        let turn = if self.edge == 0 { self.turn } else { 0 };
        self.link = self.link.wrapping_add(self.step).wrapping_add(turn);
        self.count > 0
    }

    /// The links, in order.
    pub fn links(mut self) -> impl Iterator<Item = u32> {
        std::iter::successors(Some(self.link), move |_| self.advance().then_some(self.link))
    }
}

/// The way of a message, apart from the links that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    /// Ports, rate and latency of a message that has all links to itself.
    pub route: Route,
    /// The part of the latency after the last link; all of it if no link is taken.
    pub rest: Time,
}

impl<'a> Links<'a> {
    /// Numbers the links between the placed ranks of `fabric`.
    ///
    /// # Errors
    /// [`FabricError::TooManyLinks`] past 32 bits.
    pub fn new(fabric: &'a Fabric) -> Result<Self, FabricError> {
        let last_device = (0..fabric.ranks()).map(|rank| fabric.device(rank)).max().unwrap_or(0);
        let mut links = 0_u64;
        let mut levels = Vec::with_capacity(fabric.levels().len());
        for index in 0..fabric.levels().len() {
            let level = LevelLinks::of(fabric, index, links, last_device);
            links = level.as_ref().map_or(links, |level| links.saturating_add(level.count()));
            levels.push(level);
        }
        let count = u32::try_from(links).map_err(|_| FabricError::TooManyLinks { links })?;
        Ok(Self { fabric, levels, count, last_device })
    }

    /// Number of links.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The most links that a message takes, and the most legs.
    pub fn longest(&self) -> (u32, u32) {
        let levels = self.fabric.levels.iter().zip(&self.levels);
        let longest = levels.filter_map(|(level, links)| Some(links.as_ref()?.longest(level)));
        longest.fold((0, 0), |sum, level| (sum.0.saturating_add(level.0), sum.1 + level.1))
    }

    /// Bytes per second of the links of a level, in one direction; none where nothing is shared.
    pub fn rate(&self, level: u32) -> Option<Bandwidth> {
        self.levels[level as usize].as_ref().map(|level| level.rate)
    }

    /// Links with less than the rate of their level, in order, and theirs.
    pub fn degraded(&self) -> Vec<(u32, Bandwidth)> {
        let mut degraded = Vec::new();
        let Some(broken) = &self.fabric.broken else { return degraded };
        for (index, level) in self.levels.iter().enumerate() {
            let Some((level, Form::Ports { ports })) = level.as_ref().map(|l| (l, l.form)) else {
                continue;
            };
            for (from, to, left) in broken.degraded(index as u32) {
                let (rate, of) = (left.of(level.rate), self.ports_to(index, from, to));
                let plan = &self.fabric.plans[index];
                let unit = plan.stride * plan.size;
                let first = u64::from(from % unit) * u64::from(ports);
                let known = from / unit * unit <= self.last_device;
                let number = |port: u32| level.number(from / unit, first + u64::from(port));
                degraded.extend(of.into_iter().filter(|_| known).map(|port| (number(port), rate)));
            }
        }
        degraded.sort_unstable();
        degraded
    }

    /// The ports of `from` that face `to`: one of a mesh, and both of two positions around a torus.
    fn ports_to(&self, index: usize, from: u32, to: u32) -> Vec<u32> {
        let plan = &self.fabric.plans[index];
        let mesh = matches!(self.fabric.levels[index].kind, LevelKind::FullMesh { .. });
        let (mut first, mut below) = (0, plan.stride);
        for dim in &plan.dims {
            let (x, y) = (from / below % dim, to / below % dim);
            if x != y && mesh {
                return vec![first + y - u32::from(y > x)];
            }
            if x != y {
                let up = ((x + 1) % dim == y).then_some(first);
                let down = ((y + 1) % dim == x).then_some(first + 1);
                return up.into_iter().chain(down).collect();
            }
            first += if mesh { dim - 1 } else { 2 };
            below *= dim;
        }
        Vec::new()
    }

    /// The level that `link` belongs to.
    ///
    /// # Panics
    /// If there is no such link: a bug of the caller.
    pub fn level(&self, link: u32) -> u32 {
        let holds = |level: &Option<LevelLinks>| level.as_ref().is_some_and(|l| l.holds(link));
        let level = self.levels.iter().position(holds);
        level.unwrap_or_else(|| panic!("there is no link {link} of {}", self.count)) as u32
    }
}
