//! Both machines under one profile: the wire against the wire, or library against library.

use supernode_units::Precision;

use crate::all_reduce::{AllReduce, all_reduce};
use crate::flip::{Flips, flips};
use crate::question::Question;
use crate::{Basis, Machine, Row, StrategyError};

/// What a comparison says under one profile.
#[derive(Debug)]
pub struct Contest {
    /// All-reduce by bytes on the whole of each machine, or why there is none.
    pub all_reduce: [Result<Vec<AllReduce>, StrategyError>; 2],
    /// Training on each basis.
    pub rows: Vec<Row>,
    /// Where the first row's verdict turns; `None` where it cannot.
    pub flips: Option<Flips>,
}

impl Contest {
    /// The machines, each in its precision of `native`.
    ///
    /// # Errors
    /// When a value that every row needs is unknown.
    pub(crate) fn new(
        machines: &[Machine; 2],
        native: [Precision; 2],
        question: Question<'_>,
    ) -> Result<Self, StrategyError> {
        let row = |basis| Row::new(basis, machines, native, question);
        // What the first row needs, every row needs.
        let mut rows = vec![row(Basis::ALL[0]).complete()?];
        rows.extend(Basis::ALL[1..].iter().copied().map(row));
        let flips = flips(&rows[0], question);
        Ok(Self { all_reduce: machines.each_ref().map(all_reduce), rows, flips })
    }
}
