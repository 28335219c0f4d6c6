//! Each class of error, by the smallest schedule that has it.

use supernode_collectives::prove::{Finding, Options, Proof, Stated, WaitsFor, prove};
use supernode_collectives::{Action, Buf, Dep, Group, Rank, Span, Step};

use super::program::Program;

const I: Span = Span::input(0, 1);
const O: Span = Span::output(0, 1);

fn send(to: Rank, src: Span) -> Action {
    Action::Send { to, src }
}

fn recv(from: Rank, dst: Span, with: Option<Span>) -> Action {
    Action::Recv { from, dst, with, more: false }
}

fn exchange(peer: Rank) -> Action {
    Action::Exchange { to: peer, src: I, from: peer, dst: O, with: Some(I) }
}

fn proved(program: &Program) -> Proof {
    prove(program, &Options::default()).expect("it is small")
}

#[track_caller]
fn finds(program: &Program, expected: &str) -> Vec<Finding> {
    let findings = proved(program).findings;
    let words: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(words.iter().any(|words| words.contains(expected)), "no `{expected}` in {words:#?}");
    findings
}

#[test]
fn nothing_is_wrong_with_an_exchange() {
    let proof = proved(&Program::single(1, vec![vec![exchange(1)], vec![exchange(0)]]));
    assert!(proof.holds(), "{:?}", proof.findings);
    assert_eq!((proof.least_depth, proof.cost.rounds), (Some(0), 1));
}

#[test]
fn missing_contribution() {
    let copy = Action::Copy { src: I, dst: O };
    let program = Program::single(1, vec![vec![copy], vec![copy]]);
    finds(
        &program,
        "output chunk 0 of rank 1 (written at lane 0 step 0) lacks the contributions of ranks 0",
    );
}

#[test]
fn double_contribution() {
    let again = Action::Reduce { src: I, dst: O };
    let program = Program::single(1, vec![vec![exchange(1), again], vec![exchange(0)]]);
    finds(
        &program,
        "has the contributions of ranks 0 more than once (added again at rank 0 lane 0 step 1)",
    );
}

#[test]
fn foreign_contribution() {
    let swapped = |peer| Action::Exchange {
        to: peer,
        src: Span::input(0, 2),
        from: peer,
        dst: Span::output(0, 2),
        with: Some(Span::input(0, 2)),
    };
    let wrong = Action::Copy { src: Span::output(0, 1), dst: Span::output(1, 1) };
    let program = Program::single(2, vec![vec![swapped(1), wrong], vec![swapped(0)]]);
    finds(&program, "has what belongs elsewhere: chunk 0 of rank 0, chunk 0 of rank 1");
}

#[test]
fn output_that_is_never_written() {
    let program = Program::single(1, vec![vec![send(1, I)], vec![recv(0, O, Some(I))]]);
    finds(&program, "output chunk 0 of rank 0 is never written");
}

#[test]
fn undefined_read() {
    let program = Program::single(1, vec![vec![send(1, O)], vec![recv(0, O, Some(I))]]);
    finds(
        &program,
        "rank 0 lane 0 step 0 reads output chunk 0 of rank 0, which nobody has written",
    );
}

#[test]
fn left_over_message() {
    let program = Program::single(1, vec![vec![exchange(1), send(1, I)], vec![exchange(0)]]);
    finds(&program, "1 messages to rank 1 are never taken, first that of rank 0 lane 0 step 1");
}

#[test]
fn message_of_the_wrong_length() {
    let program = Program::single(
        2,
        vec![vec![send(1, Span::input(0, 2))], vec![recv(0, Span::output(0, 1), None)]],
    );
    finds(
        &program,
        "rank 1 lane 0 step 0 takes a message of rank 0 lane 0 step 0: it has 2 chunks",
    );
}

#[test]
fn signal_in_the_place_of_data() {
    let program = Program::single(1, vec![vec![Action::Signal { to: 1 }], vec![recv(0, O, None)]]);
    finds(&program, "it has a signal, not 1 chunks");
}

#[test]
fn message_that_never_comes() {
    let program = Program::single(1, vec![vec![], vec![recv(0, O, Some(I))]]);
    let text = "rank 1 lane 0 step 0 waits for a message of rank 0, which has no steps left";
    finds(&program, text);
}

#[test]
fn cycle_of_receives() {
    let first = |peer| vec![recv(peer, O, Some(I)), send(peer, I)];
    let program = Program::single(1, vec![first(1), first(2), first(0)]);
    let findings = finds(&program, "never ends at any depth: 3 lanes wait");
    let Finding::Stuck(deadlock) = &findings[0] else { panic!("{findings:?}") };
    assert!(deadlock.closes);
    let waits: Vec<_> =
        deadlock.chain.iter().map(|blocked| (blocked.at.rank, blocked.on)).collect();
    let message = WaitsFor::Message;
    assert_eq!(waits, [(0, message(1)), (1, message(2)), (2, message(0))]);
}

#[test]
fn too_shallow_connections() {
    let first =
        |peer| vec![send(peer, I), send(peer, I), recv(peer, O, Some(I)), recv(peer, O, Some(I))];
    let proof = proved(&Program::single(1, vec![first(1), first(0)]));
    assert!(proof.holds(), "{:?}", proof.findings);
    assert_eq!(proof.least_depth, Some(2));
    let depths: Vec<u32> = proof.deadlocks.iter().map(|(depth, _)| *depth).collect();
    assert_eq!(depths, [0, 1]);
    assert!(
        proof.deadlocks[1].1.to_string().contains("rank 0 lane 0 step 1 waits for rank 1 to take")
    );
}

#[test]
fn deeper_than_any_connection() {
    let many = |peer| {
        let sends = std::iter::repeat_n(send(peer, I), 9);
        sends.chain(std::iter::repeat_n(recv(peer, O, Some(I)), 9)).collect()
    };
    finds(&Program::single(1, vec![many(1), many(0)]), "deadlock although connections hold 8");
}

/// Rank 0 and 1 exchange on lane 0 into scratch; lane 1 copies the sum to the output.
fn two_lanes(after: Option<Dep>) -> Program {
    let rank = |peer| {
        let s = Span::scratch(0, 1);
        let meet = Action::Exchange { to: peer, src: I, from: peer, dst: s, with: Some(I) };
        vec![
            vec![Step::new(meet)],
            vec![Step { after, ..Step::new(Action::Copy { src: s, dst: O }) }],
        ]
    };
    Program::all_reduce(1, 1, vec![rank(1), rank(0)])
}

#[test]
fn lanes_in_no_order_race() {
    assert!(proved(&two_lanes(Some(Dep { lane: 0, step: 0 }))).holds());
    let race = "race on scratch chunk 0 of rank 0";
    let findings = finds(&two_lanes(None), race);
    let named = findings.iter().any(|finding| match finding {
        Finding::Race { owner: 0, buf: Buf::Scratch, first, second, .. } => {
            first.writes != second.writes && first.at.lane != second.at.lane
        }
        _ => false,
    });
    assert!(named, "{findings:?}");
}

/// Rank 1 writes its input into the scratch of rank 0, which adds it up and puts the sum back.
fn puts(wait: bool) -> Program {
    let s = Span::scratch(0, 1);
    let from = |first| Action::Wait { from: Group { first, stride: 1, count: 1 } };
    let mut zero = vec![
        Action::Copy { src: I, dst: O },
        from(1),
        Action::Reduce { src: s, dst: O },
        Action::Put { to: 1, src: O, dst: O },
    ];
    if !wait {
        zero.swap(1, 2);
    }
    let one = vec![Action::Put { to: 0, src: I, dst: s }, from(0)];
    let lane = |actions: Vec<Action>| vec![actions.into_iter().map(Step::new).collect()];
    Program::all_reduce(1, 1, vec![lane(zero), lane(one)])
}

#[test]
fn remote_writes_race_with_reads_before_their_signal() {
    let proof = proved(&puts(true));
    assert!(proof.holds(), "{:?}", proof.findings);
    assert_eq!(proof.cost.rounds, 2);
    finds(&puts(false), "race on scratch chunk 0 of rank 0");
}

/// The answer of a switch is there for who names it in `after`, and for nobody else.
#[test]
fn answers_of_a_switch_are_awaited_by_name() {
    let group = Group { first: 0, stride: 1, count: 2 };
    let s = Span::scratch(0, 1);
    let program = |named: bool| {
        let ask = Step::new(Action::SwitchReduce { group, src: I, dst: s });
        let copy = Step::new(Action::Copy { src: s, dst: O });
        let rank = vec![vec![ask, if named { copy.after(0, 0) } else { copy }]];
        Program::all_reduce(1, 1, vec![rank.clone(), rank])
    };
    assert!(proved(&program(true)).holds());
    finds(&program(false), "a write that lands later by rank 0 lane 0 step 0");
}

#[test]
fn sums_in_different_orders_are_not_identical() {
    // Everyone adds its own first: the same sum, but not the same bits.
    let rank = |r: u32| {
        let (a, b) = ((r + 1) % 3, (r + 2) % 3);
        vec![send(a, I), send(b, I), recv(a, O, Some(I)), recv(b, O, Some(O))]
    };
    let mut program = Program::single(1, (0..3).map(rank).collect());
    finds(&program, "output chunk 0 is added in different orders on ranks 0 and 1");
    program.shape.bit_identical = false;
    let proof = proved(&program);
    assert!(proof.holds() && !proof.summation.bit_identical);
}

#[test]
fn steps_that_make_no_sense() {
    let alone = |action: Action| Program::single(1, vec![vec![action], vec![]]);
    finds(&alone(send(7, I)), "rank 0 lane 0 step 0: rank 7 does not exist among 2");
    finds(&alone(send(0, I)), "it talks to its own rank");
    finds(&alone(send(1, Span::input(1, 1))), "input chunks 1 + 1 do not exist: there are 1");
    finds(&alone(Action::Copy { src: O, dst: I }), "it writes to the input");
    finds(&alone(Action::Copy { src: Span::output(0, 0), dst: O }), "0 chunks do not fit into 1");
    finds(
        &alone(Action::Forward { from: 1, to: 1, with: None, keep: None }),
        "it neither keeps nor adds",
    );
    let group = Group { first: 0, stride: 0, count: 2 };
    finds(&alone(Action::Wait { from: group }), "no group of 2 ranks from 0 by 0 exists among 2");
    finds(
        &alone(Action::Recv { from: 1, dst: O, with: None, more: true }),
        "the lane ends within receives that are awaited together",
    );
    let mut program = alone(send(1, I));
    program.lanes[0][0] = program.lanes[0][0].after(1, 0);
    finds(&program, "it waits for lane 1 step 0: none");
    program.shape.output_chunks = 2;
    finds(&program, "cannot have 1 input and 2 output chunks");
}

#[test]
fn costs_that_contradict_the_formula() {
    let proof = proved(&Program::single(1, vec![vec![exchange(1)], vec![exchange(0)]]));
    let right = Stated { rounds: Some(1), sent: Some((2, 2)) };
    assert_eq!(right.contradictions(&proof), []);
    let wrong = Stated { rounds: Some(2), sent: Some((1, 2)) };
    let words: Vec<String> = wrong.contradictions(&proof).iter().map(Finding::to_string).collect();
    assert_eq!(
        words,
        [
            "rounds: counted 1, but the closed formula says 2",
            "most sent by a rank: counted 1/1 of the vector, but the closed formula says 1/2",
        ]
    );
}

/// A proof of nothing is an error, not a panic.
#[test]
fn no_ranks_and_no_lanes() {
    let mut program = Program::single(1, vec![vec![], vec![]]);
    program.shape.lanes = 0;
    finds(&program, "2 ranks, 0 lanes and 1 chunks: none may be zero");
    program.shape.ranks = 0;
    finds(&program, "0 ranks");
    assert_eq!(supernode_collectives::prove::memory_needed(&program).1, 0);
}
