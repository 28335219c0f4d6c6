//! Finish times of files, row by row.

use std::path::Path;

use supernode_interop::goal::{Goal, from_bytes};
use supernode_interop::loggops::{LoggopsError, Parameters, Why, simulate};

pub(crate) fn read(name: &str) -> Goal {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    from_bytes(&std::fs::read(path).unwrap()).unwrap()
}

pub(crate) fn parameters(numbers: [u64; 6]) -> Parameters {
    let [latency_ns, overhead_ns, gap_ns, gap_per_byte_ns, overhead_per_byte_ns, eager_bytes] =
        numbers;
    Parameters {
        latency_ns,
        overhead_ns,
        gap_ns,
        gap_per_byte_ns,
        overhead_per_byte_ns,
        eager_bytes,
    }
}

#[test]
fn files_finish_when_loggopsim_says() {
    let mut rows = 0;
    for line in include_str!("../fixtures/expected.tsv").lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let number = |at: usize| fields[at].parse::<u64>().unwrap();
        let goal = read(fields[0]);
        let parameters = parameters([1, 2, 3, 4, 5, 6].map(number));
        let finish: Vec<u64> = fields[9].split(' ').map(|ns| ns.parse().unwrap()).collect();
        match (simulate(&goal, &parameters), fields[8]) {
            (Ok(outcome), "ok") => {
                assert_eq!(outcome.finish_ns, finish, "{line}");
                assert_eq!(outcome.events, number(7), "{line}");
                assert_eq!(outcome.max_ns(), finish.into_iter().max().unwrap());
            }
            (Err(LoggopsError::Stuck(stuck)), "stops") => assert_eq!(stuck.finish_ns, finish),
            (other, _) => panic!("{line}: {other:?}"),
        }
        rows += 1;
    }
    assert_eq!(rows, 36);
}

#[test]
fn what_never_ran_is_named_with_its_reason() {
    let goal = read("stops_4.goal");
    let Err(LoggopsError::Stuck(stuck)) = simulate(&goal, &Parameters::default()) else {
        panic!("it stops")
    };
    assert_eq!((stuck.never_ran(), stuck.not_received()), (105, 7));
    let first = &stuck.blocked[0];
    assert_eq!(
        first.to_string(),
        "rank 0, operation 30 (recv 1b from 3 tag 1000003) got no message"
    );
    let waits = stuck.blocked.iter().find(|blocked| matches!(blocked.why, Why::Waits(_))).unwrap();
    assert!(waits.to_string().ends_with("waits for operation 30"), "{waits}");

    // With rendezvous, every first send waits for a receive that comes after it.
    let rendezvous = Parameters { eager_bytes: 0, ..Parameters::default() };
    let Err(LoggopsError::Stuck(stuck)) = simulate(&goal, &rendezvous) else { panic!("it stops") };
    assert_eq!(stuck.blocked[0].why, Why::NoReceive);
    assert_eq!(stuck.not_received(), 0);
}
