//! Runs a schedule step by step, without time: lanes, and the connections between them.
//!
//! A connection (sender, receiver, lane) is a queue with one lane at each end. What a lane waits for
//! (a message, a free slot, a step of another lane) stays there once it is there, until this lane
//! takes it: the schedule is a Kahn network, and every order of execution takes the same steps. So
//! one run says whether the schedule ends.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};

use super::expression::mix;
use super::{Finding, Place};
use crate::{Action, Dep, Rank, Schedule, Shape, Step};

/// What the steps do beside moving messages.
pub(super) trait Effects {
    /// What a message carries.
    type Payload;
    /// The step is about to be taken; what it waits for in `after` is complete.
    fn start(&mut self, at: Place, after: Option<Dep>);
    /// Makes the message of the step to `to`.
    fn issue(&mut self, at: Place, action: &Action, to: Rank) -> Self::Payload;
    /// Takes a message of `sender`.
    fn take(&mut self, at: Place, action: &Action, sender: Place, payload: Self::Payload);
    /// Takes a message of `sender` and makes the one to be passed on.
    fn pass(
        &mut self,
        at: Place,
        action: &Action,
        sender: Place,
        payload: Self::Payload,
    ) -> Self::Payload;
    /// Does what needs no message.
    fn local(&mut self, at: Place, action: &Action);
    /// The step is complete.
    fn finish(&mut self, at: Place);
}

/// In which order lanes take their turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// First come, first served; a lane runs until it has to wait.
    Fair,
    /// A lane that the seed chooses takes one step.
    Random(u64),
}

#[derive(Debug)]
pub(super) struct Message<P> {
    /// The step that sent it.
    pub(super) step: u32,
    /// Chunks; `None` for a signal.
    pub(super) len: Option<u32>,
    pub(super) payload: P,
}

#[derive(Debug)]
pub(super) struct Channel<P> {
    pub(super) queue: VecDeque<Message<P>>,
    /// Messages in the queue that take a slot: signals do not.
    pub(super) slots: u32,
}

/// Connections to a rank, by sender and lane.
pub(super) type Inbox<P> = BTreeMap<(Rank, u32), Channel<P>>;

#[derive(Debug)]
pub(super) struct LaneState<P> {
    pub(super) next: u32,
    pub(super) steps: u32,
    /// Whether the message of the step is out.
    pub(super) sent: bool,
    /// Whether the message that an exchange takes was taken.
    pub(super) got: bool,
    /// Members of a wait that are known to have signalled.
    pub(super) seen: u32,
    /// The receives that are awaited together: step, sender, and the message once it is there.
    pub(super) batch: Vec<(u32, Rank, Option<Message<P>>)>,
    queued: bool,
}

/// A run of a schedule whose steps are well-formed.
#[derive(Debug)]
pub(super) struct Machine<'a, E: Effects> {
    pub(super) schedule: &'a dyn Schedule,
    pub(super) shape: Shape,
    /// Messages that a connection holds before its sender waits; `None` for any number.
    pub(super) depth: Option<u32>,
    pub(super) lanes: Vec<LaneState<E::Payload>>,
    pub(super) inboxes: Vec<Inbox<E::Payload>>,
    pub(super) effects: E,
    pub(super) fault: Option<Finding>,
    pub(super) steps_taken: u64,
    /// Counts steps for whoever waits.
    pub(super) progress: Option<&'a AtomicU64>,
    ready: VecDeque<u32>,
    order: Order,
}

impl<'a, E: Effects> Machine<'a, E> {
    pub(super) fn new(schedule: &'a dyn Schedule, depth: Option<u32>, effects: E) -> Self {
        let shape = schedule.shape();
        let lane = |index: u32| LaneState {
            next: 0,
            steps: schedule.steps(index / shape.lanes, index % shape.lanes),
            sent: false,
            got: false,
            seen: 0,
            batch: Vec::new(),
            queued: true,
        };
        let lanes = shape.ranks * shape.lanes;
        Self {
            schedule,
            shape,
            depth,
            lanes: (0..lanes).map(lane).collect(),
            inboxes: (0..shape.ranks).map(|_| BTreeMap::new()).collect(),
            effects,
            fault: None,
            steps_taken: 0,
            progress: None,
            ready: (0..lanes).collect(),
            order: Order::Fair,
        }
    }

    /// Runs until nothing moves; true if every lane is at its end.
    pub(super) fn run(&mut self, order: Order) -> bool {
        self.order = order;
        let mut random = match order {
            Order::Fair => 0,
            Order::Random(seed) => mix(seed),
        };
        while let Some(lane) = self.next_lane(&mut random) {
            self.lanes[lane as usize].queued = false;
            let before = self.steps_taken;
            while self.lanes[lane as usize].next < self.lanes[lane as usize].steps
                && self.try_step(lane)
            {
                if matches!(self.order, Order::Random(_)) {
                    self.wake(lane);
                    break;
                }
            }
            if let Some(progress) = self.progress {
                progress.fetch_add(self.steps_taken - before, Ordering::Relaxed);
            }
            if self.fault.is_some() {
                return false;
            }
        }
        self.lanes.iter().all(|lane| lane.next == lane.steps)
    }

    fn next_lane(&mut self, random: &mut u64) -> Option<u32> {
        if self.order == Order::Fair {
            return self.ready.pop_front();
        }
        *random = mix(*random);
        let len = self.ready.len().max(1);
        self.ready.swap_remove_back((*random % len as u64) as usize)
    }

    pub(super) fn wake(&mut self, lane: u32) {
        if !std::mem::replace(&mut self.lanes[lane as usize].queued, true) {
            self.ready.push_back(lane);
        }
    }

    pub(super) fn lane_of(&self, rank: Rank, lane: u32) -> u32 {
        rank * self.shape.lanes + lane
    }

    /// The step that a lane is at.
    pub(super) fn place(&self, lane: u32) -> Place {
        let step = self.lanes[lane as usize].next;
        Place { rank: lane / self.shape.lanes, lane: lane % self.shape.lanes, step }
    }

    pub(super) fn step_at(&self, at: Place) -> Step {
        self.schedule.step(at.rank, at.lane, at.step)
    }

    /// Whether what the step names in `after` is complete.
    pub(super) fn may_start(&self, at: Place, step: &Step) -> bool {
        step.after
            .is_none_or(|dep| self.lanes[self.lane_of(at.rank, dep.lane) as usize].next > dep.step)
    }

    /// Completes the step at the head of `lane` and everything up to `last`.
    pub(super) fn complete(&mut self, lane: u32, last: u32) {
        let state = &mut self.lanes[lane as usize];
        self.steps_taken += u64::from(last + 1 - state.next);
        state.next = last + 1;
        (state.sent, state.got, state.seen) = (false, false, 0);
        if self.shape.lanes > 1 {
            let first = lane / self.shape.lanes * self.shape.lanes;
            // Another lane may wait for this step.
            for other in first..first + self.shape.lanes {
                let state = &self.lanes[other as usize];
                if other != lane && state.next < state.steps {
                    self.wake(other);
                }
            }
        }
    }

    /// Messages that take a slot on the connection from `at` to `to`.
    pub(super) fn waiting(&self, at: Place, to: Rank) -> u32 {
        let channel = self.inboxes[to as usize].get(&(at.rank, at.lane));
        channel.map_or(0, |channel| channel.slots)
    }

    /// Whether the sender may go on: what it sent has a slot, or was taken.
    pub(super) fn has_room(&self, at: Place, to: Rank) -> bool {
        self.depth.is_none_or(|depth| self.waiting(at, to) <= depth)
    }

    pub(super) fn push(&mut self, at: Place, to: Rank, len: Option<u32>, payload: E::Payload) {
        let key = (at.rank, at.lane);
        let channel = self.inboxes[to as usize]
            .entry(key)
            .or_insert_with(|| Channel { queue: VecDeque::new(), slots: 0 });
        channel.queue.push_back(Message { step: at.step, len, payload });
        channel.slots += u32::from(len.is_some());
        self.wake(self.lane_of(to, at.lane));
    }

    /// Whether a message of `from` waits for `at`.
    pub(super) fn is_there(&self, at: Place, from: Rank) -> bool {
        let channel = self.inboxes[at.rank as usize].get(&(from, at.lane));
        channel.is_some_and(|channel| !channel.queue.is_empty())
    }

    /// Takes the next message of `from` as one of `len` chunks, or as a signal.
    pub(super) fn pull(
        &mut self,
        at: Place,
        from: Rank,
        len: Option<u32>,
    ) -> Option<Message<E::Payload>> {
        let channel = self.inboxes[at.rank as usize].get_mut(&(from, at.lane))?;
        let message = channel.queue.pop_front()?;
        if message.len != len {
            let kind = |len: Option<u32>| match len {
                Some(len) => format!("{len} chunks"),
                None => "a signal".to_owned(),
            };
            let sender = Place { rank: from, lane: at.lane, step: message.step };
            let what = format!("it has {}, not {}", kind(message.len), kind(len));
            self.fault = Some(Finding::Mismatch { at, sender, what });
            return None;
        }
        if len.is_some() {
            channel.slots -= 1;
            // The sender may wait for the slot, or for the message to be taken.
            if self.depth.is_some() {
                self.wake(self.lane_of(from, at.lane));
            }
        }
        Some(message)
    }
}
