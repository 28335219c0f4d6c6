//! How far a run is, on standard error and only for a person who looks at it.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::measure::Setup;

/// A line with the messages delivered so far; hidden unless standard error is a terminal.
pub(super) fn bar(setup: &Setup) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let messages = Arc::clone(&setup.progress);
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}, {messages} messages")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .with_key("messages", move |_: &_, out: &mut dyn std::fmt::Write| {
            // A progress line that cannot be written is not worth an error.
            let _ = write!(out, "{}", messages.load(Ordering::Relaxed));
        });
    let bar = ProgressBar::new_spinner().with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
