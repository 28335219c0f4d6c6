//! Times of messages that share links inside the fabric.

use supernode::collectives::{Chunks, Schedule};
use supernode::engine::links::{self, Sharing};
use supernode::fabric::Links;
use supernode::units::MessageSize;

use super::{Answer, EngineChoice, Setup, grouped};
use crate::cli::Error;

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
        Ok(Answer { time, engine, wrong: None, fallback: None, how })
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
