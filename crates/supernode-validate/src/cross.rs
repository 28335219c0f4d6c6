//! Cross-validation: every row predicted by a model that was fitted without it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use supernode_library::costs::Costs;
use supernode_units::Time;

use crate::{Bench, Fold, Training};

/// What is left out together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// One machine: its relatives remain.
    Machine,
    /// A family of chips, those of one architecture: only what is typical of others remains.
    Family,
    /// More than this many nodes, to predict twice as many and more.
    Scale(u32),
}

/// Times of the cases of `bench`, each from costs that were fitted without the fold of the case; none
/// for cases in no fold. Fits start from `priors`. The same on any number of `threads`; `progress` is
/// told how many folds of all are done.
pub fn cross(
    bench: &Bench<'_>,
    priors: &Costs,
    by: By,
    threads: usize,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Vec<Option<Time>> {
    let folds = folds(bench, by);
    let (next, ended) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let fit = || {
        let mut done = Vec::new();
        while let Some(fold) = folds.get(next.fetch_add(1, Ordering::Relaxed)) {
            let costs = Training::without(bench, fold).fit(priors);
            for (index, case) in bench.cases.iter().enumerate() {
                if fold.predicts(bench, case) {
                    done.push((index, bench.predict(case, &costs)));
                }
            }
            progress(ended.fetch_add(1, Ordering::Relaxed) + 1, folds.len());
        }
        done
    };
    let mut times = vec![None; bench.cases.len()];
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(fit)).collect();
        for worker in workers {
            // A panic of a worker is this thread's, too.
            let done = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            for (index, time) in done {
                times[index] = Some(time);
            }
        }
    });
    times
}

fn folds(bench: &Bench<'_>, by: By) -> Vec<Fold> {
    let curves = || bench.cases.iter().map(|case| &bench.curves[case.curve]);
    let names: BTreeSet<&str> = match by {
        By::Machine => curves().map(|curve| curve.hardware.as_str()).collect(),
        By::Family => bench.cases.iter().filter_map(|case| bench.architecture(case)).collect(),
        By::Scale(nodes) => return vec![Fold::Scale(nodes)],
    };
    let fold = |name: &str| match by {
        By::Machine => Fold::Machine(name.to_owned()),
        _ => Fold::Family(name.to_owned()),
    };
    names.into_iter().map(fold).collect()
}
