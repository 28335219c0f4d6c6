//! Size, time, algbw and busbw of a row say the same thing twice.

use super::{Cell, Printed};
use crate::Curve;

/// What a row contradicts itself in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Contradiction {
    /// Bytes over time is not algbw.
    Rate(String),
    /// algbw times the factor is not busbw.
    Factor(String),
}

impl Contradiction {
    pub(crate) fn what(&self) -> &str {
        match self {
            Self::Rate(what) | Self::Factor(what) => what,
        }
    }
}

/// Whether a row contradicts itself. What it does not print cannot.
pub(crate) fn contradiction(curve: &Curve, cell: &Cell) -> Option<Contradiction> {
    rate(cell).or_else(|| factor(curve, cell))
}

/// Whether algbw is already scaled by (n-1)/n, as old releases of nccl-tests print it for
/// all-gather, reduce-scatter and all-to-all: it is busbw then, and bytes over time is more.
pub(crate) fn is_scaled(curve: &Curve, cell: &Cell) -> bool {
    let factor = curve.operation.busbw_factor(curve.chips);
    let (Some(time), Some(algbw), Some(busbw)) = (cell.time, cell.algbw, cell.busbw) else {
        return false;
    };
    let scaled = rate_of(cell.bytes, time).map(|bound| bound * factor);
    factor < 1.0
        && meet(algbw.bounds(), (busbw.bounds().0, busbw.bounds().1))
        && rate(cell).is_some()
        && meet(algbw.bounds(), (scaled[0], scaled[1]))
}

fn rate(cell: &Cell) -> Option<Contradiction> {
    let (time, algbw) = (cell.time?, cell.algbw?);
    let [low, high] = rate_of(cell.bytes, time);
    if meet((low, high), algbw.bounds()) {
        return None;
    }
    let computed = cell.bytes as f64 / time.value / 1e3;
    let ratio = computed / algbw.value;
    let near = |value: f64| (ratio / value - 1.0).abs() < 0.01;
    let guess = match () {
        () if near(1e3) => ": the time looks like milliseconds",
        () if near(1e-3) => ": the time looks like nanoseconds, or algbw like MB/s",
        () if near(1.073_741_824) => ": algbw looks like GiB/s",
        () if near(0.125) => ": algbw looks like Gb/s",
        () => "",
    };
    let (bytes, value, algbw) = (cell.bytes, time.value, algbw.value);
    Some(Contradiction::Rate(format!(
        "{bytes} bytes in {value} us are {computed:.4} GB/s, but algbw is {algbw}{guess}"
    )))
}

fn factor(curve: &Curve, cell: &Cell) -> Option<Contradiction> {
    let (algbw, busbw) = (cell.algbw?, cell.busbw?);
    let (operation, ranks) = (curve.operation, curve.chips);
    let factor = operation.busbw_factor(ranks);
    let (low, high) = algbw.bounds();
    if meet((low * factor, high * factor), busbw.bounds()) {
        return None;
    }
    let found = busbw.value / algbw.value;
    let fits = operation.ranks_of_factor(found).map_or_else(String::new, |fitting| {
        format!("; {fitting} ranks would fit: is the number of ranks or the operation wrong?")
    });
    Some(Contradiction::Factor(format!(
        "busbw / algbw is {found:.4}, but {factor:.4} for {operation} of {ranks} ranks{fits}"
    )))
}

/// The range of bytes over time in 10^9 bytes per second.
fn rate_of(bytes: u64, time: Printed) -> [f64; 2] {
    let (low, high) = time.bounds();
    [high, low].map(|time| bytes as f64 / time / 1e3)
}

fn meet(a: (f64, f64), b: (f64, f64)) -> bool {
    a.0 <= b.1 && b.0 <= a.1
}
