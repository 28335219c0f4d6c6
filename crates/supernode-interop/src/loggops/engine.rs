//! The event loop.

use super::lines::{Line, Lines};
use super::matching::{Matching, Waiting};
use super::queue::{Event, Queue};
use super::{LoggopsError, Parameters};
use crate::goal::{Goal, Kind, Op};

/// Set in the id of an event that is the arrival of the message of that operation.
const ARRIVAL: u32 = 1 << 31;

/// All resources together, in words: 4 GiB.
const MAX_RESOURCES: usize = 1 << 29;

pub(super) struct Engine<'a> {
    goal: &'a Goal,
    ops: &'a [Op],
    parameters: Parameters,
    cpus: usize,
    /// Per rank, when each processor is free, then when each interface is free to send and to receive.
    free: Vec<u64>,
    stride: usize,
    /// What each operation still waits for.
    pub(super) waiting: Vec<u32>,
    pub(super) matching: Matching,
    queue: Queue,
    lines: Lines,
    pub(super) created: u32,
    /// Operations that the event at hand released.
    released: Vec<u32>,
    /// Sends too large to be eager whose receive was not.
    pub(super) unfreed: Vec<u32>,
}

impl<'a> Engine<'a> {
    pub(super) fn new(goal: &'a Goal, parameters: Parameters) -> Result<Self, LoggopsError> {
        let ops = goal.ops();
        let most = |number: fn(&Op) -> u8| ops.iter().map(number).max().unwrap_or(0);
        let (cpus, nics) = (usize::from(most(|op| op.cpu)) + 1, usize::from(most(|op| op.nic)) + 1);
        let (ranks, stride) = (goal.ranks(), cpus + 2 * nics);
        let resources = stride.checked_mul(ranks as usize).filter(|all| *all <= MAX_RESOURCES);
        let Some(resources) = resources else {
            return Err(LoggopsError::TooManyResources { ranks, cpus, nics });
        };
        let mut waiting = vec![0; ops.len()];
        for op in 0..ops.len() {
            for &after in goal.after_start(op).iter().chain(goal.after_end(op)) {
                waiting[after as usize] += 1;
            }
        }
        let mut engine = Self {
            goal,
            ops,
            parameters,
            cpus,
            free: vec![0; resources],
            stride,
            waiting,
            matching: Matching::new(ranks, ops.len()),
            queue: Queue::new(),
            lines: Lines::new(if cpus == 1 && nics == 1 { ranks } else { 0 }),
            created: 0,
            released: Vec::new(),
            unfreed: Vec::new(),
        };
        // All times are 0, so each starts there.
        engine.released =
            (0..ops.len() as u32).filter(|op| engine.waiting[*op as usize] == 0).collect();
        engine.flush();
        Ok(engine)
    }

    pub(super) fn run(&mut self) -> Result<(), LoggopsError> {
        while let Some(event) = self.queue.pop() {
            let op = self.ops[(event.id & !ARRIVAL) as usize];
            if event.id & ARRIVAL != 0 {
                self.arrive(event, op)?;
            } else {
                match op.kind {
                    Kind::Send => self.send(event, op)?,
                    Kind::Recv => self.receive(event, op),
                    Kind::Calc => self.calc(event, op),
                }
            }
            if !self.released.is_empty() {
                self.flush();
            }
        }
        Ok(())
    }

    fn cpu(&self, rank: u32, op: &Op) -> usize {
        rank as usize * self.stride + usize::from(op.cpu)
    }

    /// Where the interface is free to send; the next place says when it is free to receive.
    fn nic(&self, rank: u32, op: &Op) -> usize {
        rank as usize * self.stride + self.cpus + 2 * usize::from(op.nic)
    }

    /// Whether an event finds its processor or interface busy; then it is put off.
    fn is_early(&mut self, place: (u32, Line), event: Event, cpu: usize, nic: usize) -> bool {
        let (cpu, nic) = (self.free[cpu], self.free[nic]);
        let free = cpu.max(nic);
        if free > event.time {
            self.lines.put_off(&mut self.queue, place, event, free, cpu > event.time);
            return true;
        }
        self.lines.served(&mut self.queue, place.0, place.1, event);
        false
    }

    fn calc(&mut self, event: Event, op: Op) {
        let cpu = self.cpu(op.rank, &op);
        if self.is_early((op.rank, Line::Calcs), event, cpu, cpu) {
            return;
        }
        self.free[cpu] = event.time + op.size;
        self.release_start(event.id);
        self.release_end(event.id);
    }

    fn send(&mut self, event: Event, op: Op) -> Result<(), LoggopsError> {
        let (cpu, nic) = (self.cpu(op.rank, &op), self.nic(op.rank, &op));
        if self.is_early((op.rank, Line::Sends), event, cpu, nic) {
            return Ok(());
        }
        let p = self.parameters;
        let ready = event.time + p.overhead_ns;
        self.free[cpu] = ready.wrapping_add(p.cpu_bytes(op.size));
        self.free[nic] = (event.time + p.gap_ns).wrapping_add(p.nic_bytes(op.size));
        if op.size == 0 {
            self.check_zero(event, [cpu, nic])?;
        }
        self.release_start(event.id);
        self.create(ready + p.latency_ns, event.id | ARRIVAL);
        if op.size <= p.eager_bytes {
            self.release_end(event.id);
        }
        Ok(())
    }

    fn arrive(&mut self, event: Event, op: Op) -> Result<(), LoggopsError> {
        let (rank, id) = (op.peer, event.id & !ARRIVAL);
        let (cpu, nic) = (self.cpu(rank, &op), self.nic(rank, &op) + 1);
        if self.is_early((rank, Line::Arrivals), event, cpu, nic) {
            return Ok(());
        }
        let p = self.parameters;
        let (cpu_bytes, nic_bytes) = (p.cpu_bytes(op.size), p.nic_bytes(op.size));
        self.free[cpu] = (event.time + p.overhead_ns).wrapping_add(cpu_bytes.max(nic_bytes));
        self.free[nic] = (event.time + p.gap_ns).wrapping_add(nic_bytes);
        if op.size == 0 {
            self.check_zero(event, [cpu, nic])?;
        }
        match self.matching.take(rank, Waiting::Receives, (op.rank, op.tag), self.ops) {
            Some(receive) => {
                if op.size > p.eager_bytes {
                    self.free_sender(event.time, id, &op);
                }
                self.release_end(receive);
            }
            None => self.matching.add(rank, Waiting::Messages, id),
        }
        Ok(())
    }

    fn receive(&mut self, event: Event, op: Op) {
        self.release_start(event.id);
        match self.matching.take(op.rank, Waiting::Messages, (op.peer, op.tag), self.ops) {
            Some(send) => {
                // LogGOPSim asks the size and the resources of the receive here.
                if op.size > self.parameters.eager_bytes {
                    let sender = self.ops[send as usize].rank;
                    self.free_sender(event.time, send, &Op { rank: sender, ..op });
                } else if self.ops[send as usize].size > self.parameters.eager_bytes {
                    self.unfreed.push(send);
                }
                self.release_end(event.id);
            }
            None => self.matching.add(op.rank, Waiting::Receives, event.id),
        }
    }

    /// A rendezvous is over at `time`; `place` names the rank of the sender and its resources.
    fn free_sender(&mut self, time: u64, send: u32, place: &Op) {
        self.release_end(send);
        for at in [self.cpu(place.rank, place), self.nic(place.rank, place)] {
            self.free[at] = self.free[at].max(time);
        }
    }

    fn release_start(&mut self, op: u32) {
        self.release(self.goal.after_start(op as usize));
    }

    fn release_end(&mut self, op: u32) {
        self.release(self.goal.after_end(op as usize));
    }

    fn release(&mut self, list: &[u32]) {
        for &op in list {
            let waiting = &mut self.waiting[op as usize];
            // A receive that is not eager ends an eager send once more; the count wraps, as there.
            *waiting = waiting.wrapping_sub(1);
            if *waiting == 0 {
                self.released.push(op);
            }
        }
    }

    /// Creates the events of what was released: by rank, then by kind, in the order of release.
    fn flush(&mut self) {
        let mut released = std::mem::take(&mut self.released);
        if released.len() > 1 {
            released.sort_by_key(|op| {
                let op = &self.ops[*op as usize];
                (op.rank, op.kind)
            });
        }
        for &id in &released {
            let op = self.ops[id as usize];
            let mut time = self.free[self.cpu(op.rank, &op)];
            if op.kind == Kind::Send {
                time = time.max(self.free[self.nic(op.rank, &op)]);
            }
            self.create(time, id);
        }
        released.clear();
        self.released = released;
    }

    fn create(&mut self, time: u64, id: u32) {
        self.queue.push(Event { time, number: self.created, id });
        // Operations are numbered with 31 bits, so all of them and their messages fit 32.
        self.created += 1;
    }

    /// After a message of 0 bytes: the times must not have wrapped below zero.
    fn check_zero(&self, event: Event, resources: [usize; 2]) -> Result<(), LoggopsError> {
        if resources.iter().all(|at| self.free[*at] < 1 << 63) {
            return Ok(());
        }
        let op = (event.id & !ARRIVAL) as usize;
        let Op { rank, .. } = self.ops[op];
        let operation = (op - self.goal.range(rank).start) as u32 + 1;
        let Parameters { overhead_per_byte_ns, gap_per_byte_ns, .. } = self.parameters;
        let cost = overhead_per_byte_ns.max(gap_per_byte_ns);
        Err(LoggopsError::BeforeZero { rank, operation, cost })
    }

    pub(super) fn finish(&self) -> Vec<u64> {
        let last = |free: &[u64]| free[..self.cpus].iter().copied().max().unwrap_or(0);
        self.free.chunks(self.stride).map(last).collect()
    }
}
