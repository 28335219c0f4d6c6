//! Direct phases whose members send in bunches: neighbours that send alike, a little later each.
//!
//! What a member sends leaves at even distances as long as links are alike. If the next member sends as
//! much over links as long, a little later, the same holds across senders: when the message of sender `i`
//! leaves for the member `o` places on is linear in `i` and in `o`. So what one receiver takes from such
//! senders arrives at even distances, too: a bunch. Pods need not be equally full for that.
//!
//! A bunch is taken all at once. Serving is sums and maxima; with arrivals at even distances each clock
//! grows evenly until the greater side of some maximum changes, and when that is, is a division.

use supernode_collectives::{Pattern, Phase};
use supernode_fabric::CostModel;

use super::groups::Group;
use super::rows::{NOW, PORTS};
use super::rules::Rules;
use super::{EACH, LATEST, Order};
use crate::Unfit;

mod sent;
mod taking;

use sent::{Sent, send};
use taking::{Bunch, Taking};

/// Members of a group from which on it is worthwhile to look for bunches.
const LEAST: u32 = 16;
/// Messages of bunches that overlap, which are looked at one by one.
const MOST_SINGLE: u64 = 1 << 28;

/// Steps of single messages that a phase is worth if it is likely to come in few bunches, by the
/// neighbours of its first member.
pub(super) fn work(phase: &Phase, period: u32, cost: &CostModel) -> Option<u64> {
    let Phase { stride, size, .. } = *phase;
    if size < LEAST || phase.pattern == Pattern::OneShot {
        return None;
    }
    let link = |member: u32| {
        let (out, into) = (cost.route(0, member), cost.route(member, 0));
        (out.tx_port, into.rx_port)
    };
    let last = (size - 1) * stride;
    // Neighbours that are alike send alike, but for those at the ends.
    let alike = u64::from(cost.fabric.reach(0, stride, stride).min(size - 1));
    let bunches = 3 * u64::from(size).div_ceil(alike + 1);
    let few = link(stride) == link(last) && 4 * bunches <= u64::from(size);
    few.then(|| u64::from(period).saturating_mul(bunches * EACH))
}

/// Takes a direct phase, if it is by one port and there are few bunches; else nothing has changed.
pub(super) fn direct(group: &mut Group<'_>) -> Result<bool, Unfit> {
    let Phase { size, pattern, .. } = *group.phase;
    if pattern == Pattern::OneShot || size < LEAST {
        return Ok(false);
    }
    let Some(sent) = send(group)? else {
        return Ok(false);
    };
    let (rules, members) = (group.rules, group.period as usize);
    let width = group.rows.len() / members;
    let most = u128::from(group.rows.iter().copied().max().unwrap_or(0));
    let each = rules.most(sent.most_latency, sent.most_busy);
    if most + each * (u128::from(size) + 2) > u128::from(LATEST) {
        return Err(Unfit::Long);
    }
    let share = members.div_ceil(group.threads.max(1));
    let order = Order { checks: group.run.checks, free: rules.is_free() };
    let (slots, sent) = (group.slots, &sent);
    let part = |first: usize, rows: &mut [u64]| -> Result<(), Unfit> {
        let mut receiver = Receiver { sent, rules, bunches: Vec::new(), single: Vec::new() };
        for (i, row) in rows.chunks_mut(width).enumerate() {
            receiver.receive((first + i) as i64, row, slots, order)?;
        }
        Ok(())
    };
    if share >= members {
        part(0, group.rows)?;
        return Ok(true);
    }
    std::thread::scope(|scope| {
        let rows = group.rows.chunks_mut(share * width).enumerate();
        let part = &part;
        let spawn = |(i, rows)| scope.spawn(move || part(i * share, rows));
        let running: Vec<_> = rows.map(spawn).collect();
        running.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })?;
    Ok(true)
}

/// Room to take what one member receives.
struct Receiver<'a> {
    sent: &'a Sent,
    rules: &'a Rules,
    bunches: Vec<Bunch>,
    /// Head, sender and port time of messages that are taken one by one.
    single: Vec<(i64, i64, i64)>,
}

impl Receiver<'_> {
    /// Serves all that arrives at the member at `position`, and lets its lane take it.
    fn receive(
        &mut self,
        position: i64,
        row: &mut [u64],
        slots: usize,
        order: Order,
    ) -> Result<(), Unfit> {
        self.find(position);
        let port = PORTS + slots + self.sent.rx;
        let seen = &mut row[port + slots];
        let (Some(first), Some(last)) =
            (self.bunches.first(), self.bunches.iter().map(Bunch::last).max())
        else {
            return Ok(());
        };
        order.keeps(seen.checked_sub(1), first.head as u64)?;
        *seen = last as u64 + 1;
        let lane = row[NOW] as i64;
        let mut taking = Taking { free: row[port] as i64, worked: lane, now: lane };
        // As many for each, so that threads change nothing.
        let mut left = MOST_SINGLE / self.sent.period as u64;
        let mut at = 0;
        while at < self.bunches.len() {
            let first = self.bunches[at];
            let (mut end, mut last) = (at + 1, first.last());
            while let Some(next) = self.bunches.get(end) {
                // Messages that arrive together and are as long may be served in any order.
                let alike = end == at + 1 && next.busy == first.busy;
                if next.head > last || next.head == last && alike {
                    break;
                }
                last = last.max(next.last());
                end += 1;
            }
            if end == at + 1 {
                taking.take(&first, self.rules);
            } else {
                self.one_by_one(at..end, &mut taking, &mut left)?;
            }
            at = end;
        }
        row[port] = taking.free as u64;
        row[NOW] = taking.now.max(taking.worked) as u64;
        Ok(())
    }

    /// All that the member at `position` takes, by the first arrival of each bunch.
    fn find(&mut self, position: i64) {
        self.bunches.clear();
        let laps = self.sent.size / self.sent.period;
        for (lap, senders) in
            (0..laps).flat_map(|lap| self.sent.senders.iter().map(move |senders| (lap, senders)))
        {
            let first = senders.first + lap * self.sent.period;
            let own = (position - first).clamp(0, senders.len);
            let mut take = |part| {
                self.sent.bunches(senders, (first, position), part, &mut self.bunches);
            };
            take((0, own));
            // A member does not send to itself.
            take((own + i64::from(first + own == position), senders.len));
        }
        self.bunches.sort_unstable_by_key(|bunch| (bunch.head, bunch.first));
    }

    /// Bunches that overlap.
    fn one_by_one(
        &mut self,
        bunches: std::ops::Range<usize>,
        taking: &mut Taking,
        left: &mut u64,
    ) -> Result<(), Unfit> {
        self.single.clear();
        for bunch in &self.bunches[bunches] {
            *left = left.checked_sub(bunch.len as u64).ok_or(Unfit::Large)?;
            let message = |nth: i64| {
                (bunch.head + nth * bunch.step, bunch.first + nth * bunch.next, bunch.busy)
            };
            self.single.extend((0..bunch.len).map(message));
        }
        self.single.sort_unstable();
        // Members of one class number their peers differently: a tie must not matter.
        let ties = |two: &[(i64, i64, i64)]| two[0].0 == two[1].0 && two[0].2 != two[1].2;
        if self.sent.period < self.sent.size && self.single.windows(2).any(ties) {
            return Err(Unfit::Tie);
        }
        for (head, first, busy) in &self.single {
            let one = Bunch { head: *head, step: 0, len: 1, busy: *busy, first: *first, next: 1 };
            taking.take(&one, self.rules);
        }
        Ok(())
    }
}
