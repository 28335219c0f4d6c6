//! Measured rows made ready for a model: what ran where, how it was called, and what it took.

use std::collections::BTreeMap;

use supernode_catalog::{Catalog, Transport};
use supernode_library::costs::Costs;
use supernode_library::nccl::{Algorithm, Choice, Constants, Protocol, Request, Tuner};
use supernode_library::{Call, Element, Function, Launch, Platform, Predictor, Processes};
use supernode_units::Time;

use crate::{Curve, Operation, Row};

/// Catalog, tables and communicators, each read once.
#[derive(Debug)]
pub struct Bench {
    catalog: Catalog,
    subjects: Vec<Subject>,
}

/// A communicator of a curve.
#[derive(Debug)]
pub struct Subject {
    /// Hardware.
    pub platform: Platform,
    /// Nodes of the curve.
    pub nodes: u32,
    tuner: Tuner,
    network: Option<Transport>,
    link_gb_s: f64,
    nics_gb_s: f64,
}

/// A row that a model can be asked for.
#[derive(Debug, Clone)]
pub struct Case {
    /// Index into the curves.
    pub curve: usize,
    /// Index into the curve's rows.
    pub row: usize,
    /// Index into the subjects.
    pub subject: usize,
    /// What was called.
    pub call: Call,
    /// What the library chooses; none for sends and receives.
    pub choice: Option<Choice>,
    /// What was measured.
    pub measured: Time,
    /// Whether a model may be fitted on it.
    pub fit: bool,
}

impl Bench {
    /// The built-in catalog.
    ///
    /// # Errors
    /// None in a released crate: tests read the catalog.
    pub fn new() -> Result<Self, supernode_catalog::CatalogError> {
        Ok(Self { catalog: Catalog::builtin()?, subjects: Vec::new() })
    }
}
