//! The same model written plainly: one binary heap, vectors of vectors, nothing clever. The fast
//! engine has to equal it on every schedule.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use supernode_interop::goal::{ANY, Goal, Kind, Op};
use supernode_interop::loggops::Parameters;

const ARRIVAL: u8 = 3;

/// (time, number, kind, operation)
type Event = (i64, u64, u8, usize);

struct Plain<'a> {
    goal: &'a Goal,
    cpu: Vec<[i64; 256]>,
    sends: Vec<[i64; 256]>,
    receives: Vec<[i64; 256]>,
    waiting: Vec<i64>,
    ready: Vec<Vec<usize>>,
    heap: BinaryHeap<Reverse<Event>>,
    number: u64,
}

/// Finish times per rank, and whether a receive or message is left over.
pub(crate) fn simulate(goal: &Goal, p: &Parameters) -> (Vec<i64>, bool) {
    let ranks = goal.ranks() as usize;
    let mut plain = Plain {
        goal,
        cpu: vec![[0; 256]; ranks],
        sends: vec![[0; 256]; ranks],
        receives: vec![[0; 256]; ranks],
        waiting: vec![0; goal.ops().len()],
        ready: vec![Vec::new(); ranks],
        heap: BinaryHeap::new(),
        number: 0,
    };
    for op in 0..goal.ops().len() {
        for &after in goal.after_start(op).iter().chain(goal.after_end(op)) {
            plain.waiting[after as usize] += 1;
        }
    }
    for op in 0..goal.ops().len() {
        if plain.waiting[op] == 0 {
            plain.ready[goal.ops()[op].rank as usize].push(op);
        }
    }
    (0..ranks).for_each(|rank| plain.flush(rank));
    let mut posted = vec![Vec::new(); ranks];
    let mut arrived = vec![Vec::new(); ranks];
    while let Some(Reverse(event)) = plain.heap.pop() {
        plain.step(event, p, &mut posted, &mut arrived);
    }
    let left = posted.iter().chain(&arrived).any(|list| !list.is_empty());
    (plain.cpu.iter().map(|cpu| *cpu.iter().max().unwrap()).collect(), left)
}

impl Plain<'_> {
    fn step(
        &mut self,
        (time, number, kind, id): Event,
        p: &Parameters,
        posted: &mut [Vec<usize>],
        arrived: &mut [Vec<usize>],
    ) {
        let goal = self.goal;
        let op = goal.ops()[id];
        let [latency, o, g] = [p.latency_ns, p.overhead_ns, p.gap_ns].map(u64::cast_signed);
        let rest = op.size.cast_signed() - 1;
        let cpu_bytes = rest * p.overhead_per_byte_ns.cast_signed();
        let nic_bytes = rest * p.gap_per_byte_ns.cast_signed();
        let (cpu, nic, rank) = (usize::from(op.cpu), usize::from(op.nic), op.rank as usize);
        let here = if kind == ARRIVAL { op.peer as usize } else { rank };
        let free = match kind {
            0 => self.cpu[here][cpu].max(self.sends[here][nic]),
            2 => self.cpu[here][cpu],
            ARRIVAL => self.cpu[here][cpu].max(self.receives[here][nic]),
            _ => time,
        };
        if free > time {
            self.heap.push(Reverse((free, number, kind, id)));
            return;
        }
        let mut touched = BTreeSet::from([here]);
        match kind {
            0 => {
                self.release(goal.after_start(id));
                self.cpu[here][cpu] = time + o + cpu_bytes;
                self.sends[here][nic] = time + g + nic_bytes;
                self.create(time + o + latency, ARRIVAL, id);
                if op.size <= p.eager_bytes {
                    self.release(goal.after_end(id));
                }
            }
            2 => {
                self.cpu[here][cpu] = time + op.size.cast_signed();
                self.release(goal.after_start(id));
                self.release(goal.after_end(id));
            }
            _ => {
                let (mine, theirs) = if kind == ARRIVAL {
                    self.cpu[here][cpu] = time + o + cpu_bytes.max(nic_bytes);
                    self.receives[here][nic] = time + g + nic_bytes;
                    (arrived, posted)
                } else {
                    self.release(goal.after_start(id));
                    (posted, arrived)
                };
                let fits = |other: &usize| {
                    let other = &goal.ops()[*other];
                    let (send, recv) = if kind == ARRIVAL { (&op, other) } else { (other, &op) };
                    matches(send, recv)
                };
                let Some(at) = theirs[here].iter().position(fits) else {
                    mine[here].push(id);
                    return self.flush(here);
                };
                let other = theirs[here].remove(at);
                let (send, recv) = if kind == ARRIVAL { (id, other) } else { (other, id) };
                if op.size > p.eager_bytes {
                    let sender = goal.ops()[send].rank as usize;
                    self.release(goal.after_end(send));
                    self.cpu[sender][cpu] = self.cpu[sender][cpu].max(time);
                    self.sends[sender][nic] = self.sends[sender][nic].max(time);
                    touched.insert(sender);
                }
                self.release(goal.after_end(recv));
            }
        }
        for rank in touched {
            self.flush(rank);
        }
    }

    fn create(&mut self, time: i64, kind: u8, id: usize) {
        self.heap.push(Reverse((time, self.number, kind, id)));
        self.number += 1;
    }

    fn release(&mut self, list: &[u32]) {
        for &op in list {
            self.waiting[op as usize] -= 1;
            if self.waiting[op as usize] == 0 {
                self.ready[self.goal.ops()[op as usize].rank as usize].push(op as usize);
            }
        }
    }

    fn flush(&mut self, rank: usize) {
        let mut ready = std::mem::take(&mut self.ready[rank]);
        ready.sort_by_key(|op| self.goal.ops()[*op].kind);
        for id in ready {
            let op = &self.goal.ops()[id];
            let cpu = self.cpu[rank][usize::from(op.cpu)];
            let (kind, time) = match op.kind {
                Kind::Send => (0, cpu.max(self.sends[rank][usize::from(op.nic)])),
                Kind::Recv => (1, cpu),
                Kind::Calc => (2, cpu),
            };
            self.create(time, kind, id);
        }
    }
}

fn matches(send: &Op, recv: &Op) -> bool {
    let tags = send.tag == recv.tag || send.tag == ANY || recv.tag == ANY;
    tags && (recv.peer == send.rank || recv.peer == ANY)
}
