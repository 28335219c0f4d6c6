//! When a step can be taken, and what taking it moves.
//!
//! Depth 0 is a rendezvous: who sends waits until it is taken. At depth d a sender waits while d
//! messages are under way. A fused receive-and-send takes both slots before it moves data (MSCCL,
//! NCCL), so a ring whose ranks all start with a message needs depth 2.

use super::Place;
use super::machine::{Effects, Machine};
use crate::{Action, Group, Rank};

impl<E: Effects> Machine<'_, E> {
    /// Takes the step at the head of `lane` if it can; false if the lane has to wait.
    pub(super) fn try_step(&mut self, lane: u32) -> bool {
        let at = self.place(lane);
        let step = self.step_at(at);
        let state = &self.lanes[lane as usize];
        let begun = state.sent || state.got || !state.batch.is_empty();
        if !begun && !self.may_start(at, &step) {
            return false;
        }
        let action = &step.action;
        if let Action::Recv { more: true, .. } = action {
            return self.receive_batch(lane, at);
        }
        if !begun && !matches!(action, Action::Wait { .. }) {
            self.effects.start(at, step.after);
        }
        let done = match *action {
            Action::Send { to, src } => self.send(lane, at, action, to, src.len),
            Action::Recv { from, dst, .. } => self.receive(at, action, from, dst.len),
            Action::Forward { from, to, with, keep } => {
                let len = with.or(keep).map_or(0, |span| span.len);
                self.forward(lane, at, action, (from, to), len)
            }
            Action::Exchange { to, src, from, dst, .. } => {
                let sent = self.send(lane, at, action, to, src.len);
                if !self.lanes[lane as usize].got {
                    self.lanes[lane as usize].got = self.receive(at, action, from, dst.len);
                }
                sent && self.lanes[lane as usize].got
            }
            Action::Put { to, .. } | Action::Signal { to } => {
                let payload = self.effects.issue(at, action, to);
                self.push(at, to, None, payload);
                true
            }
            Action::Wait { from } => {
                let there = self.wait(lane, at, from);
                if there {
                    self.effects.start(at, step.after);
                    self.take_signals(at, action, from);
                }
                there
            }
            Action::Multicast { group, .. } => {
                self.effects.local(at, action);
                for to in group.members().filter(|to| *to != at.rank) {
                    let payload = self.effects.issue(at, action, to);
                    self.push(at, to, None, payload);
                }
                true
            }
            Action::Get { .. }
            | Action::Copy { .. }
            | Action::Reduce { .. }
            | Action::SwitchReduce { .. } => {
                self.effects.local(at, action);
                true
            }
        };
        if done && self.fault.is_none() {
            self.effects.finish(at);
            self.complete(lane, at.step);
        }
        done && self.fault.is_none()
    }

    fn send(&mut self, lane: u32, at: Place, action: &Action, to: Rank, len: u32) -> bool {
        if !std::mem::replace(&mut self.lanes[lane as usize].sent, true) {
            let payload = self.effects.issue(at, action, to);
            self.push(at, to, Some(len), payload);
        }
        self.has_room(at, to)
    }

    fn receive(&mut self, at: Place, action: &Action, from: Rank, len: u32) -> bool {
        let Some(message) = self.pull(at, from, Some(len)) else { return false };
        let sender = Place { rank: from, lane: at.lane, step: message.step };
        self.effects.take(at, action, sender, message.payload);
        true
    }

    /// Whether a fused step may take its message: there is a slot for what it sends.
    pub(super) fn has_slot(&self, at: Place, to: Rank) -> bool {
        // A rendezvous has no slots; who comes here has had its last message taken.
        self.depth.is_none_or(|depth| depth == 0 || self.waiting(at, to) < depth)
    }

    fn forward(
        &mut self,
        lane: u32,
        at: Place,
        action: &Action,
        (from, to): (Rank, Rank),
        len: u32,
    ) -> bool {
        if !self.lanes[lane as usize].sent {
            if !self.has_slot(at, to) {
                return false;
            }
            let Some(message) = self.pull(at, from, Some(len)) else { return false };
            let sender = Place { rank: from, lane: at.lane, step: message.step };
            let payload = self.effects.pass(at, action, sender, message.payload);
            self.push(at, to, Some(len), payload);
            self.lanes[lane as usize].sent = true;
        }
        self.has_room(at, to)
    }

    /// Whether every other member has signalled.
    fn wait(&mut self, lane: u32, at: Place, group: Group) -> bool {
        let mut seen = self.lanes[lane as usize].seen;
        while seen < group.count {
            let from = group.member(seen);
            if from != at.rank && !self.is_there(at, from) {
                break;
            }
            seen += 1;
        }
        self.lanes[lane as usize].seen = seen;
        seen == group.count
    }

    fn take_signals(&mut self, at: Place, action: &Action, group: Group) {
        for from in group.members().filter(|from| *from != at.rank) {
            let Some(message) = self.pull(at, from, None) else { return };
            let sender = Place { rank: from, lane: at.lane, step: message.step };
            self.effects.take(at, action, sender, message.payload);
        }
    }

    /// Takes whatever of the batch is there; applies all of it, in program order, when it is whole.
    fn receive_batch(&mut self, lane: u32, at: Place) -> bool {
        let mut batch = std::mem::take(&mut self.lanes[lane as usize].batch);
        if batch.is_empty() {
            batch = self.batch_at(lane, at);
        }
        let mut whole = true;
        for (step, from, held) in &mut batch {
            if held.is_none() {
                let here = Place { step: *step, ..at };
                let Action::Recv { dst, .. } = self.step_at(here).action else { continue };
                *held = self.pull(here, *from, Some(dst.len));
                whole &= held.is_some();
            }
        }
        if !whole || self.fault.is_some() {
            self.lanes[lane as usize].batch = batch;
            return false;
        }
        let Some(last) = batch.last().map(|(step, ..)| *step) else { return false };
        let mut held = batch.into_iter();
        for step in at.step..=last {
            let here = Place { step, ..at };
            let step = self.step_at(here);
            self.effects.start(here, step.after);
            if let Action::Recv { from, .. } = step.action {
                let Some((.., Some(message))) = held.next() else { continue };
                let sender = Place { rank: from, lane: at.lane, step: message.step };
                self.effects.take(here, &step.action, sender, message.payload);
            } else {
                self.effects.local(here, &step.action);
            }
            self.effects.finish(here);
        }
        self.complete(lane, last);
        true
    }

    /// The receives from `at` on that are awaited together.
    fn batch_at<P>(&self, lane: u32, at: Place) -> Vec<(u32, Rank, Option<P>)> {
        let mut batch = Vec::new();
        for step in at.step..self.lanes[lane as usize].steps {
            if let Action::Recv { from, more, .. } = self.step_at(Place { step, ..at }).action {
                batch.push((step, from, None));
                if !more {
                    break;
                }
            }
        }
        batch
    }
}
