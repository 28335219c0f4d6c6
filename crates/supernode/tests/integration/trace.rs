//! What the command writes beside its rows: traces that parse back, times by rank, drawings.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use supernode::collectives::{Algorithm, Collective};
use supernode::engine::{ports, tune};
use supernode::fabric::Profile;

use crate::machine::cost;

/// Runs the command with `file` at the end; gives what it wrote there, and to standard error.
fn written(arguments: &[&str], file: &str) -> (Vec<u8>, String) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file);
    let output = Command::new(env!("CARGO_BIN_EXE_supernode"))
        .args(arguments)
        .arg(&path)
        .output()
        .expect("it starts");
    let errors = String::from_utf8(output.stderr).expect("it is text");
    assert!(output.status.success(), "{errors}");
    (std::fs::read(path).expect("it was written"), errors)
}

/// A field of a protobuf message.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a protobuf message, in order.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let (first, rest) = bytes.split_first().expect("a number ends");
            *bytes = rest;
            value |= u64::from(first & 0x7f) << shift;
            shift += 7;
            if first & 0x80 == 0 {
                return value;
            }
        }
    }
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let field = match key & 7 {
            0 => Field::Number(varint(&mut bytes)),
            1 => {
                let (value, rest) = bytes.split_at(8);
                bytes = rest;
                Field::Number(u64::from_le_bytes(value.try_into().expect("eight bytes")))
            }
            2 => {
                let length = varint(&mut bytes) as usize;
                let (value, rest) = bytes.split_at(length);
                bytes = rest;
                Field::Bytes(value)
            }
            kind => panic!("no field is of kind {kind}"),
        };
        fields.push((key >> 3, field));
    }
    fields
}

#[derive(Default)]
struct Track {
    name: String,
    parent: Option<u64>,
    slices: Vec<(u64, u64)>,
}

#[derive(Default)]
struct Parsed {
    tracks: BTreeMap<u64, Track>,
    /// Where flows begin and end: track and time.
    from: BTreeMap<u64, (u64, u64)>,
    into: BTreeMap<u64, (u64, u64)>,
}

fn number(fields: &[(u64, Field<'_>)], wanted: u64) -> Option<u64> {
    fields.iter().find_map(|(field, value)| match value {
        Field::Number(number) if *field == wanted => Some(*number),
        _ => None,
    })
}

fn bytes<'a>(fields: &[(u64, Field<'a>)], wanted: u64) -> Option<&'a [u8]> {
    fields.iter().find_map(|(field, value)| match value {
        Field::Bytes(bytes) if *field == wanted => Some(*bytes),
        _ => None,
    })
}

/// Reads a trace; every slice is closed, and begins no earlier than the last one of its track ended.
fn parse(trace: &[u8]) -> Parsed {
    let mut parsed = Parsed::default();
    let mut open: BTreeMap<u64, u64> = BTreeMap::new();
    for (field, packet) in fields(trace) {
        let Field::Bytes(packet) = packet else { panic!("a trace is packets") };
        assert_eq!(field, 1);
        let packet = fields(packet);
        assert_eq!(number(&packet, 10), Some(1), "all of one sequence");
        if let Some(track) = bytes(&packet, 60) {
            let track = fields(track);
            let name = bytes(&track, 2).expect("it has a name");
            let name = String::from_utf8(name.to_vec()).expect("it is text");
            let id = number(&track, 1).expect("it has a number");
            let track = Track { name, parent: number(&track, 5), slices: Vec::new() };
            assert!(parsed.tracks.insert(id, track).is_none(), "track {id} is there once");
        } else {
            let time = number(&packet, 8).expect("it has a time");
            let event = fields(bytes(&packet, 11).expect("it is an event"));
            let id = number(&event, 11).expect("it has a track");
            let track = parsed.tracks.get_mut(&id).expect("tracks are told first");
            match number(&event, 9) {
                Some(1) => {
                    assert!(bytes(&event, 23).is_some_and(|name| !name.is_empty()));
                    assert!(track.slices.last().is_none_or(|last| last.1 <= time));
                    assert!(open.insert(id, time).is_none(), "slices do not overlap");
                    for (field, flow) in &event {
                        let Field::Number(flow) = flow else { continue };
                        let there = match field {
                            47 => parsed.from.insert(*flow, (id, time)),
                            48 => parsed.into.insert(*flow, (id, time)),
                            _ => None,
                        };
                        assert!(there.is_none(), "flow {flow} has one beginning and one end");
                    }
                }
                Some(2) => {
                    let begin = open.remove(&id).expect("it was begun");
                    assert!(begin <= time);
                    track.slices.push((begin, time));
                }
                kind => panic!("no event is of kind {kind:?}"),
            }
        }
    }
    assert!(open.is_empty(), "every slice ends");
    parsed
}

/// Slices on tracks whose names begin like this.
fn slices(parsed: &Parsed, name: &str) -> usize {
    let of = parsed.tracks.values().filter(|track| track.name.starts_with(name));
    of.map(|track| track.slices.len()).sum()
}

#[test]
fn a_trace_parses_back() {
    for (algorithm, inner) in [
        (Algorithm::Ring, "ring"),
        (Algorithm::DoubleBinaryTree, "double-binary-tree"),
        (Algorithm::TwoShot, "two-shot"),
        (Algorithm::InSwitch, "in-switch"),
    ] {
        let size = ["-b", "1M", "-e", "1M", "--algo", inner, "--trace"];
        let arguments = [&["bench", "all-reduce", "--system", "dgx-h100"][..], &size].concat();
        let (trace, errors) = written(&arguments, &format!("{inner}.pftrace"));
        assert_eq!(errors, "");
        let parsed = parse(&trace);

        let cost = cost("dgx-h100", 8, Profile::wire());
        let tuning = tune(algorithm, Collective::AllReduce, 1 << 20, &cost, None);
        let schedule = algorithm.schedule(Collective::AllReduce, 8, &tuning).unwrap();
        let timed = ports::run(&*schedule, &schedule.chunks(1 << 18, 4), &cost).unwrap();

        let ranks = parsed.tracks.values().filter(|track| track.parent.is_none()).count();
        assert_eq!(ranks, 8);
        assert_eq!(slices(&parsed, "port 0 receives") as u64, timed.messages, "{algorithm}");
        assert!(slices(&parsed, "lane") > 0 && slices(&parsed, "port 0 sends") > 0);
        // Arrows lead from a port that sends to one that receives, forward in time.
        for (flow, (track, time)) in &parsed.from {
            let (to, later) = parsed.into[flow];
            assert!(parsed.tracks[track].name.ends_with("sends"));
            assert!(parsed.tracks[&to].name.ends_with("receives") && *time <= later);
        }
        let end = parsed.tracks.values().flat_map(|track| &track.slices).map(|slice| slice.1).max();
        let steps: u32 = (0..8)
            .flat_map(|rank| (0..schedule.shape().lanes).map(move |lane| (rank, lane)))
            .map(|(rank, lane)| schedule.steps(rank, lane))
            .sum();
        // Receives that are awaited together are one slice.
        assert!(slices(&parsed, "lane") <= steps as usize);
        if algorithm == Algorithm::Ring {
            assert_eq!(slices(&parsed, "lane"), steps as usize);
        }
        // Copies of a multicast leave their port as one.
        let sent = slices(&parsed, "port 0 sends") as u64;
        assert!(if algorithm == Algorithm::InSwitch {
            sent < timed.messages
        } else {
            sent == timed.messages
        });
        assert_eq!(
            (parsed.from.len() as u64, parsed.into.len() as u64),
            (timed.messages, timed.messages)
        );
        if algorithm != Algorithm::InSwitch {
            assert_eq!(end, Some(timed.time().as_ps()));
        }
    }
}

#[test]
fn a_trace_that_is_too_large_holds_some_ranks() {
    let arguments = ["bench", "all-reduce", "--system", "atlas-950-superpod", "--ranks", "480"];
    let rest = ["--algo", "ring", "--engine", "folded", "-b", "1M", "-e", "1M", "--trace"];
    let (trace, errors) = written(&[&arguments[..], &rest].concat(), "sampled.pftrace");
    assert!(errors.contains("holds ranks 0 to") && errors.contains("of 480"), "{errors}");
    let parsed = parse(&trace);
    let ranks = parsed.tracks.values().filter(|track| track.parent.is_none()).count();
    let slices: usize = parsed.tracks.values().map(|track| track.slices.len()).sum();
    assert!(ranks < 480 && slices <= 500_000);
    // The next rank would not have fit.
    assert!(slices + slices / ranks > 500_000);
}

#[test]
fn times_by_rank_are_those_of_the_engine() {
    let arguments = ["bench", "all-reduce", "--system", "atlas-950-superpod", "--ranks", "100"];
    let rest = ["--algo", "double-binary-tree", "-b", "1M", "-e", "1M", "--engine", "ports"];
    let all = [&arguments[..], &rest, &["--format", "jsonl", "--per-rank"]].concat();
    let (csv, _) = written(&all, "ranks.csv");
    let csv = String::from_utf8(csv).unwrap();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("rank,finish_ps,finish_us"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let (tree, cost) =
        (Algorithm::DoubleBinaryTree, cost("atlas-950-superpod", 100, Profile::wire()));
    let tuning = tune(tree, Collective::AllReduce, 1 << 20, &cost, None);
    let schedule = tree.schedule(Collective::AllReduce, 100, &tuning).unwrap();
    let timed = ports::run(&*schedule, &schedule.chunks(1 << 18, 4), &cost).unwrap();
    assert_eq!(rows.len(), 100);
    for (rank, row) in rows.iter().enumerate() {
        assert_eq!(row[0], rank.to_string());
        let (ps, us): (u64, f64) = (row[1].parse().unwrap(), row[2].parse().unwrap());
        assert_eq!(ps, timed.finish[rank].as_ps());
        assert!((ps as f64 / 1e6 - us).abs() < 1e-9);
    }
}

#[test]
fn a_scale_is_drawn() {
    let arguments =
        ["scale", "all-reduce", "--system", "dgx-h100", "--ranks", "2..8:x2", "-s", "1M"];
    let (svg, _) =
        written(&[&arguments[..], &["--algo", "ring,two-shot", "--svg"]].concat(), "scale.svg");
    let svg = String::from_utf8(svg).unwrap();
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    assert_eq!(svg.matches("<circle").count(), 2 * 2 * 3);
    assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
}
