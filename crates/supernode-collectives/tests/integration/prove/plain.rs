//! A plain interpreter on numbers, to hold proofs against; it shares no code with them.

use std::collections::{BTreeMap, VecDeque};

use supernode_collectives::{Action, Buf, Collective, Rank, Shape, Span};

use super::program::Program;

/// Contributions of which no small sum is another: scattered over 100 bits.
fn input(shape: &Shape, rank: Rank, chunk: u32) -> u128 {
    let index = u128::from(rank * shape.input_chunks + chunk) + 1;
    let scattered = index.wrapping_mul(0x2545_f491_4f6c_dd1d_9e37_79b9_7f4a_7c15);
    (scattered ^ (scattered >> 67)).wrapping_mul(0x9e6c_63d0_876a_3f6b_b492_b66f_be98_f273) >> 28
}

/// The output chunk of `rank` that lies where a chunk of its input does, if one does, in place.
fn over(shape: &Shape, rank: Rank, chunk: u32) -> Option<u32> {
    match shape.collective {
        Collective::AllGather | Collective::Gather { .. } => {
            Some(rank * shape.input_chunks + chunk)
        }
        Collective::ReduceScatter | Collective::Scatter { .. } => {
            let own = chunk.checked_sub(rank * shape.output_chunks)?;
            (own < shape.output_chunks).then_some(own)
        }
        _ => Some(chunk),
    }
}

/// Buffers and wires while a program runs.
struct World<'a> {
    program: &'a Program,
    in_place: bool,
    memory: BTreeMap<(Rank, bool, u32), u128>,
    wires: BTreeMap<(Rank, Rank, u32), VecDeque<Vec<u128>>>,
}

impl World<'_> {
    fn read(&self, rank: Rank, span: Span) -> Vec<u128> {
        let chunk = |chunk: u32| match span.buf {
            Buf::Input => {
                let shape = &self.program.shape;
                let over = over(shape, rank, chunk).filter(|_| self.in_place);
                let written = over.and_then(|over| self.memory.get(&(rank, true, over)));
                written.copied().unwrap_or_else(|| input(shape, rank, chunk))
            }
            buf => *self.memory.get(&(rank, buf == Buf::Output, chunk)).unwrap_or(&0),
        };
        span.chunks(self.program.shape.chunks(span.buf)).map(chunk).collect()
    }

    fn write(&mut self, rank: Rank, span: Span, data: Vec<u128>) {
        let room = self.program.shape.chunks(span.buf);
        for (chunk, value) in span.chunks(room).zip(data) {
            self.memory.insert((rank, span.buf == Buf::Output, chunk), value);
        }
    }

    fn take(&mut self, from: Rank, to: Rank, lane: u32) -> Option<Vec<u128>> {
        self.wires.get_mut(&(from, to, lane))?.pop_front()
    }

    fn send(&mut self, from: Rank, to: Rank, lane: u32, data: Vec<u128>) {
        self.wires.entry((from, to, lane)).or_default().push_back(data);
    }

    fn plus(&self, rank: Rank, data: Vec<u128>, with: Option<Span>) -> Vec<u128> {
        let Some(with) = with else { return data };
        data.into_iter().zip(self.read(rank, with)).map(|(a, b)| a + b).collect()
    }

    /// `Some(true)` if the step was taken, `None` if this interpreter does not know it.
    fn step(&mut self, (rank, lane): (Rank, u32), action: Action, sent: &mut bool) -> Option<bool> {
        match action {
            Action::Send { to, src } => self.send(rank, to, lane, self.read(rank, src)),
            Action::Recv { from, dst, with, .. } => {
                let Some(data) = self.take(from, rank, lane) else { return Some(false) };
                self.write(rank, dst, self.plus(rank, data, with));
            }
            Action::Forward { from, to, with, keep } => {
                let Some(data) = self.take(from, rank, lane) else { return Some(false) };
                let data = self.plus(rank, data, with);
                if let Some(keep) = keep {
                    self.write(rank, keep, data.clone());
                }
                self.send(rank, to, lane, data);
            }
            Action::Exchange { to, src, from, dst, with } => {
                if !std::mem::replace(sent, true) {
                    self.send(rank, to, lane, self.read(rank, src));
                }
                let Some(data) = self.take(from, rank, lane) else { return Some(false) };
                self.write(rank, dst, self.plus(rank, data, with));
                *sent = false;
            }
            Action::Copy { src, dst } => self.write(rank, dst, self.read(rank, src)),
            Action::Reduce { src, dst } => {
                self.write(rank, dst, self.plus(rank, self.read(rank, src), Some(dst)));
            }
            _ => return None,
        }
        Some(true)
    }
}

/// Runs a program, with wires of any length; an error if an output is wrong. One-sided steps and
/// those of a switch are not run. In place, what is written to the output is what the input reads.
pub(super) fn run(program: &Program, in_place: bool) -> Result<(), String> {
    let shape = program.shape;
    let mut world = World { program, in_place, memory: BTreeMap::new(), wires: BTreeMap::new() };
    let mut next = vec![0_usize; program.lanes.len()];
    let mut sent = vec![false; program.lanes.len()];
    loop {
        let mut moved = false;
        for at in 0..program.lanes.len() {
            let (rank, lane) = (at as u32 / shape.lanes, at as u32 % shape.lanes);
            let Some(step) = program.lanes[at].get(next[at]) else { continue };
            let first = (rank * shape.lanes) as usize;
            let waits = |dep: supernode_collectives::Dep| {
                next[first + dep.lane as usize] <= dep.step as usize
            };
            if step.after.is_some_and(waits) {
                continue;
            }
            let had_sent = sent[at];
            match world.step((rank, lane), step.action, &mut sent[at]) {
                Some(taken) => {
                    next[at] += usize::from(taken);
                    moved |= taken || sent[at] != had_sent;
                }
                None => return Ok(()),
            }
        }
        if !moved {
            break;
        }
    }
    for (rank, chunk) in
        (0..shape.ranks).flat_map(|r| (0..shape.output_chunks).map(move |c| (r, c)))
    {
        let all = |chunk| (0..shape.ranks).map(|rank| input(&shape, rank, chunk)).sum();
        let block = shape.output_chunks / shape.ranks;
        let expected: u128 = match shape.collective {
            Collective::AllReduce => all(chunk),
            Collective::Reduce { root } if root == rank => all(chunk),
            Collective::ReduceScatter => all(rank * shape.output_chunks + chunk),
            Collective::AllGather => {
                input(&shape, chunk / shape.input_chunks, chunk % shape.input_chunks)
            }
            Collective::Gather { root } if root == rank => {
                input(&shape, chunk / shape.input_chunks, chunk % shape.input_chunks)
            }
            Collective::Broadcast { root } => input(&shape, root, chunk),
            Collective::Scatter { root } => input(&shape, root, rank * shape.output_chunks + chunk),
            Collective::AllToAll => input(&shape, chunk / block, rank * block + chunk % block),
            Collective::SendRecv => input(&shape, (rank + shape.ranks - 1) % shape.ranks, chunk),
            Collective::Reduce { .. } | Collective::Gather { .. } | Collective::Barrier => continue,
        };
        if world.memory.get(&(rank, true, chunk)) != Some(&expected) {
            return Err(format!("rank {rank} chunk {chunk} is wrong, but was proved"));
        }
    }
    Ok(())
}
