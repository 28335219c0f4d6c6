//! How far the proofs are, on standard error and only for a person who looks at it.

use std::io::{self, IsTerminal};
use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use supernode::collectives::prove::Options;

use crate::cli::names::grouped;

/// A line with the proofs that are done, of so many, and the steps that were taken for all of them;
/// hidden unless standard error is a terminal.
pub(super) fn bar(options: &Options, proofs: usize) -> ProgressBar {
    let Some(taken) = options.progress.clone().filter(|_| io::stderr().is_terminal()) else {
        return ProgressBar::hidden();
    };
    let line = "{spinner} {pos}/{len} {msg} {elapsed}, {taken} steps taken";
    let style = ProgressStyle::with_template(line)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .with_key("taken", move |_: &_, out: &mut dyn std::fmt::Write| {
            // A progress line that cannot be written is not worth an error.
            let _ = out.write_str(&grouped(taken.load(Ordering::Relaxed)));
        });
    let bar = ProgressBar::new(proofs as u64).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
