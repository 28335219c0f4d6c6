//! Which groups have to be timed as one.

use supernode_collectives::{Concurrent, Schedule};
use supernode_units::Time;

/// Sets of groups, joined as they are found to meet.
pub(super) struct Clusters {
    /// The cluster of each group, named by its first group.
    of: Vec<usize>,
    /// The clusters that were joined since they were last asked for.
    changed: Vec<bool>,
}

impl Clusters {
    /// Each group for itself.
    pub(super) fn new(groups: usize) -> Self {
        Self { of: (0..groups).collect(), changed: vec![true; groups] }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.of.iter().enumerate().filter(|(group, of)| group == *of).count()
    }

    /// The groups of each cluster that was not given out since it was joined.
    pub(super) fn changed(&mut self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.of.len()];
        for (group, of) in self.of.iter().enumerate().filter(|(_, of)| self.changed[**of]) {
            members[*of].push(group);
        }
        self.changed.fill(false);
        members.retain(|members| !members.is_empty());
        members
    }

    /// Joins clusters of groups that meet on a rank: one begins before the other has finished, as
    /// `spans` says of each. Gives whether there were any.
    pub(super) fn join_where_they_meet(
        &mut self,
        whole: &Concurrent,
        spans: &[(Time, Time)],
    ) -> bool {
        let shape = whole.shape();
        let (mut here, mut any) = (Vec::new(), false);
        for rank in 0..shape.ranks {
            here.clear();
            here.extend((0..shape.lanes).filter_map(|lane| whole.group_of(rank, lane)));
            here.dedup();
            here.sort_unstable_by_key(|group| (spans[*group], *group));
            let mut last: Option<usize> = None;
            for &group in &here {
                if let Some(busy) = last
                    && spans[group].0 < spans[busy].1
                {
                    any |= self.join(busy, group);
                }
                if last.is_none_or(|busy| spans[busy].1 <= spans[group].1) {
                    last = Some(group);
                }
            }
        }
        for group in 0..self.of.len() {
            self.of[group] = self.root(group);
        }
        any
    }

    fn root(&mut self, mut group: usize) -> usize {
        while self.of[group] != group {
            self.of[group] = self.of[self.of[group]];
            group = self.of[group];
        }
        group
    }

    /// Gives whether they were apart.
    fn join(&mut self, one: usize, other: usize) -> bool {
        let (one, other) = (self.root(one), self.root(other));
        // The first group names both, so that the order in which they are joined does not matter.
        let (root, child) = (one.min(other), one.max(other));
        self.of[child] = root;
        if root != child {
            self.changed[root] = true;
        }
        root != child
    }
}
