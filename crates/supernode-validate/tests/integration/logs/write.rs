use std::fmt::Write;

use supernode_validate::{Curve, Row};

pub(super) const COLUMNS: &str = "\
#                                                              out-of-place                       in-place          
#       size         count      type   redop    root     time   algbw   busbw #wrong     time   algbw   busbw #wrong
#        (B)    (elements)                               (us)  (GB/s)  (GB/s)            (us)  (GB/s)  (GB/s)       
";

/// The head of a run of `ranks` ranks, eight to a node.
pub(super) fn head(program: &str, ranks: u32, device: &str) -> String {
    let mut out = format!(
        "# Collective test starting: {program}\n\
         # nThread 1 nGpus 1 minBytes 8 maxBytes 8 step: 2(factor) warmup iters: 5 iters: 20 \
         agg iters: 1 validation: 1 graph: 0\n#\n# Using devices\n"
    );
    for rank in 0..ranks {
        let (node, slot) = (rank / 8, rank % 8);
        let _ = writeln!(
            out,
            "#  Rank {rank:2} Group  0 Pid {:6} on node{node:03} device {slot:2} [0000:0{slot}:00] {device}",
            4000 + rank
        );
    }
    out + "#\n" + COLUMNS
}

pub(super) const END: &str = "# Out of bounds values : 0 OK\n# Avg bus bandwidth    : 1.5 \n#\n# Collective test concluded\n";

/// One row of an all-reduce of floats, out of place and in place.
pub(super) fn row(bytes: u64, us: f64, ranks: u32) -> String {
    let algbw = bytes as f64 / us / 1e3;
    let busbw = algbw * 2.0 * f64::from(ranks - 1) / f64::from(ranks);
    let side = format!("{us:9.2} {algbw:7.2} {busbw:7.2}      0");
    format!("{bytes:12} {:13}     float     sum      -1{side}{side}\n", bytes / 4)
}

/// A curve as nccl-tests prints it, without the average.
pub(super) fn log(curve: &Curve, program: &str) -> String {
    let mut out = head(program, curve.chips, &curve.hardware);
    let pairs = curve.rows.chunks(2);
    for pair in pairs {
        let bytes = pair[0].bytes.unwrap_or(0);
        let _ = write!(out, "{bytes:12} {:13}  {:>8}     sum      -1", bytes / 4, curve.dtype);
        for row in pair {
            out += &side(row);
        }
        out.push('\n');
    }
    out + "# Out of bounds values : 0 OK\n# Avg bus bandwidth    :\n"
}

fn side(row: &Row) -> String {
    let time = row.time.map_or(0.0, supernode_units::Time::as_us_f64);
    let rate = |rate: Option<f64>| rate.unwrap_or(0.0);
    format!("  {time:.2}  {:.2}  {:.2}  0", rate(row.algbw), rate(row.busbw))
}
