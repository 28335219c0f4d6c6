//! Ranks with equal clocks.

use supernode_collectives::{Pattern, Phase};
use supernode_fabric::Fabric;

/// Classes of ranks: ranks are numbers with digits of mixed radix, one digit for every group that a
/// phase has, and two ranks are of one class if each digit is the same modulo its period.
#[derive(Debug, Clone)]
pub(crate) struct Classes {
    digits: Vec<Digit>,
    count: usize,
}

#[derive(Debug, Clone, Copy)]
struct Digit {
    stride: u32,
    size: u32,
    period: u32,
    /// Classes between neighbours.
    apart: usize,
}

/// The classes along one digit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    pub(super) period: u32,
    apart: usize,
}

impl Axis {
    /// Classes between neighbours.
    pub(super) fn apart(&self) -> usize {
        self.apart
    }

    /// The first class of a group.
    pub(super) fn base(&self, group: usize) -> usize {
        group / self.apart * self.apart * self.period as usize + group % self.apart
    }

    pub(super) fn classes(&self, base: usize) -> impl Iterator<Item = usize> + use<> {
        let Self { period, apart } = *self;
        (0..period as usize).map(move |position| base + position * apart)
    }
}

impl Classes {
    /// The classes of ranks in `phases` with digits of `period(stride, size)`; none if the groups of
    /// the phases are no digits of one number.
    pub(crate) fn new(
        phases: &[Phase],
        ranks: u32,
        period: impl Fn(u32, u32) -> u32,
    ) -> Option<Self> {
        let mut groups: Vec<(u32, u32)> = phases
            .iter()
            .filter(|phase| phase.size > 1)
            .map(|phase| (phase.stride, phase.size))
            .collect();
        groups.sort_unstable();
        groups.dedup();
        let (mut below, mut count) = (1_u32, 1_usize);
        let mut digits = Vec::with_capacity(groups.len());
        for (stride, size) in groups {
            if stride != below {
                return None;
            }
            let period = period(stride, size);
            digits.push(Digit { stride, size, period, apart: count });
            below = below.checked_mul(size)?;
            count *= period as usize;
        }
        (below == ranks).then_some(Self { digits, count })
    }

    /// Every rank a class of its own.
    pub(crate) fn all(phases: &[Phase], ranks: u32) -> Option<Self> {
        Self::new(phases, ranks, |_, size| size)
    }

    /// The classes that `fabric` does not tell apart.
    pub(crate) fn folded(phases: &[Phase], fabric: &Fabric) -> Option<Self> {
        let mirrored =
            |phase: &Phase| matches!(phase.pattern, Pattern::Shift { mirrored: true, .. });
        // Odd and even members do not do the same, unless nobody can tell who is which.
        let even = phases.iter().any(mirrored);
        Self::new(phases, fabric.ranks(), |stride, size| match fabric.period(stride, size) {
            period if even && period > 1 && period % 2 == 1 => {
                if size.is_multiple_of(2 * period) {
                    2 * period
                } else {
                    size
                }
            }
            period => period,
        })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The classes along the digit of groups whose members are `stride` apart.
    pub(super) fn axis(&self, stride: u32) -> Axis {
        let digit = self.digits.iter().find(|digit| digit.stride == stride);
        digit.map_or(Axis { period: 1, apart: 1 }, |digit| Axis {
            period: digit.period,
            apart: digit.apart,
        })
    }

    /// The lowest rank of a class.
    pub(super) fn representative(&self, class: usize) -> u32 {
        let position = |digit: &Digit| (class / digit.apart) as u32 % digit.period;
        self.digits.iter().map(|digit| position(digit) * digit.stride).sum()
    }

    /// The class of a rank.
    pub(crate) fn class(&self, rank: u32) -> usize {
        let position = |digit: &Digit| (rank / digit.stride % digit.size % digit.period) as usize;
        self.digits.iter().map(|digit| position(digit) * digit.apart).sum()
    }
}
