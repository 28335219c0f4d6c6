//! Writes out the steps of a program as a schedule.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use supernode_collectives::{Rank, Shape, Step, Table};

use super::{Host, RankHandle};
use crate::EmulatorError;

/// Steps of all ranks that are recorded: about 300 MB.
const STEPS_MAX: usize = 1 << 22;

/// What was recorded so far.
pub(super) struct Tape {
    lanes: Vec<Vec<Step>>,
    steps: usize,
    /// Why it goes no further: the rank, and what it does.
    fault: Option<(Rank, &'static str)>,
}

impl Tape {
    pub(super) fn push(&mut self, rank: Rank, step: Step) -> Poll<()> {
        if self.steps == STEPS_MAX {
            return self.refuse(rank, "takes more steps than are recorded (4,194,304)");
        }
        self.lanes[rank as usize].push(step);
        self.steps += 1;
        Poll::Ready(())
    }

    pub(super) fn refuse<T>(&mut self, rank: Rank, what: &'static str) -> Poll<T> {
        self.fault = self.fault.or(Some((rank, what)));
        Poll::Pending
    }
}

/// Runs `program` for each rank of `shape` without data and without messages, and writes out the steps
/// that it takes. The result is a schedule as any other: for [`prove`], the engines, and the emulator.
///
/// A program is a function of rank and number of ranks: one lane, two-sided. `shape.lanes` and
/// `shape.ports` are worked out.
///
/// # Errors
/// [`EmulatorError::NotRecordable`] if the program reads or writes data, asks for the time, waits for
/// anything but its handle, or takes more than 2^22 steps; [`EmulatorError::Schedule`] if a step names
/// a rank or a chunk that does not exist.
///
/// ```
/// use supernode_collectives::prove::{Options, prove};
/// use supernode_collectives::{Collective, Shape, Span};
/// use supernode_emulator::{RankHandle, record};
///
/// // Everyone sends all it has to the next rank.
/// async fn shift(rank: RankHandle) {
///     let (me, n) = (rank.rank(), rank.ranks());
///     rank.exchange((me + 1) % n, Span::input(0, n), (me + n - 1) % n, Span::output(0, n)).await;
/// }
///
/// let schedule = record(Shape::new(Collective::SendRecv, 5), shift)?;
/// assert!(prove(&schedule, &Options::default())?.holds());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`prove`]: supernode_collectives::prove::prove
pub fn record<F>(shape: Shape, program: impl Fn(RankHandle) -> F) -> Result<Table, EmulatorError>
where
    F: Future<Output = ()>,
{
    let lanes = vec![Vec::new(); shape.ranks as usize];
    let tape = Rc::new(RefCell::new(Tape { lanes, steps: 0, fault: None }));
    let host = Host::Record(Rc::clone(&tape));
    for rank in 0..shape.ranks {
        let future = pin!(program(RankHandle::new(rank, shape.ranks, &host)));
        let done = future.poll(&mut Context::from_waker(Waker::noop())).is_ready();
        let tape = tape.borrow();
        let foreign = (!done).then_some((rank, "waits for something else than its handle"));
        if let Some((rank, what)) = tape.fault.or(foreign) {
            let step = tape.lanes[rank as usize].len();
            return Err(EmulatorError::NotRecordable { rank, step, what });
        }
    }
    let lanes = std::mem::take(&mut tape.borrow_mut().lanes);
    Ok(Table::new(Shape { lanes: 1, ..shape }, lanes)?)
}
