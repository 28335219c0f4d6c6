//! Ranks in a row that pass messages on, against one message after the other.

use proptest::prelude::*;
use supernode_kernels::{Relay, Times, relay_ahead, relay_one, relay_rest};

/// One message of a rank: `head` is that of what it takes; gives that of what it sends.
fn one(rank: &mut Relay<1>, stay: i64, head: i64) -> i64 {
    let Relay { ready: [ready], tx: [tx], rx: [rx], .. } = rank;
    let (sent, served) = ((*ready).max(*tx), head.max(*rx));
    *tx = sent + rank.busy[0];
    *rx = served + rank.busy_in[0];
    *ready = (served + rank.through[0]).max(*ready + stay);
    sent + rank.latency[0]
}

fn lane<const N: usize>(rank: &Relay<N>, at: usize) -> Relay<1> {
    let of = |times: Times<N>| [times[at]];
    Relay {
        ready: of(rank.ready),
        tx: of(rank.tx),
        rx: of(rank.rx),
        latency: of(rank.latency),
        busy: of(rank.busy),
        busy_in: of(rank.busy_in),
        through: of(rank.through),
    }
}

fn ranks<const N: usize>(count: usize) -> impl Strategy<Value = Vec<Relay<N>>> {
    let times = || prop::array::uniform(0_i64..1 << 40);
    let rank = (times(), times(), times(), times(), times(), times(), times());
    let rank = rank.prop_map(|(ready, tx, rx, latency, busy, busy_in, through)| Relay {
        ready,
        tx,
        rx,
        latency,
        busy,
        busy_in,
        through,
    });
    prop::collection::vec(rank, count)
}

/// Takes lines of ranks ahead and then the rest, and each line by itself.
fn equal<const N: usize>(mut all: Vec<Relay<N>>, stay: i64, heads: &[Times<N>]) {
    let mut lines: Vec<Vec<Relay<1>>> =
        (0..N).map(|at| all.iter().map(|rank| lane(rank, at)).collect()).collect();
    let mut sent = vec![[0; N]; heads.len()];
    relay_ahead(&mut all, stay, &mut sent);
    relay_rest(&mut all, stay, &mut heads.to_vec());
    for (at, line) in lines.iter_mut().enumerate() {
        let mut passed: Vec<Times<1>> = heads.iter().map(|head| [head[at]]).collect();
        for (place, rank) in line.iter_mut().enumerate() {
            let mut again = *rank;
            let mut by_one = passed.clone();
            for [head] in &mut passed {
                *head = one(rank, stay, *head);
            }
            relay_one(&mut again, stay, &mut by_one);
            assert_eq!((again, &by_one), (*rank, &passed));
            assert_eq!(lane(&all[place], at), *rank);
        }
        // What the last one sends is known without the first heads: it does not hear of them.
        assert!(passed.iter().zip(&sent).all(|(passed, sent)| passed[0] == sent[at]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn steps_in_a_row_equal_single_messages(
        eight in (3_usize..40).prop_flat_map(ranks::<8>),
        three in (3_usize..40).prop_flat_map(ranks::<3>),
        heads in prop::collection::vec(prop::array::uniform::<_, 8>(0_i64..1 << 40), 1..60),
        stay in 0_i64..1 << 40,
    ) {
        let steps = heads.len().min(eight.len() - 1);
        equal(eight, stay, &heads[..steps]);
        let heads: Vec<Times<3>> = heads.iter().map(|head| [head[0], head[1], head[7]]).collect();
        let steps = heads.len().min(three.len() - 1);
        equal(three, stay, &heads[..steps]);
    }
}
