//! What is sent is received, in order and in length.

use proptest::prelude::*;
use supernode_collectives::{Action, Algorithm, Collective, Inner, Tuning, fit_levels};

use crate::census::Census;

fn tuning(ranks: u32, slices: u32, inner: Inner) -> Tuning {
    let levels = fit_levels(ranks, &[(4, inner), (3, Inner::Ring), (5, inner)]);
    Tuning { slices, levels, ..Tuning::default() }
}

proptest! {
    #[test]
    fn sends_meet_receives(
        algorithm in prop::sample::select(Algorithm::ALL.to_vec()),
        collective in prop::sample::select(Collective::ALL.to_vec()),
        ranks in 1_u32..=65,
        slices in 1_u32..6,
        inner in prop::sample::select(vec![Inner::Ring, Inner::Direct, Inner::InSwitch]),
    ) {
        let tuning = tuning(ranks, slices, inner);
        if let Ok(schedule) = algorithm.schedule(collective, ranks, &tuning) {
            let census = Census::of(&*schedule);
            prop_assert_eq!(&census.sent, &census.received);
            prop_assert!(census.sent.keys().all(|(from, to, _)| from != to && *to < ranks));
        }
    }

    #[test]
    fn spans_stay_within_their_buffers(
        algorithm in prop::sample::select(Algorithm::ALL.to_vec()),
        collective in prop::sample::select(Collective::ALL.to_vec()),
        ranks in 1_u32..=40,
    ) {
        let Ok(schedule) = algorithm.schedule(collective, ranks, &tuning(ranks, 3, Inner::Direct))
        else {
            return Ok(());
        };
        let shape = schedule.shape();
        for rank in 0..ranks {
            for lane in 0..shape.lanes {
                for index in 0..schedule.steps(rank, lane) {
                    let action = schedule.step(rank, lane, index).action;
                    let spans = match action {
                        Action::Send { src, .. } => vec![src],
                        Action::Recv { dst, with, .. } => [Some(dst), with].into_iter().flatten().collect(),
                        Action::Forward { with, keep, .. } => [with, keep].into_iter().flatten().collect(),
                        Action::Exchange { src, dst, with, .. } => {
                            [Some(src), Some(dst), with].into_iter().flatten().collect()
                        }
                        Action::Copy { src, dst } | Action::Reduce { src, dst } => vec![src, dst],
                        _ => Vec::new(),
                    };
                    for span in spans {
                        let room = shape.chunks(span.buf);
                        let whole = span.around.is_some() || span.first + span.len <= room;
                        let mut chunks: Vec<u32> = span.chunks(room).collect();
                        prop_assert!(whole && chunks.iter().all(|chunk| *chunk < room), "{:?} in {:?}", span, shape);
                        chunks.sort_unstable();
                        chunks.dedup();
                        prop_assert_eq!(chunks.len(), span.len as usize, "{:?} in {:?}", span, shape);
                    }
                }
            }
        }
    }
}
