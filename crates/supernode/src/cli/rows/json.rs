//! The document of nccl-tests' `-J` with what only a simulation has beside it, and tidy lines.

use std::io::{self, Write};

use serde::Serialize;

use super::{Chosen, Facts, IN_PLACE, Row, RowWriter, SeedTimes, Sweep, TIMES};

/// Keys of nccl-tests, in its order; `simulated`, `notes`, `model` and `left_out` are ours, and so are
/// `algorithm`, `engine` and `fallback` of a result. There is no `start_time`: equal runs give
/// equal documents.
#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    simulated: bool,
    notes: [&'a str; 3],
    config: Config,
    model: &'a Facts,
    results: Vec<Entry<'a>>,
    left_out: Vec<LeftOut<'a>>,
    out_of_bounds: OutOfBounds,
    average_bus_bandwidth: Average,
}

#[derive(Serialize)]
struct Config {
    nthreads: u32,
    ngpus: u32,
    #[serde(flatten)]
    sweep: Sweep,
    warmup_iters: u32,
    iterations: u32,
    aggregated_iterations: u32,
    graph: u32,
}

#[derive(Serialize)]
struct Entry<'a> {
    size: u64,
    count: u64,
    #[serde(rename = "type")]
    dtype: &'static str,
    redop: &'static str,
    root: i64,
    out_of_place: Side,
    in_place: Side,
    algorithm: &'a str,
    engine: &'static str,
    fallback: Option<&'a str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    seeds: Option<&'a SeedTimes>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    chosen: Option<&'a Chosen>,
}

#[derive(Serialize)]
struct Side {
    time: f64,
    alg_bw: f64,
    bus_bw: f64,
    nwrong: Option<u64>,
}

/// An algorithm that `all` does not stand for here.
#[derive(Serialize)]
struct LeftOut<'a> {
    algorithm: &'static str,
    why: &'a str,
}

/// Both are null where nothing was checked.
#[derive(Serialize)]
struct OutOfBounds {
    count: Option<u64>,
    okay: Option<bool>,
    checked_results: u32,
}

#[derive(Serialize)]
struct Average {
    bandwidth: f64,
}

/// Writes everything that `writer` has collected.
pub(super) fn document<W: Write>(writer: &mut RowWriter<W>) -> io::Result<()> {
    let RowWriter { out, facts, sweep, totals, results, left_out, .. } = writer;
    let any = totals.checked > 0;
    let document = Document {
        version: facts.version,
        simulated: true,
        notes: [TIMES, &facts.profile_note, IN_PLACE],
        config: Config {
            nthreads: 1,
            ngpus: facts.ranks,
            sweep: *sweep,
            warmup_iters: 0,
            iterations: 1,
            aggregated_iterations: 1,
            graph: u32::from(facts.library.as_ref().is_some_and(|l| l.launch == "graph")),
        },
        model: facts,
        results: results.iter().map(entry).collect(),
        left_out: left_out.iter().map(|(algorithm, why)| LeftOut { algorithm, why }).collect(),
        out_of_bounds: OutOfBounds {
            count: any.then_some(totals.wrong),
            okay: any.then_some(totals.wrong == 0),
            checked_results: totals.checked,
        },
        average_bus_bandwidth: Average { bandwidth: totals.average() },
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn entry(row: &Row) -> Entry<'_> {
    let side = |nwrong| Side {
        time: row.time_us,
        alg_bw: row.algbw_gb_per_s,
        bus_bw: row.busbw_gb_per_s,
        nwrong,
    };
    Entry {
        size: row.size_bytes,
        count: row.count,
        dtype: row.dtype,
        redop: row.redop,
        root: row.root,
        out_of_place: side(row.wrong),
        in_place: side(None),
        algorithm: &row.algorithm,
        engine: row.engine,
        fallback: row.fallback.as_deref(),
        seeds: row.seeds.as_ref(),
        chosen: row.chosen.as_ref(),
    }
}

/// Writes one row with everything that it depends on.
pub(super) fn line(out: &mut impl Write, facts: &Facts, row: &Row) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        #[serde(flatten)]
        row: &'a Row,
        #[serde(flatten)]
        facts: &'a Facts,
    }
    serde_json::to_writer(&mut *out, &Line { row, facts })?;
    writeln!(out)
}
