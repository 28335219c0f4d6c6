//! Groups of a phase, one after the other.
//!
//! Groups that lie at the same place of their level and begin alike end alike. The rules let a shift of
//! all clocks pass, so it is enough that they begin alike but for the time.

use supernode_collectives::{Pattern, Phase};

use super::links::Links;
use super::rows::NOW;
use super::rules::Rules;
use super::{LATEST, Law, Run, Saved, bunches, direct, line, shift};
use crate::Unfit;

/// Groups that are remembered.
const KNOWN: usize = 64;

/// One group in one phase.
pub(super) struct Group<'a> {
    pub(super) run: &'a Run<'a>,
    pub(super) phase: &'a Phase,
    pub(super) rules: &'a Rules,
    /// First member.
    pub(super) base: u32,
    /// Members after which clocks repeat.
    pub(super) period: u32,
    /// State of the first `period` members.
    pub(super) rows: &'a mut [u64],
    pub(super) slots: usize,
    pub(super) threads: usize,
}

impl Group<'_> {
    /// The member at `position`, modulo the size.
    pub(super) fn member(&self, position: u32) -> u32 {
        self.base + position % self.phase.size * self.phase.stride
    }

    /// The place of a port among those whose state is kept.
    pub(super) fn slot(&self, port: u16) -> usize {
        if self.run.one_link { 0 } else { usize::from(port) }
    }
}

/// Those of one phase that one thread takes.
pub(super) struct Groups<'a> {
    run: &'a Run<'a>,
    phase: &'a Phase,
    rules: &'a Rules,
    period: u32,
    slots: usize,
    threads: usize,
    known: Vec<Known>,
    /// The links of a direct phase, at the place that was taken last.
    links: Option<(u32, Links)>,
    pub(super) saved: Saved,
}

/// How a group began and ended.
struct Known {
    place: u32,
    begun: Vec<u64>,
    ended: Vec<u64>,
}

impl<'a> Groups<'a> {
    pub(super) fn new(
        run: &'a Run<'a>,
        phase: &'a Phase,
        rules: &'a Rules,
        (period, slots): (u32, usize),
        threads: usize,
    ) -> Self {
        let (known, links, saved) = (Vec::new(), None, Saved::default());
        Self { run, phase, rules, period, slots, threads, known, links, saved }
    }

    /// Takes the group that begins at rank `base` through the phase.
    pub(super) fn take(&mut self, base: u32, rows: &mut [u64]) -> Result<(), Unfit> {
        let Phase { stride, size, .. } = *self.phase;
        let Some(place) = self.run.cost.fabric.place_of(stride, size, base) else {
            return self.run_through(base, rows, None);
        };
        let width = rows.len() / self.period as usize;
        // Nothing happens before the first clock: which port was free when no longer matters then, and
        // is zero. No clock of the group is.
        let first = rows.chunks(width).map(|row| row[NOW]).min().unwrap_or(0).saturating_sub(1);
        let begun: Vec<u64> = rows.iter().map(|time| time.saturating_sub(first)).collect();
        let known = self.known.iter().find(|known| known.place == place && known.begun == begun);
        let ended = if let Some(known) = known {
            known.ended.clone()
        } else {
            let mut ended = begun.clone();
            self.run_through(base, &mut ended, Some(place))?;
            if self.known.len() < KNOWN {
                self.known.push(Known { place, begun: begun.clone(), ended: ended.clone() });
            }
            ended
        };
        for ((row, begun), ended) in rows.iter_mut().zip(begun).zip(ended) {
            if ended != begun {
                *row = first + ended;
            }
            if *row > LATEST {
                return Err(Unfit::Long);
            }
        }
        Ok(())
    }

    fn run_through(
        &mut self,
        base: u32,
        rows: &mut [u64],
        place: Option<u32>,
    ) -> Result<(), Unfit> {
        let Self { run, phase, rules, period, slots, threads, .. } = *self;
        let mut group = Group { run, phase, rules, base, period, rows, slots, threads };
        match phase.pattern {
            Pattern::Ring { .. } => {
                self.saved.add(line::ring(&mut group)?);
                return Ok(());
            }
            Pattern::Shift { by, mirrored, .. } => return shift::shift(&mut group, by, mirrored),
            _ => {}
        }
        if run.law == Law::Fold && bunches::direct(&mut group)? {
            self.saved.bunched += u64::from(phase.messages()) * u64::from(phase.size);
            return Ok(());
        }
        let known = self.links.take().filter(|(at, _)| place == Some(*at));
        let links = match known {
            Some((_, links)) => links,
            None => Links::new(&group)?,
        };
        direct::direct(&mut group, &links)?;
        self.links = place.map(|place| (place, links));
        Ok(())
    }
}
