//! Which algorithms a run times.

use supernode::catalog::nearest;
use supernode::collectives::{Algorithm, CollectiveError, Tuning};

use super::{Args, Error};
use crate::cli::measure::Setup;

/// An algorithm that was asked for, or the choice per size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    Auto,
    Named(Algorithm),
}

impl Choice {
    /// The algorithm and its tuning for `bytes` bytes.
    pub(super) fn resolve(self, setup: &Setup, bytes: u64) -> (Algorithm, Tuning) {
        match self {
            Self::Auto => setup.fastest(bytes),
            Self::Named(algorithm) => (algorithm, setup.tune(algorithm, bytes)),
        }
    }
}

/// What `--algo` stands for.
pub(super) struct Choices {
    pub(super) run: Vec<Choice>,
    /// Algorithms of `all` that cannot run here, and why.
    pub(super) left_out: Vec<(&'static str, String)>,
    /// Algorithms that only `all` names.
    pub(super) of_all: Vec<Algorithm>,
}

/// The algorithms of `--algo`, each once, in the order in which they are named.
pub(super) fn choices(args: &Args, setup: &Setup) -> Result<Choices, Error> {
    let mut run = Vec::new();
    let (mut left_out, mut of_all, mut named) = (Vec::new(), Vec::new(), Vec::new());
    for name in args.algo.split(',') {
        match name.trim().to_ascii_lowercase().as_str() {
            "auto" => run.push(Choice::Auto),
            "all" => {
                for algorithm in Algorithm::ALL {
                    // `all` means all that there are for this collective.
                    if !setup.has(algorithm) {
                        continue;
                    }
                    match setup.can_run_forced(algorithm) {
                        Ok(()) => {
                            run.push(Choice::Named(algorithm));
                            of_all.push(algorithm);
                        }
                        Err(why) => left_out.push((algorithm.name(), why.to_string())),
                    }
                }
            }
            name => {
                let algorithm = parse(name)?;
                setup.can_run(algorithm)?;
                named.push(algorithm);
                run.push(Choice::Named(algorithm));
            }
        }
    }
    of_all.retain(|algorithm| !named.contains(algorithm));
    let mut seen = Vec::new();
    run.retain(|choice| {
        let new = !seen.contains(choice);
        seen.push(*choice);
        new
    });
    let leveled =
        |choice: &Choice| matches!(choice, Choice::Auto | Choice::Named(Algorithm::Hierarchical));
    if args.inner.is_some() && !run.iter().any(leveled) {
        let what = "--inner says how the levels of `hierarchical` talk, which is not among --algo";
        return Err(format!("{what} {}; add it or leave --inner out", args.algo).into());
    }
    if !args.levels.is_empty() && !run.iter().any(leveled) {
        let what = "--levels are those of `hierarchical`, which is not among --algo";
        return Err(format!("{what} {}; add it or leave --levels out", args.algo).into());
    }
    Ok(Choices { run, left_out, of_all })
}

fn parse(name: &str) -> Result<Algorithm, Error> {
    name.parse().map_err(|error: CollectiveError| {
        let names = Algorithm::ALL
            .into_iter()
            .flat_map(|a| std::iter::once(a.name()).chain(a.aliases().iter().copied()))
            .chain(["auto", "all"]);
        let hint = match nearest(name, names).first() {
            Some(nearest) => format!(" (did you mean `{nearest}`?)"),
            None => String::new(),
        };
        format!("{error}, auto, all{hint}").into()
    })
}
