//! A schedule for a million ranks is a function.

use supernode_collectives::{Action, Algorithm, Collective, Inner, LevelPlan, Tuning, fit_levels};

const MILLION: u32 = 1 << 20;

#[test]
fn a_million_ranks_cost_nothing_until_asked() {
    let level = |size| LevelPlan { size, inner: Inner::Ring };
    let tuning =
        Tuning { slices: 8, levels: vec![level(64), level(128), level(128)], ..Tuning::default() };
    let halves = Tuning { slices: 8, levels: vec![level(MILLION / 2); 2], ..Tuning::default() };
    let square = Tuning { slices: 8, levels: vec![level(1024), level(1024)], ..Tuning::default() };
    for algorithm in Algorithm::ALL {
        let tuning = match algorithm {
            Algorithm::MeshRings | Algorithm::TorusRings | Algorithm::HcclPipeline => &square,
            Algorithm::UnequalGroups => &halves,
            // A million links at every rank: more chunks than are counted.
            Algorithm::FullMeshRings => continue,
            _ => &tuning,
        };
        let of = |collective| algorithm.schedule(collective, MILLION, tuning);
        let schedule =
            Collective::ALL.into_iter().find_map(|c| of(c).ok()).expect("it does something");
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

/// What a schedule says of its messages is no less than what its steps say.
#[test]
fn messages_under_way_are_known_without_reading_the_steps() {
    use supernode_collectives::{Rank, Schedule, Shape, Step};

    /// The schedule of one rank, that does not say it itself.
    #[derive(Debug)]
    struct Plain<'a>(&'a dyn Schedule, Rank);

    impl Schedule for Plain<'_> {
        fn shape(&self) -> Shape {
            Shape { ranks: 1, ..self.0.shape() }
        }
        fn steps(&self, _rank: Rank, lane: u32) -> u32 {
            self.0.steps(self.1, lane)
        }
        fn step(&self, _rank: Rank, lane: u32, index: u32) -> Step {
            self.0.step(self.1, lane, index)
        }
    }

    for collective in Collective::ALL {
        for algorithm in Algorithm::ALL {
            for ranks in [1, 2, 3, 8, 13, 24] {
                let levels = fit_levels(ranks, &[(4, Inner::Direct), (6, Inner::InSwitch)]);
                let tuning = Tuning { slices: 3, levels, ..Tuning::default() };
                let Ok(schedule) = algorithm.schedule(collective, ranks, &tuning) else { continue };
                let said = schedule.in_flight();
                let each = (0..ranks).map(|rank| Plain(&*schedule, rank).in_flight());
                // What one rank sends alone, a root or one that is spared, counts for all.
                let alone = collective.root().is_some() || algorithm == Algorithm::StragglerAware;
                let read = if alone {
                    each.sum::<u64>().div_ceil(u64::from(ranks))
                } else {
                    each.max().unwrap_or(0)
                };
                // Requests to a switch are limited by dependencies, which steps alone do not show.
                let limited = algorithm == Algorithm::InSwitch;
                assert!(said >= read || limited, "{algorithm} {ranks}: {said} of {read}");
                assert!(said <= 2 * read + 2, "{algorithm} {ranks}: {said} of {read}");
            }
        }
    }
}
