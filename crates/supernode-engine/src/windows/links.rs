//! The links that messages share, at the end of a window.

use supernode_units::Time;

use super::{Engine, Event, Kind, LATEST, Plain};
use crate::links::Message;
use crate::ports::queue;

impl Engine<'_> {
    /// Lets the messages of a window enter the links, and the links serve until its end.
    pub(super) fn serve_links(&mut self) -> Result<(), Plain> {
        // As the plain engine has them: by the time at which they were at their ports, then by sender.
        self.entering.sort_unstable();
        let mut entering = std::mem::take(&mut self.entering);
        for (event, left) in entering.drain(..) {
            self.enter(event, left)?;
        }
        self.entering = entering;
        let limit = key(self.end, queue::Kind::Lane, Event::default());
        while let Some(Message { key, mark, .. }) =
            self.links.as_mut().and_then(|links| links.advance(Some(limit)))
        {
            let arrival = Event {
                time: key.time.as_ps(),
                kind: Kind::Arrive,
                source: key.rank,
                lane: key.lane as u16,
                step: key.step,
                to: key.to,
                link: mark,
            };
            self.deliver(arrival)?;
        }
        let Some(next) = self.links.as_ref().and_then(crate::links::Fifo::next) else {
            return Ok(());
        };
        if next.as_ps() > LATEST {
            return Err(Plain);
        }
        let (time, source) = (next.as_ps(), self.shape.ranks);
        self.calendar.add(Event { time, source, ..Event::default() });
        Ok(())
    }

    /// A message that leaves its port at `left`.
    fn enter(&mut self, event: Event, left: u64) -> Result<(), Plain> {
        let Some(links) = &mut self.links else { return Ok(()) };
        let path = links.path(event.source, event.to);
        let price = self.prices.link(event.link);
        if !links.is_shared() {
            let time = left + price.latency;
            return self.deliver(Event { time, kind: Kind::Arrive, ..event });
        }
        let key = key(left + price.latency, queue::Kind::Arrive, event);
        let message = Message { key, busy: Time::from_ps(price.busy), mark: event.link };
        links.enter(message, Time::from_ps(left), &path, price.bytes);
        Ok(())
    }
}

fn key(time: u64, kind: queue::Kind, event: Event) -> queue::Key {
    queue::Key {
        time: Time::from_ps(time),
        kind,
        rank: event.source,
        lane: event.lane.into(),
        step: event.step,
        to: event.to,
    }
}
