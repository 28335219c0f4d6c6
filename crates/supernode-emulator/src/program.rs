//! Collectives of your own as an `async fn`: what it talks to is one rank.

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use supernode_collectives::{Action, Rank, Span, Step};
use supernode_units::Time;

mod live;
mod record;
mod seat;
mod stage;

pub use live::{Live, LiveReport};
pub use record::record;

use record::Tape;
use stage::{Halves, Stage};

/// One rank, to a program that is written for all of them.
///
/// Its operations are those of a schedule, on [`Span`]s of chunks: input, output and scratch. A program
/// that does nothing else takes the same steps whatever the data, and [`record`] writes them out as a
/// schedule to be proved, timed and emulated. [`RankHandle::read`], [`RankHandle::write`] and
/// [`RankHandle::now`] show more than a schedule knows: programs that use them run [`Live`] only.
pub struct RankHandle {
    rank: Rank,
    ranks: u32,
    host: Host,
}

/// What serves the operations of all ranks.
#[derive(Clone)]
enum Host {
    Record(Rc<RefCell<Tape>>),
    Live(Rc<RefCell<Stage>>),
}

impl RankHandle {
    fn new(rank: Rank, ranks: u32, host: &Host) -> Self {
        Self { rank, ranks, host: host.clone() }
    }

    /// Which rank it is.
    pub fn rank(&self) -> Rank {
        self.rank
    }

    /// How many there are.
    pub fn ranks(&self) -> u32 {
        self.ranks
    }

    /// Sends `src` to rank `to`; goes on as soon as the message is issued.
    pub async fn send(&self, to: Rank, src: Span) {
        self.take(Action::Send { to, src }).await;
    }

    /// Receives the next message of rank `from` into `dst`.
    pub async fn recv(&self, from: Rank, dst: Span) {
        self.take(Action::Recv { from, dst, with: None, more: false }).await;
    }

    /// Receives the next message of rank `from`, combines it with `with`, and stores the result in `dst`.
    pub async fn recv_reduce(&self, from: Rank, with: Span, dst: Span) {
        self.take(Action::Recv { from, dst, with: Some(with), more: false }).await;
    }

    /// Sends `src` to rank `to` while receiving from rank `from` into `dst` (`MPI_Sendrecv`).
    pub async fn exchange(&self, to: Rank, src: Span, from: Rank, dst: Span) {
        self.take(Action::Exchange { to, src, from, dst, with: None }).await;
    }

    /// As [`RankHandle::exchange`]; what arrives is combined with `with`.
    pub async fn exchange_reduce(&self, to: Rank, src: Span, from: Rank, with: Span, dst: Span) {
        self.take(Action::Exchange { to, src, from, dst, with: Some(with) }).await;
    }

    /// Receives from rank `from`, combines it with `with`, stores the result in `keep`, and sends it on to
    /// rank `to`, in one step. At least one of `with` and `keep` is given.
    pub async fn forward(&self, from: Rank, to: Rank, with: Option<Span>, keep: Option<Span>) {
        self.take(Action::Forward { from, to, with, keep }).await;
    }

    /// Copies `src` to `dst`.
    pub async fn copy(&self, src: Span, dst: Span) {
        self.take(Action::Copy { src, dst }).await;
    }

    /// Combines `src` into `dst`.
    pub async fn reduce(&self, src: Span, dst: Span) {
        self.take(Action::Reduce { src, dst }).await;
    }

    /// The bytes of `span`. What depends on them is not the same for all data: it cannot be recorded.
    pub async fn read(&self, span: Span) -> Vec<u8> {
        poll_fn(|_| match &self.host {
            Host::Record(tape) => tape.borrow_mut().refuse(self.rank, "reads data"),
            Host::Live(stage) => stage.borrow_mut().read(self.rank, span),
        })
        .await
    }

    /// Puts `bytes` where `span` is, as long as it. Cannot be recorded.
    pub async fn write(&self, span: Span, bytes: &[u8]) {
        poll_fn(|_| match &self.host {
            Host::Record(tape) => tape.borrow_mut().refuse(self.rank, "writes data of its own"),
            Host::Live(stage) => stage.borrow_mut().write(self.rank, span, bytes),
        })
        .await;
    }

    /// The clock of the rank, in virtual time. Cannot be recorded: a schedule does not know the time.
    pub async fn now(&self) -> Time {
        poll_fn(|_| match &self.host {
            Host::Record(tape) => tape.borrow_mut().refuse(self.rank, "asks for the time"),
            Host::Live(stage) => Poll::Ready(stage.borrow().now(self.rank)),
        })
        .await
    }

    async fn take(&self, action: Action) {
        // An exchange is sent once, and a random order lets others go first once.
        let mut halves = Halves::default();
        poll_fn(|_| match &self.host {
            Host::Record(tape) => tape.borrow_mut().push(self.rank, Step::new(action)),
            Host::Live(stage) => stage.borrow_mut().take(self.rank, action, &mut halves),
        })
        .await;
    }
}

impl fmt::Debug for RankHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rank {} of {}", self.rank, self.ranks)
    }
}
