//! The strategy question: one machine against another, posed fairly.

use supernode_catalog::Catalog;

use crate::all_reduce::{AllReduce, all_reduce};
use crate::facts::{Fact, facts};
use crate::failures::Failures;
use crate::flip::{Flips, flips};
use crate::modelled::{Modelled, modelled};
use crate::{Assumptions, Basis, Machine, Row, StrategyError, Workload};

/// Everything that a comparison says.
#[derive(Debug)]
pub struct Comparison {
    /// What is trained.
    pub workload: Workload,
    /// What was assumed.
    pub assumptions: Assumptions,
    /// The machines.
    pub machines: [Machine; 2],
    /// What they are made of.
    pub facts: Vec<Fact>,
    /// Values of theirs that nobody published, with the reason of each guess.
    pub modelled: Vec<Modelled>,
    /// All-reduce by bytes on the whole of each machine.
    pub all_reduce: Vec<(u64, [AllReduce; 2])>,
    /// Training on each basis.
    pub rows: Vec<Row>,
    /// Interruptions.
    pub failures: [Failures; 2],
    /// Where the first row's verdict turns; `None` where it cannot.
    pub flips: Option<Flips>,
}

/// Compares the systems `a` and `b`.
///
/// # Errors
/// When a name is unknown, the workload makes no sense, or a value that every row needs is unknown.
pub fn compare(
    catalog: &Catalog,
    a: &str,
    b: &str,
    workload: &Workload,
    assumptions: &Assumptions,
) -> Result<Comparison, StrategyError> {
    workload.check()?;
    let machines = [Machine::new(catalog, a)?, Machine::new(catalog, b)?];
    let native = [
        machines[0].chip.native(workload.precision)?,
        machines[1].chip.native(workload.precision)?,
    ];
    let row = |basis| Row::new(basis, &machines, native, workload, assumptions);
    // What the first row needs, every row needs.
    let mut rows = vec![row(Basis::ALL[0]).complete()?];
    rows.extend(Basis::ALL[1..].iter().copied().map(row));
    let flips = flips(&rows[0], workload, assumptions);
    let failures = machines.each_ref().map(|machine| Failures::of(machine, assumptions));
    Ok(Comparison {
        workload: *workload,
        assumptions: *assumptions,
        facts: facts(&machines)?,
        modelled: modelled(&machines),
        all_reduce: all_reduce(&machines)?,
        machines,
        rows,
        failures,
        flips,
    })
}
