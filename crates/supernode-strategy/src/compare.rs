//! The strategy question: one machine against another, posed fairly.

use supernode_catalog::Catalog;
use supernode_library::{Library, LibraryError};

use crate::ahead::{Ahead, ahead};
use crate::contest::Contest;
use crate::facts::{Fact, facts};
use crate::failures::Failures;
use crate::modelled::{Modelled, modelled};
use crate::question::Question;
use crate::timing::Timings;
use crate::{Assumptions, Machine, StrategyError, Workload};

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
    /// Interruptions.
    pub failures: [Failures; 2],
    /// Wire against wire: hardware only.
    pub wire: Contest,
    /// Library against library, each machine by that of its chips; or everything that keeps them
    /// from it.
    pub library: Result<Contest, Vec<StrategyError>>,
    /// Machines that train faster by their library than on the wire.
    pub ahead: Vec<Ahead>,
    /// The library of each machine, if it has one.
    pub libraries: [Option<Installed>; 2],
}

/// A machine's library.
#[derive(Debug, Clone)]
pub struct Installed {
    /// Which.
    pub library: Library,
    /// What its costs rest on, a sentence each.
    pub basis: Vec<String>,
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
    let mut machines = [Machine::new(catalog, a)?, Machine::new(catalog, b)?];
    // A system against itself shares all of its ranges.
    let shared = machines[0].chip.id == machines[1].chip.id
        && machines[0].system.id != machines[1].system.id;
    for machine in &mut machines {
        machine.shares_chip = shared;
    }
    let native = [
        machines[0].chip.native(workload.precision)?,
        machines[1].chip.native(workload.precision)?,
    ];
    let question = Question { workload, assumptions, timings: &Timings::default() };
    let wire = Contest::new(&machines, native, question)?;
    let equipped = machines.each_ref().map(Machine::with_library);
    let libraries = equipped.each_ref().map(|machine| machine.as_ref().ok().and_then(installed));
    let library = match equipped {
        [Ok(a), Ok(b)] => Contest::new(&[a, b], native, question).map_err(|error| vec![error]),
        missing => Err(errors(missing)),
    };
    let ahead = match &library {
        Ok(library) => ahead(&wire, library, question)?,
        Err(_) => Vec::new(),
    };
    let failures = machines.each_ref().map(|machine| Failures::of(machine, assumptions));
    Ok(Comparison {
        workload: *workload,
        assumptions: *assumptions,
        facts: facts(&machines)?,
        modelled: modelled(&machines),
        machines,
        failures,
        wire,
        library,
        ahead,
        libraries,
    })
}

fn installed(machine: &Machine) -> Option<Installed> {
    let software = machine.library.as_ref()?;
    let basis = software.basis(&machine.system, &machine.chip).unwrap_or_default();
    Some(Installed { library: software.library, basis })
}

/// What is missing, once where both machines lack the same.
fn errors(machines: [Result<Machine, LibraryError>; 2]) -> Vec<StrategyError> {
    let mut missing: Vec<_> = machines.into_iter().filter_map(Result::err).collect();
    missing.dedup();
    missing.into_iter().map(StrategyError::from).collect()
}
