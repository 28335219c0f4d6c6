//! Receives that wait for a message, and messages that wait for a receive: per rank two lists, in
//! order of arrival, linked through one array of operations.

use crate::goal::{ANY, Op};

/// No operation.
const NONE: u32 = u32::MAX;

/// Which list of a rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiting {
    /// Receives that were posted.
    Receives,
    /// Messages that arrived, by their sends.
    Messages,
}

#[derive(Debug, Clone, Copy)]
struct List {
    head: u32,
    tail: u32,
}

#[derive(Debug)]
pub(super) struct Matching {
    lists: Vec<[List; 2]>,
    /// What stands behind an operation in its list.
    next: Vec<u32>,
}

impl Matching {
    pub(super) fn new(ranks: u32, ops: usize) -> Self {
        let empty = List { head: NONE, tail: NONE };
        Self { lists: vec![[empty; 2]; ranks as usize], next: vec![NONE; ops] }
    }

    /// Adds an operation at the end.
    pub(super) fn add(&mut self, rank: u32, which: Waiting, op: u32) {
        let list = &mut self.lists[rank as usize][which as usize];
        self.next[op as usize] = NONE;
        if list.head == NONE {
            list.head = op;
        } else {
            self.next[list.tail as usize] = op;
        }
        list.tail = op;
    }

    /// Removes the first operation that stands for a message from `source` with `tag`; both may be
    /// [`ANY`], on either side.
    pub(super) fn take(
        &mut self,
        rank: u32,
        which: Waiting,
        (source, tag): (u32, u32),
        ops: &[Op],
    ) -> Option<u32> {
        let list = &mut self.lists[rank as usize][which as usize];
        let (mut before, mut at) = (NONE, list.head);
        while at != NONE {
            let op = &ops[at as usize];
            let from = if which == Waiting::Receives { op.peer } else { op.rank };
            let fits = |one: u32, other: u32| one == other || one == ANY || other == ANY;
            if fits(from, source) && fits(op.tag, tag) {
                let next = self.next[at as usize];
                if before == NONE {
                    list.head = next;
                } else {
                    self.next[before as usize] = next;
                }
                if list.tail == at {
                    list.tail = before;
                }
                return Some(at);
            }
            (before, at) = (at, self.next[at as usize]);
        }
        None
    }

    /// What is left over.
    pub(super) fn left(&self, which: Waiting) -> impl Iterator<Item = u32> + '_ {
        let heads = self.lists.iter().map(move |lists| lists[which as usize].head);
        let from = |at: u32| (at != NONE).then_some(at);
        heads.flat_map(move |head| {
            std::iter::successors(from(head), move |at| from(self.next[*at as usize]))
        })
    }
}
