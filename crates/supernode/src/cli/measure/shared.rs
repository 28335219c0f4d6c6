//! Times of messages that share links inside the fabric.

use supernode::collectives::{Chunks, Schedule};
use supernode::engine::links::{self, Sharing};
use supernode::fabric::Links;
use supernode::units::MessageSize;

use super::{Answer, EngineChoice, Setup, grouped};
use crate::cli::Error;

/// Messages times messages under way that fair sharing takes on, at a nanosecond or two each: an hour.
const MAX_FILLED: u64 = 2_000_000_000_000;

impl Setup {
    /// The time on shared links, and what the busiest of them carried.
    pub(super) fn shared(
        &self,
        schedule: &dyn Schedule,
        count: u64,
        sharing: Sharing,
    ) -> Result<Answer, Error> {
        let chunks = Chunks::new(schedule.shape(), count, self.request.dtype.bytes());
        let shared = links::run(schedule, &chunks, &self.cost, sharing)?;
        let names = Links::new(&self.cost.fabric)?;
        let time = shared.time();
        let how = match shared.busiest() {
            Some((link, used)) if used.messages > 0 => format!(
                "busiest link {}: {}, {:.1} % busy, {} of {} messages met others, queue up to {}",
                names.name(link),
                MessageSize::new(used.bytes),
                100.0 * used.busy.as_secs_f64() / time.as_secs_f64(),
                grouped(used.met),
                grouped(used.messages),
                MessageSize::new(used.peak_queue),
            ),
            _ => "no message takes a link that others may take".to_owned(),
        };
        let engine = self.request.engine;
        Ok(Answer { time, engine, wrong: None, fallback: None, how, seeds: None })
    }

    /// Whether fair sharing has the time for `messages` messages: it may have to do with all that are
    /// under way whenever one comes or goes.
    pub(super) fn check_fair(&self, schedule: &dyn Schedule, messages: u64) -> Result<(), Error> {
        let under_way = schedule.in_flight().saturating_mul(u64::from(self.ranks()));
        if messages.saturating_mul(under_way) <= MAX_FILLED {
            return Ok(());
        }
        Err(format!(
            "the engine `links-fair` may take hours for {} messages of which {} are under way at a \
             time; use fewer ranks, another algorithm or the engine `links`",
            grouped(messages),
            grouped(under_way)
        )
        .into())
    }

    /// What an answer of `engine` leaves out, if messages may meet inside the fabric.
    pub(super) fn unshared(&self, engine: EngineChoice) -> &'static str {
        let follows = matches!(engine, EngineChoice::Links | EngineChoice::LinksFair);
        // More links than can be numbered are shared, too.
        let shares = Links::new(&self.cost.fabric).map_or(true, |links| links.count() > 0);
        if shares && !follows {
            "; links inside the fabric, which messages may share, count as in `ports`: see the engine \
             `links`"
        } else {
            ""
        }
    }
}
