//! What the reader takes, what it refuses and how it says so.

use proptest::prelude::*;
use supernode_interop::goal::{ANY, GoalError, Kind, from_bytes, parse};
use supernode_interop::loggops::{LoggopsError, Parameters, simulate};

/// The text of one rank among two, and what is said about it.
fn refused(statements: &str, message: &str) {
    let text = format!("num_ranks 2\nrank 0 {{\n{statements}\n}}\nrank 1 {{\n}}\n");
    assert_eq!(parse(&text).unwrap_err().to_string(), message, "{statements}");
}

#[test]
fn everything_of_the_grammar_is_read() {
    let text = "  \r\n// a comment before\nnum_ranks\t3\r\n\nrank 0{\r\n\
        a_1: send 8b to 1 tag -1 cpu 255 nic 3\n send 18446744073709551615 b to 0\n\
        /* two\n lines */ x: recv 1b from -1 tag 4294967294 nic 2 \n\
        // a comment\n\n x: calc 7 cpu 2\nx irequires a_1\na_1\trequires x\n}\n\n\
        rank 1 {\n}\nrank 2 {\nl: calc 0\n}\n\n";
    let goal = parse(text).unwrap();
    assert_eq!((goal.ranks(), goal.ops().len(), goal.dependencies()), (3, 5, 2));
    assert_eq!((goal.range(0), goal.range(1), goal.range(2)), (0..4, 4..4, 4..5));
    let [send, large, recv, calc, last] = goal.ops() else { panic!("five operations") };
    assert_eq!((send.kind, send.peer, send.tag, send.cpu, send.nic), (Kind::Send, 1, ANY, 255, 3));
    assert_eq!((large.size, large.peer, large.tag), (u64::MAX, 0, 0));
    assert_eq!((recv.peer, recv.tag, recv.cpu, recv.nic), (ANY, 4_294_967_294, 0, 2));
    assert_eq!((calc.kind, calc.size, calc.cpu), (Kind::Calc, 7, 2));
    assert_eq!(last.rank, 2);
    // `x` is the receive, which came first.
    assert_eq!((goal.after_start(0), goal.after_end(2)), (&[2][..], &[0][..]));
    assert!(!goal.is_unclosed());
}

#[test]
fn a_missing_last_brace_is_taken_and_told() {
    let goal = parse("num_ranks 1\nrank 0 {\nl: calc 1").unwrap();
    assert!(goal.is_unclosed());
    assert_eq!(goal.ops().len(), 1);
}

#[test]
fn errors_say_where_and_what_to_do() {
    refused("a: send 8b to 2", "line 3, column 15: there is no rank 2; the last is 1");
    refused(
        "a: send 8 to 1",
        "line 3, column 11: `to` stands where `b` belongs; write it like `send 8b to 1`",
    );
    refused(
        "é: calc 1",
        "line 3, column 1: `é:` stands where a statement belongs; write it like `l1: send 8b to 1 \
         tag 0`, `l2: recv 8b from 1`, `l3: calc 100`, `l3 requires l2`, or close the rank with `}`",
    );
    refused(
        "a: calc 1 // fast",
        "line 3, column 11: a comment after an operation; give it a line of its own",
    );
    refused(
        "a: calc 1.5",
        "line 3, column 9: the nanoseconds has a fraction; GOAL takes whole numbers only",
    );
    refused(
        "a: calc 1 nic 0",
        "line 3, column 11: `nic` stands after an operation, where the line ends (options go: tag, \
         cpu, nic)",
    );
    refused(
        "a: calc 1\na requires b",
        "line 4, column 12: `b` is no label of an operation above in this rank; define it before its \
         use",
    );
    refused("a: calc 1 cpu 256", "line 3, column 15: the cpu is too large; the most is 255");
    refused(
        "a: send 18446744073709551616b to 1",
        "line 3, column 9: the size is too large; the most is 18446744073709551615",
    );
    refused("a: recv 1b from -2", "line 3, column 17: the rank is negative; only -1 is, for any");
    refused("/* a", "line 3, column 1: this comment never ends; close it with `*/`");

    let file = |text: &str| parse(text).unwrap_err().to_string();
    assert_eq!(
        file("rank 0 {"),
        "line 1, column 1: `rank` stands where GOAL starts with `num_ranks`, such as `num_ranks 8`"
    );
    assert_eq!(
        file("num_ranks 4000000000\nrank 0 {\n}\n"),
        "line 4, column 1: the file ends where `rank 1 {` belongs (ranks go up to 3999999999)"
    );
    assert_eq!(
        file("num_ranks 2\nrank 1 {\n}\n"),
        "line 2, column 5: rank 0 comes next; give all ranks in order"
    );
    assert_eq!(
        file("num_ranks 1\nrank 0 {\n}\nrank 1 {\n}\n"),
        "line 4, column 1: `rank` stands after the last of 1 ranks; correct `num_ranks`"
    );
    assert_eq!(file("num_ranks 0\n"), "line 1, column 10: there are no ranks; use 1 or more");
}

#[test]
fn binary_files_are_refused_by_name() {
    for magic in [4223_u64, 2342] {
        let mut bytes = magic.to_le_bytes().to_vec();
        bytes.extend([0xff, 0xfe, 1, 2]);
        assert_eq!(from_bytes(&bytes), Err(GoalError::Binary));
    }
    assert_eq!(from_bytes(b"num_ranks \xff"), Err(GoalError::NotText { at: 10 }));
}

#[test]
fn zero_bytes_cost_what_they_do_in_loggopsim() {
    let text = "num_ranks 2\nrank 0 {\nl: send 0b to 1\n}\nrank 1 {\nl: recv 0b from 0\n}\n";
    let goal = parse(text).unwrap();
    // -1 bytes at 6 ns on both interfaces; O = 0 loses to a wrapped -6 at the receiver.
    let outcome = simulate(&goal, &Parameters::default()).unwrap();
    assert_eq!(outcome.finish_ns, [1500, 2500 + 2 * 1500 - 6]);
    let early = Parameters { gap_ns: 0, gap_per_byte_ns: 7, ..Parameters::default() };
    let error = simulate(&goal, &early).unwrap_err();
    assert!(
        matches!(error, LoggopsError::BeforeZero { rank: 0, operation: 1, cost: 7 }),
        "{error}"
    );
}

#[test]
fn what_cannot_be_kept_is_refused() {
    let huge = "num_ranks 1\nrank 0 {\nl: calc 4611686018427387904\n}\n";
    assert_eq!(simulate(&parse(huge).unwrap(), &Parameters::default()), Err(LoggopsError::TooLong));
    let text = "num_ranks 1\nrank 0 {\nl: calc 1\nl requires l\n}\n";
    let error = simulate(&parse(text).unwrap(), &Parameters::default()).unwrap_err();
    assert_eq!(error.to_string(), "1 operation never ended; they wait for each other in a circle");
}

/// Pieces that a mangled file is made of.
fn pieces() -> impl Strategy<Value = String> {
    const WORDS: [&str; 31] = [
        "num_ranks",
        "rank",
        "0",
        "1",
        "2",
        "{",
        "}",
        "\n",
        "\r\n",
        " ",
        "send",
        "recv",
        "calc",
        "8b",
        "b",
        "to",
        "from",
        "-1",
        "tag",
        "cpu",
        "nic",
        "l1",
        "l2",
        ":",
        "requires",
        "irequires",
        "//",
        "/*",
        "*/",
        "99999999999999999999",
        "é",
    ];
    prop::collection::vec((prop::sample::select(&WORDS[..]), any::<bool>()), 0..60).prop_map(
        |words| {
            words
                .into_iter()
                .map(|(word, glue)| if glue { word.into() } else { format!("{word} ") })
                .collect()
        },
    )
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in any::<String>(), mangled in pieces(), bytes in any::<Vec<u8>>()) {
        let _ = parse(&text);
        let _ = parse(&mangled);
        let _ = from_bytes(&bytes);
        for text in [
            format!("num_ranks 2\nrank 0 {{\n{mangled}\n}}\nrank 1 {{\n}}\n"),
            format!("num_ranks {mangled}"),
        ] {
            if let Ok(goal) = parse(&text) {
                let _ = simulate(&goal, &Parameters::default());
            }
        }
    }
}
