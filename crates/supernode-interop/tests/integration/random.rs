//! Random schedules: the fast engine against the plain one, and text there and back.

use proptest::prelude::*;
use supernode_interop::goal::{ANY, Goal, GoalBuilder, Kind, Op, parse};
use supernode_interop::loggops::{LoggopsError, Parameters, simulate};

use crate::plain;

/// What an operation is made from: its kind, and numbers that are cut to what fits.
type Draft = (u8, u32, u32, u64, u8, u8, Vec<(u8, bool)>);

/// An operation, and which before it it waits for.
type Row<'a> = (Op, &'a [(u8, bool)]);

/// A schedule where most sends have their receive; some match anything, and some do not match.
fn goals() -> impl Strategy<Value = Goal> {
    let draft = (
        0_u8..12,
        any::<u32>(),
        any::<u32>(),
        prop_oneof![1_u64..12, Just(100), Just(5000)],
        0_u8..3,
        0_u8..2,
        prop::collection::vec((0_u8..4, any::<bool>()), 0..3),
    );
    (1_u32..7, prop::collection::vec(draft, 0..60), any::<bool>())
        .prop_map(|(ranks, drafts, plain)| build(ranks, &drafts, plain))
}

fn build(ranks: u32, drafts: &[Draft], plain: bool) -> Goal {
    let mut rows: Vec<Vec<Row<'_>>> = vec![Vec::new(); ranks as usize];
    for (what, from, to, size, cpu, nic, after) in drafts {
        let (from, to, tag) = (from % ranks, to % ranks, from / ranks % 3);
        let (cpu, nic) = if plain { (0, 0) } else { (*cpu, *nic) };
        let op = Op { size: *size, rank: 0, peer: to, tag, kind: Kind::Send, cpu, nic };
        let recv = match what {
            0 => Op { peer: ANY, ..op },
            1 => Op { peer: from, tag: ANY, ..op },
            2 => Op { peer: from, size: size % 9 * 700 + 1, ..op },
            _ => Op { peer: from, ..op },
        };
        let recv = Op { kind: Kind::Recv, ..recv };
        let mut add = |rank: u32, op: Op| rows[rank as usize].push((op, after));
        if *what < 11 {
            add(from, op);
            add(to, recv);
        }
        if *what > 7 {
            add(to, Op { cpu, ..Op::calc(*size) });
        }
    }
    let mut builder = GoalBuilder::new();
    for row in rows {
        builder.rank();
        let mut ids = Vec::new();
        for (op, after) in row {
            let id = builder.op(op).unwrap();
            for (back, start) in after {
                let Some(before) = ids.len().checked_sub(usize::from(*back) + 1) else { continue };
                if *start {
                    builder.irequires(id, ids[before]).unwrap();
                } else {
                    builder.requires(id, ids[before]).unwrap();
                }
            }
            ids.push(id);
        }
    }
    builder.finish().unwrap()
}

proptest! {
    #[test]
    fn equals_the_plain_engine(
        goal in goals(),
        latency_ns in prop_oneof![Just(0), Just(2500), 0_u64..50],
        overhead_ns in prop_oneof![Just(0), Just(1500), 0_u64..50],
        gap_ns in prop_oneof![Just(0), Just(1000), 0_u64..50],
        gap_per_byte_ns in 0_u64..4,
        overhead_per_byte_ns in 0_u64..4,
        eager_bytes in prop_oneof![Just(8), Just(0), Just(1_000_000)],
    ) {
        let parameters = Parameters {
            latency_ns, overhead_ns, gap_ns, gap_per_byte_ns, overhead_per_byte_ns, eager_bytes,
        };
        let (finish, left) = plain::simulate(&goal, &parameters);
        let finish: Vec<u64> = finish.into_iter().map(i64::cast_unsigned).collect();
        match simulate(&goal, &parameters) {
            Ok(outcome) => {
                prop_assert!(!left);
                prop_assert_eq!(outcome.finish_ns, finish);
                prop_assert_eq!(outcome.events, goal.ops().len() as u64 + goal.messages());
            }
            Err(LoggopsError::Stuck(stuck)) => {
                prop_assert_eq!(&stuck.finish_ns, &finish);
                prop_assert!(!stuck.blocked.is_empty());
                prop_assert!(!stuck.to_string().is_empty());
            }
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        }
    }

    #[test]
    fn text_reads_back_as_the_same_schedule(goal in goals()) {
        let text = goal.to_string();
        let back = parse(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&back, &goal);
        prop_assert_eq!(back.to_string(), text);
    }
}
