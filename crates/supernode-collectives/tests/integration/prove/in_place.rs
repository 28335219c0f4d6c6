//! In place: input and output overlap as NCCL's and MPI's calls have it.

use supernode_collectives::prove::{Options, prove};
use supernode_collectives::{Action, Schedule};
use supernode_collectives::{Algorithm, Collective, Inner, Span, Tuning, fit_levels};

use super::{plain, program::Program};

fn in_place() -> Options {
    Options { in_place: true, ..Options::default() }
}

fn schedule(algorithm: Algorithm, what: Collective, ranks: u32) -> Option<Box<dyn Schedule>> {
    let levels = fit_levels(ranks, &[(4, Inner::Direct), (3, Inner::Ring)]);
    let tuning = Tuning { slices: 3, levels, ..Tuning::default() };
    algorithm.schedule(what, ranks, &tuning).ok()
}

/// Every algorithm runs in place but those that overwrite what they have yet to send or add; what is proved
/// comes out right on numbers, and what is refused comes out wrong there, or needs a race to.
#[test]
fn every_algorithm_in_place() {
    for (algorithm, collective) in
        Algorithm::ALL.into_iter().flat_map(|a| Collective::ALL.map(|c| (a, c)))
    {
        for ranks in 1..=24 {
            let Some(schedule) = schedule(algorithm, collective, ranks) else { continue };
            let proof = prove(&*schedule, &in_place()).unwrap();
            let case = format!("{algorithm} {collective} {ranks}: {:?}", proof.findings);
            let safe = match algorithm {
                // Whole inputs are added to what came first, in rank order.
                Algorithm::OneShot => collective != Collective::AllReduce || ranks == 1,
                // The next block is sent after the last has come.
                Algorithm::Pairwise => collective != Collective::AllToAll || ranks <= 2,
                // A put does not wait until its target has sent.
                Algorithm::OneSided => ranks == 1,
                // Two roots alone add to what they have yet to send.
                Algorithm::DualRoot => ranks != 2,
                // The own contribution is added in every round with a bit to add.
                Algorithm::Census => ranks <= 2 || (ranks - 1).is_power_of_two(),
                // Rounds take turns between scratch and output; the first must not be the output's.
                Algorithm::RecursiveMultiplying => ranks == 1 || ranks.ilog2().is_multiple_of(2),
                _ => true,
            };
            assert_eq!(proof.holds(), safe, "{case}");
            let numbers = plain::run(&Program::of(&*schedule), true);
            if proof.holds() {
                assert_eq!(numbers, Ok(()), "{case}");
            } else if algorithm != Algorithm::OneSided {
                assert!(numbers.is_err(), "{case}");
            }
        }
    }
}

/// A copy to the output before the input is sent: right in two buffers, wrong in one.
#[test]
fn what_is_overwritten_is_found() {
    let meet = |peer| {
        vec![
            Action::Recv { from: peer, dst: Span::output(0, 1), with: None, more: false },
            Action::Send { to: peer, src: Span::output(0, 1) },
            Action::Reduce { src: Span::input(0, 1), dst: Span::output(0, 1) },
        ]
    };
    let first = vec![
        Action::Send { to: 1, src: Span::input(0, 1) },
        Action::Recv { from: 1, dst: Span::output(0, 1), with: None, more: false },
    ];
    // Rank 1 gives rank 0 its own input back instead of the sum.
    let wrong = Program::single(1, vec![first.clone(), meet(0)]);
    assert!(!prove(&wrong, &Options::default()).unwrap().holds());
    let right = Program::single(
        1,
        vec![
            first,
            vec![
                Action::Recv { from: 0, dst: Span::output(0, 1), with: None, more: false },
                Action::Reduce { src: Span::input(0, 1), dst: Span::output(0, 1) },
                Action::Send { to: 0, src: Span::output(0, 1) },
            ],
        ],
    );
    assert!(prove(&right, &Options::default()).unwrap().holds());
    let proof = prove(&right, &in_place()).unwrap();
    let said: Vec<String> = proof.findings.iter().map(ToString::to_string).collect();
    assert!(
        said.iter().any(|said| said.contains("lacks the contributions of ranks 1")),
        "{said:?}"
    );
    assert!(plain::run(&right, true).is_err() && plain::run(&right, false).is_ok());
}
