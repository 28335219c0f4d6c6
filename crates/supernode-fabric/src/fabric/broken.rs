//! Links that are slow or dead, and the ways around them.
//!
//! What is left of a link is looked up by its level and ends, in one sorted list. A device's port on a level
//! of switches is a link to itself. Ways around dead links: on a Clos of several planes the others take what
//! went by the dead one; in a dimension of a torus a message goes the other way round; in a dimension of a
//! full mesh it takes two hops, by the first position from the sum of both ends on that both still reach.

use std::sync::Arc;

use supernode_units::{Bandwidth, Time};

use super::Fabric;
use crate::FabricError;
use crate::faults::{FaultyLink, LinkFault, LinkState};
use crate::level::LevelKind;
use crate::mix::{below, mix};

const WHOLE_PPM: u32 = 1_000_000;

/// A link by its level and its ends, which are devices.
type Ends = (u32, u32, u32);

/// What is left of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) bandwidth_ppm: u32,
    pub(super) latency: Time,
}

impl Left {
    const WHOLE: Self = Self { bandwidth_ppm: WHOLE_PPM, latency: Time::ZERO };

    pub(super) fn is_dead(self) -> bool {
        self.bandwidth_ppm == 0
    }

    /// Both one after the other.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            bandwidth_ppm: self.bandwidth_ppm.min(other.bandwidth_ppm),
            latency: self.latency + other.latency,
        }
    }

    /// What is left of `rate`.
    pub(super) fn of(self, rate: Bandwidth) -> Bandwidth {
        let rate = u128::from(rate.bytes_per_s()) * u128::from(self.bandwidth_ppm);
        Bandwidth::new(((rate / u128::from(WHOLE_PPM)) as u64).max(1))
    }
}

/// All faulty links of a fabric, by their ends in both orders.
#[derive(Debug, Clone, Default)]
pub(super) struct Broken {
    links: Vec<(Ends, Left)>,
}

impl Broken {
    pub(super) fn left(&self, ends: Ends) -> Left {
        let place = self.links.binary_search_by_key(&ends, |(ends, _)| *ends);
        place.map_or(Left::WHOLE, |place| self.links[place].1)
    }
}

/// A line of positions along one dimension of a mesh or torus, which a message passes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) level: u32,
    /// The device at position 0, and devices from one position to the next.
    pub(super) first: u32,
    pub(super) apart: u32,
    pub(super) dim: u32,
}

impl Line {
    fn ends(&self, from: u32, to: u32) -> Ends {
        (self.level, self.first + from * self.apart, self.first + to * self.apart)
    }
}

impl Fabric {
    /// The same fabric with links that are slow or dead. Several faults of one link add up.
    ///
    /// # Errors
    /// [`FabricError::NoSuchLink`] if a fault names none, [`FabricError::CutOff`] if there is no way around
    /// the dead ones.
    pub fn with_faults(mut self, faults: &[LinkFault]) -> Result<Self, FabricError> {
        let mut broken = Broken::default();
        for (place, fault) in (0..).zip(faults) {
            for ends in self.ends_of(place, fault)? {
                self.wear(&mut broken, ends, fault);
            }
        }
        let joined = broken.links.iter().filter(|(_, left)| left.is_dead()).try_for_each(
            |((level, from, to), _)| self.around(&broken, *level as usize, *from, *to),
        );
        joined?;
        self.broken = (!broken.links.is_empty()).then(|| Arc::new(broken));
        Ok(self)
    }

    /// Whether any link is slow or dead.
    pub fn is_faulty(&self) -> bool {
        self.broken.is_some()
    }

    /// The same ranks on the same devices, and all links whole.
    #[must_use]
    pub fn repaired(&self) -> Self {
        Self { broken: None, ..self.clone() }
    }

    /// The ends of the links that a fault names, each once.
    fn ends_of(&self, place: u64, fault: &LinkFault) -> Result<Vec<Ends>, FabricError> {
        let wrong = |what: String| FabricError::NoSuchLink { link: fault.to_string(), what };
        let Some(index) = self.levels.iter().position(|level| level.name == fault.level) else {
            let names: Vec<&str> = self.levels.iter().map(|level| level.name.as_str()).collect();
            return Err(wrong(format!("the levels are {}", names.join(", "))));
        };
        let (level, plan) = (index as u32, &self.plans[index]);
        let known = |device: u32| {
            let last = self.devices - 1;
            if device <= last { Ok(device) } else { Err(wrong(format!("devices go up to {last}"))) }
        };
        match fault.link {
            FaultyLink::Port { device } if plan.any_to_any => {
                Ok(vec![(level, known(device)?, device)])
            }
            FaultyLink::Port { .. } => {
                Err(wrong("it has a link for each neighbour; write it DEVICE-DEVICE".to_owned()))
            }
            FaultyLink::Between { .. } if plan.any_to_any => {
                Err(wrong("it joins devices by switches; write the port as DEVICE".to_owned()))
            }
            FaultyLink::Between { one, other } => {
                let (one, other) = (known(one)?.min(known(other)?), one.max(other));
                let joined = self.neighbours(index, one).any(|(_, peer)| peer == other);
                let ends = joined.then(|| vec![(level, one, other)]);
                ends.ok_or_else(|| wrong("these two are no neighbours".to_owned()))
            }
            FaultyLink::Share { ppm, seed } => {
                let chosen = |(level, from, to): &Ends| {
                    let ends = u64::from(*from) << 32 | u64::from(*to);
                    let random = mix(mix(seed ^ mix(place << 32 | u64::from(*level))) ^ ends);
                    below(random, WHOLE_PPM.into()) < u64::from(ppm)
                };
                let of = |device: u32| {
                    let port = plan.any_to_any.then_some((level, device, device));
                    let links =
                        self.neighbours(index, device).map(move |(_, to)| (level, device, to));
                    port.into_iter().chain(links.filter(|(_, from, to)| from < to))
                };
                Ok((0..self.devices).flat_map(of).filter(chosen).collect())
            }
        }
    }

    /// The devices next to one in each dimension of a mesh or torus, and the line that both are on.
    fn neighbours(&self, index: usize, device: u32) -> impl Iterator<Item = (Line, u32)> + '_ {
        let plan = &self.plans[index];
        let wraps = !matches!(self.levels[index].kind, LevelKind::FullMesh { .. });
        let mut apart = plan.stride;
        plan.dims.iter().flat_map(move |dim| {
            let own = device / apart % dim;
            let line = Line { level: index as u32, first: device - own * apart, apart, dim: *dim };
            apart *= dim;
            let next = move |other: u32| (own + 1) % dim == other || (other + 1) % dim == own;
            let others = (0..*dim).filter(move |other| *other != own && (!wraps || next(*other)));
            others.map(move |other| (line, line.first + other * line.apart))
        })
    }

    /// Takes from a link what a fault takes.
    fn wear(&self, broken: &mut Broken, ends: Ends, fault: &LinkFault) {
        let (level, from, to) = ends;
        let before = broken.left(ends);
        let left = match fault.state {
            LinkState::Degraded { bandwidth_ppm, latency } => Left {
                bandwidth_ppm: (u64::from(before.bandwidth_ppm) * u64::from(bandwidth_ppm)
                    / u64::from(WHOLE_PPM))
                .max(u64::from(!before.is_dead())) as u32,
                latency: before.latency + latency,
            },
            // One plane of several, as far as they are still whole.
            LinkState::Dead => match self.levels[level as usize].kind {
                LevelKind::Clos { planes, .. } => {
                    let plane = WHOLE_PPM / planes;
                    let left = before.bandwidth_ppm.saturating_sub(plane);
                    Left { bandwidth_ppm: if left < plane / 2 { 0 } else { left }, ..before }
                }
                _ => Left { bandwidth_ppm: 0, ..before },
            },
        };
        for ends in [(level, from, to), (level, to, from)] {
            match broken.links.binary_search_by_key(&ends, |(ends, _)| *ends) {
                Ok(place) => broken.links[place].1 = left,
                Err(place) => broken.links.insert(place, (ends, left)),
            }
        }
    }

    /// Whether messages find a way around a dead link.
    fn around(&self, broken: &Broken, index: usize, from: u32, to: u32) -> Result<(), FabricError> {
        let link = if from == to { from.to_string() } else { format!("{from}-{to}") };
        let level = &self.levels[index];
        let cut = |what: &str| {
            let link = format!("{}:{link}", level.name);
            Err(FabricError::CutOff { link, what: what.to_owned() })
        };
        if from == to {
            return cut("the device has no other way into the level");
        }
        let line = self.neighbours(index, from).find(|(_, peer)| *peer == to);
        let Some((line, _)) = line else { return Ok(()) };
        let position = |device: u32| (device - line.first) / line.apart;
        let (x, y) = (position(from), position(to));
        if matches!(level.kind, LevelKind::FullMesh { .. }) {
            return match broken.detour(&line, x, y) {
                Some(_) => Ok(()),
                None => cut("no third device of the dimension reaches both ends"),
            };
        }
        // A second dead link of the line cuts it in two.
        let dead = (0..line.dim).filter(|at| {
            line.dim > 1 && broken.left(line.ends(*at, (at + 1) % line.dim)).is_dead()
        });
        if line.dim == 2 || dead.count() > 1 {
            return cut("the other way round is dead, too");
        }
        Ok(())
    }
}

impl Broken {
    /// What is left of the way from `x` to `y` of a full mesh, and by whom it goes if not directly.
    pub(super) fn mesh(&self, line: &Line, x: u32, y: u32) -> (Left, Option<u32>) {
        let direct = self.left(line.ends(x, y));
        if !direct.is_dead() {
            return (direct, None);
        }
        let via = self.detour(line, x, y);
        let left = |via| self.left(line.ends(x, via)).and(self.left(line.ends(via, y)));
        (via.map_or(direct, left), via)
    }

    fn detour(&self, line: &Line, x: u32, y: u32) -> Option<u32> {
        let positions = (0..line.dim).map(|at| (x + y + at) % line.dim);
        let alive = |from, to| !self.left(line.ends(from, to)).is_dead();
        positions.filter(|via| *via != x && *via != y).find(|via| alive(x, *via) && alive(*via, y))
    }

    /// What is left of the way from `x` to `y` around a torus, and whether it goes up, as it would if
    /// `goes_up` and no link were dead.
    pub(super) fn torus(&self, line: &Line, x: u32, y: u32, goes_up: bool) -> (Left, bool) {
        let way = |up: bool| {
            let (mut at, mut left) = (x, Left::WHOLE);
            while at != y {
                let next = if up { (at + 1) % line.dim } else { (at + line.dim - 1) % line.dim };
                left = left.and(self.left(line.ends(at, next)));
                at = next;
            }
            left
        };
        let short = way(goes_up);
        if short.is_dead() { (way(!goes_up), !goes_up) } else { (short, goes_up) }
    }

    /// What is left of the ports of two devices on a level of switches.
    pub(super) fn ports(&self, level: u32, one: u32, other: u32) -> Left {
        self.left((level, one, one)).and(self.left((level, other, other)))
    }

    /// Links of a level with some of their bandwidth, by their ends.
    pub(super) fn degraded(&self, level: u32) -> impl Iterator<Item = (u32, u32, Left)> + '_ {
        let of = self.links.iter().filter(move |((of, ..), _)| *of == level);
        let some = of.filter(|(_, left)| (1..WHOLE_PPM).contains(&left.bandwidth_ppm));
        some.map(|((_, from, to), left)| (*from, *to, *left))
    }

    /// Whether messages of a level take ways around dead links.
    pub(super) fn has_detours(&self, level: u32) -> bool {
        self.links.iter().any(|((of, from, to), left)| *of == level && from != to && left.is_dead())
    }
}
