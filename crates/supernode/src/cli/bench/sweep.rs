//! The sizes of a run: the sweep of nccl-tests.

use supernode::collectives::Collective;
use supernode::units::MessageSize;

use super::{Args, Error};
use crate::cli::rows::Sweep;

/// The cost model prices messages up to this size without overflow.
const LARGEST_BYTES: u64 = 1 << 40;
/// First and last size where none is given.
const DEFAULT_BYTES: u64 = 32 << 20;
/// Rows of one run.
const MAX_SIZES: usize = 100_000;

/// What was asked for. One end alone moves the default of the other, so that it gives one row.
pub(super) fn sweep(args: &Args) -> Result<Sweep, Error> {
    if args.collective() == Collective::Barrier {
        return barrier(args);
    }
    let (first, last) =
        (args.minbytes.map(MessageSize::bytes), args.maxbytes.map(MessageSize::bytes));
    let (minimum_bytes, maximum_bytes) = match (first, last) {
        (Some(first), Some(last)) => (first, last),
        (Some(first), None) => (first, first.max(DEFAULT_BYTES)),
        (None, Some(last)) => (last.min(DEFAULT_BYTES), last),
        (None, None) => (DEFAULT_BYTES, DEFAULT_BYTES),
    };
    let shown = |bytes| MessageSize::new(bytes);
    if minimum_bytes == 0 {
        let end = if first == Some(0) { "-b 0" } else { "-e 0" };
        return Err(format!("{end}: a sweep starts at 1 byte or more").into());
    }
    if minimum_bytes > maximum_bytes {
        let (first, last) = (shown(minimum_bytes), shown(maximum_bytes));
        return Err(format!("-b {first} is above -e {last}; swap them").into());
    }
    if maximum_bytes > LARGEST_BYTES {
        let last = shown(maximum_bytes);
        return Err(format!(
            "a message of {last} is above the largest of {}",
            shown(LARGEST_BYTES)
        )
        .into());
    }
    let step = args.stepbytes.map_or(1 << 20, MessageSize::bytes);
    match args.stepfactor {
        Some(factor) if factor < 2 => return Err("-f is a factor of 2 or more".into()),
        None if step == 0 => return Err("-i 0 never ends; use 1 byte or more".into()),
        _ => {}
    }
    Ok(Sweep {
        minimum_bytes,
        maximum_bytes,
        step_factor: args.stepfactor,
        step_bytes: args.stepfactor.is_none().then_some(step),
        validation: args.check.unwrap_or(1),
    })
}

/// A barrier has no size: one row.
fn barrier(args: &Args) -> Result<Sweep, Error> {
    let given = [
        (args.minbytes.is_some(), "-b"),
        (args.maxbytes.is_some(), "-e"),
        (args.stepfactor.is_some(), "-f"),
        (args.stepbytes.is_some(), "-i"),
    ];
    if let Some((_, option)) = given.into_iter().find(|(given, _)| *given) {
        return Err(format!("a barrier moves no data; leave {option} out").into());
    }
    Ok(Sweep {
        minimum_bytes: 0,
        maximum_bytes: 0,
        step_factor: None,
        step_bytes: None,
        validation: args.check.unwrap_or(1),
    })
}

/// Every size of `sweep`.
pub(super) fn sizes(sweep: &Sweep) -> Result<Vec<u64>, Error> {
    let next = |size: &u64| match (sweep.step_factor, sweep.step_bytes) {
        (Some(factor), _) => size.checked_mul(factor),
        (None, step) => size.checked_add(step?),
    };
    let sizes: Vec<u64> = std::iter::successors(Some(sweep.minimum_bytes), next)
        .take_while(|size| *size <= sweep.maximum_bytes)
        .take(MAX_SIZES + 1)
        .collect();
    if sizes.len() > MAX_SIZES {
        return Err("the sweep has more than 100,000 sizes; use a larger -i or -f".into());
    }
    Ok(sizes)
}
