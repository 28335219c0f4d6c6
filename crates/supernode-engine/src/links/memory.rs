//! What a run needs, before it begins.

use supernode_collectives::Schedule;
use supernode_fabric::{CostModel, Leg, Links};

use super::{LinkUse, Sharing, fair, fifo, filling};
use crate::ports;

/// Bytes of a message at a link beside its state: entries in queues that double as they grow, the list of
/// slots, and what allocators add.
const MESSAGE_BYTES: u64 = 128;
/// The same of a flow, which is also filled.
const FLOW_BYTES: u64 = 512;

/// Bytes that a run of `schedule` on `cost` needs: those of [`ports`], the state of every link, and the
/// ways of the messages under way. The largest number if there are more links than can be numbered.
pub fn memory_needed(schedule: &dyn Schedule, cost: &CostModel, sharing: Sharing) -> u64 {
    let Ok(links) = Links::new(&cost.fabric) else { return u64::MAX };
    let (hops, legs) = links.longest();
    let (link, message, way) = match sharing {
        Sharing::Fifo => (
            size_of::<fifo::Link>(),
            MESSAGE_BYTES + (size_of::<fifo::Flight>() + size_of::<fifo::Other>()) as u64,
            // Lists double as they grow.
            u64::from(legs) * 2 * size_of::<Leg>() as u64,
        ),
        Sharing::Fair => (
            size_of::<fair::Link>() + filling::LINK_BYTES,
            FLOW_BYTES + size_of::<fair::Flow>() as u64,
            // A link of a flow, and its place on it.
            u64::from(hops) * 4 * size_of::<(u32, u32)>() as u64,
        ),
    };
    let state = (link + size_of::<LinkUse>()) as u64;
    let messages = schedule.in_flight().saturating_mul(u64::from(cost.fabric.ranks()));
    ports::memory_of_plain(schedule, cost)
        .saturating_add(u64::from(links.count()).saturating_mul(state))
        .saturating_add(messages.saturating_mul(way.saturating_add(message)))
}
