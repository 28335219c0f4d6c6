//! Known patterns of any size against closed forms and known answers of LogGOPSim.

use supernode_interop::goal::{Goal, GoalBuilder, Op};
use supernode_interop::loggops::{Parameters, simulate};

use crate::fixtures::parameters;

/// All-reduce by recursive doubling: in each round, ranks exchange everything with the one whose
/// number differs in one bit.
fn recursive_doubling(bits: u32, bytes: u64) -> Goal {
    let mut builder = GoalBuilder::new();
    for rank in 0..1_u32 << bits {
        builder.rank();
        let mut last = None;
        for bit in 0..bits {
            let peer = rank ^ (1 << bit);
            let send = builder.op(Op::send(bytes, peer).with_tag(bit)).unwrap();
            let recv = builder.op(Op::recv(bytes, peer).with_tag(bit)).unwrap();
            if let Some((sent, received)) = last.replace((send, recv)) {
                for op in [send, recv] {
                    builder.requires(op, sent).unwrap();
                    builder.requires(op, received).unwrap();
                }
            }
        }
    }
    builder.finish().unwrap()
}

/// Ring all-reduce: `2 (ranks - 1)` steps of a chunk each; a receive follows the one before.
fn ring(ranks: u32, chunk: u64) -> Goal {
    let mut builder = GoalBuilder::new();
    for rank in 0..ranks {
        builder.rank();
        let (right, left) = ((rank + 1) % ranks, (rank + ranks - 1) % ranks);
        let mut last = None;
        for step in 0..2 * (ranks - 1) {
            let send = builder.op(Op::send(chunk, right).with_tag(step)).unwrap();
            let recv = builder.op(Op::recv(chunk, left).with_tag(step)).unwrap();
            if let Some(received) = last.replace(recv) {
                builder.requires(send, received).unwrap();
                builder.requires(recv, received).unwrap();
            }
        }
    }
    builder.finish().unwrap()
}

/// Binomial broadcast from rank 0: the lowest bits first.
fn broadcast(ranks: u32) -> Goal {
    let mut builder = GoalBuilder::new();
    for rank in 0..ranks {
        builder.rank();
        let top = if rank == 0 { 0 } else { rank.ilog2() + 1 };
        let from = (rank > 0).then(|| builder.op(Op::recv(1, rank - (1 << (top - 1)))).unwrap());
        for child in (top..32).map(|bit| rank + (1 << bit)).take_while(|child| *child < ranks) {
            let send = builder.op(Op::send(1, child)).unwrap();
            if let Some(from) = from {
                builder.requires(send, from).unwrap();
            }
        }
    }
    builder.finish().unwrap()
}

fn max_ns(goal: &Goal, parameters: &Parameters) -> u64 {
    simulate(goal, parameters).unwrap().max_ns()
}

/// The four parameter sets of all known answers.
fn sets() -> [Parameters; 4] {
    [
        [2500, 1500, 1000, 6, 0, 65_535],
        [100, 30, 40, 2, 1, 10],
        [5000, 7, 3000, 1, 3, 1_000_000],
        [500, 200, 50, 1, 0, 0],
    ]
    .map(parameters)
}

/// What LogGOPSim prints for these patterns.
#[test]
fn patterns_finish_when_loggopsim_says() {
    type Case = (Goal, u64, [u64; 4]);
    let cases: [Case; 4] = [
        (recursive_doubling(7, 8), 2688, [38_794, 1_218, 35_245, 6_349]),
        (ring(16, 65_536), 1440, [11_961_300, 5_899_950, 11_796_720, 1_993_050]),
        (broadcast(16), 45, [22_000, 640, 20_056, 3_600]),
        (broadcast(32), 93, [27_500, 800, 25_070, 4_500]),
    ];
    for (goal, events, expected) in cases {
        for (parameters, expected) in sets().iter().zip(expected) {
            let outcome = simulate(&goal, parameters).unwrap();
            assert_eq!((outcome.max_ns(), outcome.events), (expected, events));
        }
    }
}

/// Known answers of LogGOPSim at 1 MiB and its default parameters.
#[test]
fn large_runs_finish_when_loggopsim_says() {
    let parameters = Parameters::default();
    assert_eq!(max_ns(&ring(64, (1 << 20) / 64), &parameters), 13_078_548);
    assert_eq!(max_ns(&ring(256, (1 << 20) / 256), &parameters), 15_335_700);
    assert_eq!(max_ns(&recursive_doubling(12, 1 << 20), &parameters), 75_563_400);
}

/// `T(m) = max(L, (m-1) O) + 2 o + b` with `b = (m-1) max(G, O)` for an exchange.
#[test]
fn closed_forms_hold() {
    for p in sets() {
        for bytes in [1_u64, 8, 1000, 65_536] {
            let rest = bytes - 1;
            let b = rest * p.gap_per_byte_ns.max(p.overhead_per_byte_ns);
            let step = p.latency_ns.max(rest * p.overhead_per_byte_ns) + 2 * p.overhead_ns + b;
            if bytes <= p.eager_bytes {
                let gap = p.gap_ns + rest * p.gap_per_byte_ns;
                assert_eq!(max_ns(&recursive_doubling(4, bytes), &p), 4 * step);
                assert_eq!(max_ns(&ring(9, bytes), &p), 15 * step.max(gap) + step);
            }
        }
    }
}

/// Everyone sends to rank 0 at once, which sends to everyone: of the first message each further one
/// waits for the processor or for the interface. Far more than could be put off one by one.
#[test]
fn messages_that_meet_wait_in_line() {
    let ranks = 50_000;
    let mut builder = GoalBuilder::new();
    for rank in 0..ranks {
        builder.rank();
        let peers = if rank == 0 { 1..ranks } else { 0..1 };
        for peer in peers {
            let tag = |back: bool| u32::from(back);
            builder.op(Op::recv(100, peer).with_tag(tag(rank != 0))).unwrap();
            builder.op(Op::send(100, peer).with_tag(tag(rank == 0))).unwrap();
        }
    }
    let goal = builder.finish().unwrap();
    let p = Parameters::default();
    // 2 x 49,999 times o + 99 G of arrivals and o of sends share the processor.
    let outcome = simulate(&goal, &p).unwrap();
    let messages = u64::from(ranks) - 1;
    let processor = messages * (2 * p.overhead_ns + 99 * p.gap_per_byte_ns);
    assert!((processor..processor + 10_000).contains(&outcome.finish_ns[0]), "{outcome:?}");
}
