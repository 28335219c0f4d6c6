//! A collective among some ranks of a machine, in an order of their own: a communicator
//! (`MPI_Comm_split`, whose keys give the order; `MPI_Group_incl`; `ncclCommSplit`).
//!
//! Member `i` of the communicator is rank `members[i]` of the machine and does what rank `i` of the
//! schedule does; block `i` and a root `i` are the member's, too. All other ranks do nothing and hold
//! nothing. Members 4, 1 and 2 of a machine of five ranks, all-gather:
//!
//! ```text
//! rank      0    1          2          3    4
//! member         1          2               0
//! output         [4, 1, 2]  [4, 1, 2]       [4, 1, 2]    inputs of these ranks
//! ```
//!
//! [`crate::Concurrent`] joins many groups whose members are equally spaced; here one group has any
//! members, at four bytes for each rank of the machine.

use std::sync::Arc;

use supernode_units::Time;

use crate::{Chunks, CollectiveError, Group, Ports, Rank, Schedule, Shape, Step};

/// Which ranks of a machine take part, in the order of the communicator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    ranks: Arc<[Rank]>,
    /// Which member each rank of the machine is, or [`OUTSIDE`].
    member: Arc<[u32]>,
}

/// A rank that is no member.
const OUTSIDE: u32 = u32::MAX;

impl Members {
    /// The members `ranks`, in this order, of a machine of `machine` ranks.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`] if there are none, [`CollectiveError::Member`] if one does not exist
    /// or comes twice.
    pub fn new(machine: u32, ranks: &[Rank]) -> Result<Self, CollectiveError> {
        if ranks.is_empty() {
            return Err(CollectiveError::NoRanks);
        }
        let mut member = vec![OUTSIDE; machine as usize];
        for (index, &rank) in (0..).zip(ranks) {
            match member.get_mut(rank as usize) {
                Some(free) if *free == OUTSIDE => *free = index,
                slot => {
                    let twice = slot.is_some();
                    return Err(CollectiveError::Member { rank, machine, twice });
                }
            }
        }
        Ok(Self { ranks: ranks.into(), member: member.into() })
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.ranks.len() as u32
    }

    /// The rank of the machine that member `index < count()` is.
    pub fn rank(&self, index: u32) -> Rank {
        self.ranks[index as usize]
    }

    /// Which member `rank` is, if it is one.
    pub fn index(&self, rank: Rank) -> Option<u32> {
        self.member.get(rank as usize).copied().filter(|member| *member != OUTSIDE)
    }

    /// The members as equally spaced ranks, in order of rank; none if they are not.
    fn spaced(&self) -> Option<Group> {
        let mut sorted = self.ranks.to_vec();
        sorted.sort_unstable();
        let stride = sorted.get(1).map_or(1, |second| second - sorted[0]);
        let spaced = sorted.windows(2).all(|pair| pair[1] - pair[0] == stride);
        spaced.then_some(Group { first: sorted[0], stride, count: self.count() })
    }
}

/// A schedule among the members of a communicator.
#[derive(Debug, Clone)]
pub struct Communicator {
    schedule: Arc<dyn Schedule>,
    members: Members,
    /// All members as a group for steps that name all of them.
    all: Option<Group>,
    /// Whether members are in order of rank and equally spaced, so that any group of them is a group.
    in_order: bool,
}

impl Communicator {
    /// `schedule`, rank `i` of which is `members.rank(i)`.
    ///
    /// # Errors
    /// [`CollectiveError::GroupSize`] if the schedule has more or fewer ranks than there are members;
    /// [`CollectiveError::ScatteredGroup`] if a step names a group of ranks (a wait, a switch) that would
    /// not be equally spaced.
    pub fn new(schedule: Arc<dyn Schedule>, members: Members) -> Result<Self, CollectiveError> {
        let Shape { ranks, lanes, ports, .. } = schedule.shape();
        if ranks != members.count() {
            return Err(CollectiveError::GroupSize { group: members.count(), schedule: ranks });
        }
        let all = members.spaced();
        let in_order =
            all.is_some_and(|all| (0..ranks).all(|index| all.member(index) == members.rank(index)));
        let made = Self { schedule, members, all, in_order };
        // Only contended ports have steps that name groups.
        if ports == Ports::Contended && !in_order {
            for (rank, lane) in (0..ranks).flat_map(|rank| (0..lanes).map(move |l| (rank, l))) {
                for index in 0..made.schedule.steps(rank, lane) {
                    let action = made.schedule.step(rank, lane, index).action;
                    if let Some(group) = action.group()
                        && made.group(group).is_none()
                    {
                        let (rank, step) = (made.members.rank(rank), index);
                        return Err(CollectiveError::ScatteredGroup { rank, lane, step });
                    }
                }
            }
        }
        Ok(made)
    }

    /// The ranks of a group of members; none if they are not equally spaced, as far as is looked.
    fn group(&self, group: Group) -> Option<Group> {
        let Group { first, stride, count } = group;
        match self.all {
            Some(all) if self.in_order => {
                Some(Group { first: all.member(first), stride: stride * all.stride, count })
            }
            _ if count == 1 => Some(Group { first: self.members.rank(first), ..group }),
            Some(all) if count == all.count => Some(all),
            _ => None,
        }
    }
}

impl Schedule for Communicator {
    fn shape(&self) -> Shape {
        Shape { ranks: self.members.member.len() as u32, ..self.schedule.shape() }
    }

    fn steps(&self, rank: Rank, lane: u32) -> u32 {
        self.members.index(rank).map_or(0, |member| self.schedule.steps(member, lane))
    }

    fn step(&self, rank: Rank, lane: u32, index: u32) -> Step {
        let Some(member) = self.members.index(rank) else {
            unreachable!("rank {rank} is no member and has no steps")
        };
        let mut step = self.schedule.step(member, lane, index);
        step.action = step.action.renamed(
            |member| self.members.rank(member),
            |group| self.group(group).unwrap_or(group),
            |span| span,
        );
        step
    }

    fn start(&self, rank: Rank, lane: u32) -> Time {
        self.members.index(rank).map_or(Time::ZERO, |member| self.schedule.start(member, lane))
    }

    fn chunks(&self, count: u64, element_bytes: u64) -> Chunks {
        self.schedule.chunks(count, element_bytes).among(self.members.clone())
    }

    fn members(&self) -> Option<&Members> {
        Some(&self.members)
    }

    fn in_flight(&self) -> u64 {
        self.schedule.in_flight()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Algorithm, Collective, Tuning};

    fn among(algorithm: Algorithm, members: &[Rank]) -> Result<Communicator, CollectiveError> {
        let ranks = members.len() as u32;
        let schedule = algorithm.schedule(Collective::AllReduce, ranks, &Tuning::default())?;
        Communicator::new(Arc::from(schedule), Members::new(8, members)?)
    }

    #[test]
    fn members_exist_and_come_once() {
        let error = |members: &[Rank]| Members::new(4, members).unwrap_err().to_string();
        assert_eq!(error(&[]), CollectiveError::NoRanks.to_string());
        assert_eq!(error(&[1, 4]), "rank 4 is no rank of a machine of 4; use 0 to 3");
        assert_eq!(error(&[1, 2, 1]), "rank 1 is a member twice; name it once");
    }

    #[test]
    fn a_switch_needs_members_that_are_equally_spaced() {
        assert!(among(Algorithm::InSwitch, &[6, 2, 4]).is_ok());
        let error = among(Algorithm::InSwitch, &[0, 1, 3]).unwrap_err();
        assert!(matches!(error, CollectiveError::ScatteredGroup { rank: 0, .. }), "{error}");
        assert!(among(Algorithm::Ring, &[0, 1, 3]).is_ok());
    }

    #[test]
    fn as_many_members_as_ranks() {
        let ring = Algorithm::Ring.schedule(Collective::AllReduce, 3, &Tuning::default()).unwrap();
        let two = Members::new(8, &[0, 1]).unwrap();
        let error = Communicator::new(Arc::from(ring), two).unwrap_err();
        assert_eq!(error, CollectiveError::GroupSize { group: 2, schedule: 3 });
    }
}
