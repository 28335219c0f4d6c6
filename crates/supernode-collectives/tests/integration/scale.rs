//! A schedule for a million ranks is a function.

use supernode_collectives::{Action, Algorithm, Collective, Inner, LevelPlan, Tuning};

const MILLION: u32 = 1 << 20;

#[test]
fn a_million_ranks_cost_nothing_until_asked() {
    let level = |size| LevelPlan { size, inner: Inner::Ring };
    let tuning = Tuning { slices: 8, levels: vec![level(64), level(128), level(128)] };
    for algorithm in Algorithm::ALL {
        let schedule = algorithm.schedule(Collective::AllReduce, MILLION, &tuning).unwrap();
        let shape = schedule.shape();
        assert_eq!(shape.ranks, MILLION);
        // The object itself holds a few numbers, at most a list of levels.
        assert!(size_of_val(&*schedule) <= 128, "{algorithm}: {}", size_of_val(&*schedule));
        for rank in [0, 1, 77_777, MILLION - 1] {
            for lane in 0..shape.lanes {
                let steps = schedule.steps(rank, lane);
                for index in [0, steps / 2, steps.saturating_sub(1)] {
                    if index < steps
                        && let Action::Send { to, .. } = schedule.step(rank, lane, index).action
                    {
                        assert!(to < MILLION && to != rank, "{algorithm}");
                    }
                }
            }
        }
    }
}

#[test]
fn depth_grows_as_the_algorithms_promise() {
    let steps = |algorithm: Algorithm, ranks| {
        algorithm.schedule(Collective::AllReduce, ranks, &Tuning::default()).unwrap().steps(3, 0)
    };
    assert_eq!(
        steps(Algorithm::RecursiveDoubling, MILLION),
        steps(Algorithm::RecursiveDoubling, 8) + 17
    );
    assert!(steps(Algorithm::Ring, MILLION) >= 2 * (MILLION - 1));
}
