//! `--per-rank` and `--trace`: files beside the row.

use super::choices::Choice;
use super::{Args, Error, counts, trace};
use crate::cli::measure::Setup;

/// Writes what was asked for, before the header: nobody wants half a table and an error.
pub(super) fn write(
    args: &Args,
    setup: &Setup,
    run: &[Choice],
    sizes: &[u64],
) -> Result<(), Error> {
    let files = [("--per-rank", &args.per_rank), ("--trace", &args.trace)];
    let asked = files.into_iter().find_map(|(option, file)| Some((option, file.as_ref()?)));
    let Some((option, path)) = asked else { return Ok(()) };
    let absolute = |file: &Option<String>| file.as_ref().map(std::path::absolute);
    if let (Some(Ok(finishes)), Some(Ok(trace))) = (absolute(&args.per_rank), absolute(&args.trace))
        && finishes == trace
    {
        return Err("--per-rank and --trace write one file each; give them two names".into());
    }
    let ([choice], [size]) = (run, sizes) else {
        return Err(format!(
            "{option} is for a run of one row, and this one has {}; give one size (-b and -e) and one \
             --algo",
            run.len() * sizes.len()
        )
        .into());
    };
    setup.keeps_ranks().map_err(|why| format!("{option} {path}: {why}"))?;
    let (_, large) = counts(args.collective(), args.dtype, setup.ranks(), *size);
    let (algorithm, tuning) = choice.resolve(setup, large * args.dtype.bytes());
    let mut traced = None;
    if let Some(path) = &args.trace {
        let schedule = setup.recordable(algorithm, &tuning)?;
        let schedule = schedule.map_err(|why| format!("--trace {path}: {why}; use fewer ranks"))?;
        traced = Some((path, schedule));
    }
    if let Some(path) = &args.per_rank {
        setup.write_finishes(path, algorithm, &tuning, large)?;
    }
    if let Some((path, schedule)) = traced {
        trace::write(path, &setup.record(&schedule, large)?, &*schedule)?;
    }
    Ok(())
}
