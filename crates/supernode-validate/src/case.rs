//! Measured rows made ready for a model: what ran where, how it was called, and what it took.

use std::collections::BTreeMap;

use supernode_catalog::{Catalog, System, Transport};
use supernode_chip::Architecture;
use supernode_library::Predictor;
use supernode_library::costs::Costs;
use supernode_library::nccl::{Call, Choice};
use supernode_units::{MessageSize, Time};

mod assumed;
mod impossible;
mod subject;
mod told;

pub use assumed::Assumption;
use assumed::{Assumed, Guess};
pub use impossible::Impossible;
use subject::Subject;
use told::element;

use crate::{Class, Curve, Kind, Launch, Processes};

/// All rows of curves that a library's profile can be asked for, and why it cannot be for others.
#[derive(Debug)]
pub struct Bench<'a> {
    /// The curves.
    pub curves: &'a [Curve],
    /// Rows with a prediction, in the order of the curves.
    pub cases: Vec<Case>,
    /// Rows that their machines cannot have measured, in the order of the curves; none is a case.
    pub impossible: Vec<Impossible>,
    subjects: Vec<Result<Subject, String>>,
    hidden_us: f64,
}

/// A row that a model can be asked for.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Index of the curve.
    pub curve: usize,
    /// Index of the row in its curve.
    pub row: usize,
    /// What was called.
    pub call: Call,
    /// What the library chooses; none where it is taken to choose the fastest.
    choice: Option<Choice>,
    /// What was measured.
    pub measured: Time,
    /// Whether a model may be fitted on it.
    pub fit: bool,
    /// Which process launched for which rank, as far as it is known.
    pub processes: Option<Processes>,
    /// How calls reached the devices.
    pub launch: Launch,
    /// Measured with a version that is older than any tables there are.
    pub dated: bool,
}

impl<'a> Bench<'a> {
    /// Looks up the hardware and the library's choices for all `curves`, each on the system that
    /// stands for its machine.
    pub fn new(catalog: &Catalog, curves: &'a [Curve]) -> Self {
        Self::on(catalog, curves, |curve| catalog.measured_as(&curve.hardware))
    }

    /// As [`Bench::new`], with `system` to say which system stands for the machine of a curve.
    pub fn on<'c>(
        catalog: &'c Catalog,
        curves: &'a [Curve],
        system: impl Fn(&Curve) -> Option<&'c System>,
    ) -> Self {
        let assumed = Assumed::builtin();
        let subject = |curve| {
            let system = system(curve)
                .ok_or_else(|| format!("no catalog system stands for `{}`", curve.hardware))?;
            Subject::of(catalog, assumed.as_ref().map_err(String::clone)?, curve, system)
        };
        let subjects: Vec<_> = curves.iter().map(subject).collect();
        let (mut cases, mut impossible) = (Vec::new(), Vec::new());
        for (curve, (measured, subject)) in curves.iter().zip(&subjects).enumerate() {
            let Ok(subject) = subject else { continue };
            // Without GPUDirect every byte takes a way through the host, and launches of virtual
            // functions one through the hypervisor, that are not modelled.
            let staged = measured.notes.contains("no GDR");
            let virtual_chips = measured.hardware.contains(" VF");
            for (index, row) in measured.rows.iter().enumerate() {
                let (Some(timing), Some(bytes)) = (measured.timing(row), row.bytes) else {
                    continue;
                };
                let mut call = Call::new(subject.function, MessageSize::new(bytes));
                call.element = element(measured);
                if let Some(what) = subject.cannot(&call, timing.time) {
                    impossible.push(Impossible { curve, row: index, what });
                    continue;
                }
                cases.push(Case {
                    curve,
                    row: index,
                    call,
                    choice: (!subject.free).then(|| {
                        let mut choice = subject.tuner.choose(&call);
                        let (least, most) = subject.channels;
                        choice.channels = choice.channels.clamp(least, most.max(least));
                        choice
                    }),
                    measured: timing.time,
                    fit: measured.unfit(row).is_none()
                        && subject.told(&call)
                        && !staged
                        && (!virtual_chips || Class::of(bytes) == Class::Bandwidth),
                    dated: subject.dated,
                    processes: measured.processes,
                    launch: subject.launched.by,
                });
            }
        }
        let hidden_us = assumed.map_or(0.0, |assumed| assumed.hidden_us());
        Self { curves, cases, impossible, subjects, hidden_us }
    }

    /// Why `curve` has no prediction.
    pub fn refusal(&self, curve: usize) -> Option<&str> {
        self.subjects[curve].as_ref().err().map(String::as_str)
    }

    /// Whether the launches of one process for all ranks of a node may take as long as the kernel.
    pub(crate) fn is_hidden(&self, case: &Case) -> bool {
        let ranks = f64::from(self.curves[case.curve].chips);
        case.processes == Some(Processes::PerNode)
            && case.measured.as_us_f64() < self.hidden_us * ranks
    }

    /// What was assumed of the rows with a prediction, most rows first.
    pub fn assumptions(&self) -> Vec<Assumption> {
        let mut found: BTreeMap<&Guess, (usize, usize)> = BTreeMap::new();
        for curve in self.cases.chunk_by(|a, b| a.curve == b.curve) {
            let subject = curve.first().and_then(|case| self.subjects[case.curve].as_ref().ok());
            for guess in subject.iter().flat_map(|subject| &subject.guesses) {
                let (rows, curves) = found.entry(guess).or_default();
                *rows += curve.len();
                *curves += 1;
            }
        }
        let of = |((what, why), (rows, curves)): (&Guess, (usize, usize))| {
            let (what, why) = (what.clone(), why.clone());
            Assumption { what, why, rows, curves }
        };
        let mut all: Vec<Assumption> = found.into_iter().map(of).collect();
        all.sort_by_key(|assumption| std::cmp::Reverse(assumption.rows));
        all
    }

    /// The time of `case` with `costs`.
    pub fn predict(&self, case: &Case, costs: &Costs) -> Time {
        let Ok(subject) = &self.subjects[case.curve] else { return Time::ZERO };
        subject.predict(case, costs)
    }

    /// Architecture and network of a case.
    pub fn groups(&self, case: &Case) -> Option<(Architecture, Option<Transport>)> {
        let subject = self.subjects[case.curve].as_ref().ok()?;
        let network = (subject.tuner.machine.nodes > 1).then_some(subject.platform.network);
        Some((subject.platform.architecture, network.flatten()))
    }

    /// What `curve` is among the targets of the model; none where it has no prediction.
    pub fn kind(&self, curve: usize) -> Option<Kind> {
        let subject = self.subjects[curve].as_ref().ok()?;
        let machine = &subject.tuner.machine;
        Some(match subject.platform.scale_up {
            Some(Transport::Pcie) => Kind::Pcie,
            _ if subject.free => Kind::Amd,
            _ if machine.nodes > 1 => Kind::NvidiaNodes,
            _ => Kind::NvidiaNode,
        })
    }

    /// Id of the system that stands for the machine of `curve`; none where it has no prediction.
    pub fn system(&self, curve: usize) -> Option<&str> {
        Some(self.subjects[curve].as_ref().ok()?.platform.system.as_str())
    }

    /// The architecture of a case, by its word in the catalog.
    pub fn architecture(&self, case: &Case) -> Option<&'static str> {
        self.groups(case).map(|(architecture, _)| architecture.as_str())
    }

    /// Nodes of a case.
    pub fn nodes(&self, case: &Case) -> u32 {
        self.subjects[case.curve].as_ref().map_or(0, |subject| subject.tuner.machine.nodes)
    }

    /// `Ring/LL128` and the like.
    pub fn choice(&self, case: &Case, costs: &Costs) -> String {
        let Ok(subject) = &self.subjects[case.curve] else { return String::new() };
        let rates = subject.rates(costs);
        case.chosen(&subject.predictor(rates)).name()
    }
}

impl Case {
    /// What the library chooses, or the shortest kernel where no table says.
    fn chosen(&self, predictor: &Predictor<'_>) -> Choice {
        self.choice.unwrap_or_else(|| predictor.fastest(&self.call))
    }
}
