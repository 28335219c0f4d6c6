//! A communicator on a catalog system: what the library chooses for a call, and how long it takes.
//!
//! ```
//! use supernode_catalog::Catalog;
//! use supernode_library::costs::Costs;
//! use supernode_library::nccl::Call;
//! use supernode_library::{Communicator, Function, Launched, Platform};
//!
//! let catalog = Catalog::builtin()?;
//! let platform = Platform::of(&catalog, catalog.system("dgx-h100")?)?;
//! let communicator = Communicator::new("nccl:2.29".parse()?, platform, 1, 8, Costs::builtin()?)?;
//! let call = Call::new(Function::AllReduce, "1G".parse()?);
//! let choice = communicator.choose(&call);
//! assert_eq!(choice.name(), "NVLS/Simple");
//! let time = communicator.time(&call, &choice, Launched::default());
//! assert!((2_000.0..5_000.0).contains(&time.as_us_f64()), "{time}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod basis;

use std::sync::Arc;

use supernode_catalog::Transport;
use supernode_units::Time;

pub use basis::Basis;
pub(crate) use basis::fitted;

use crate::costs::{Costs, Rates};
use crate::nccl::{Call, Choice, Constants, Tuner};
use crate::profile::Library;
use crate::{Launched, LibraryError, Platform, Predictor};

/// Ranks of NCCL or RCCL on one kind of machine, with what their software costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Communicator {
    /// The library.
    pub library: Library,
    /// The hardware.
    pub platform: Platform,
    /// What the library knows of it.
    pub tuner: Tuner,
    costs: Arc<Costs>,
}

impl Communicator {
    /// `nodes` nodes with `per_node` ranks each, every rank with its share of the node's NICs.
    ///
    /// # Errors
    /// [`LibraryError::Platform`] where the library does not run there; versions that are too old;
    /// machines that cannot exist.
    pub fn new(
        library: Library,
        platform: Platform,
        nodes: u32,
        per_node: u32,
        costs: Costs,
    ) -> Result<Self, LibraryError> {
        let constants = Constants::of(library.nccl_version())?;
        Self::with(library, platform, nodes, per_node, constants, costs)
    }

    /// [`Communicator::new`] with constants that were read before.
    ///
    /// # Errors
    /// As [`Communicator::new`].
    pub fn with(
        library: Library,
        platform: Platform,
        nodes: u32,
        per_node: u32,
        constants: impl Into<Arc<Constants>>,
        costs: impl Into<Arc<Costs>>,
    ) -> Result<Self, LibraryError> {
        library.check(&platform.system, platform.architecture)?;
        let (constants, costs) = (constants.into(), costs.into());
        let machine = platform.nccl(nodes, per_node, None, &constants.tables)?;
        let mut tuner = Tuner::new(constants, machine)?;
        // The plugin of the first EFA allows nothing else.
        if nodes > 1 && platform.network == Some(Transport::Efa) {
            tuner.forced.protocols = "Simple".parse()?;
        }
        Ok(Self { library, platform, tuner, costs })
    }

    /// The constants of this machine.
    pub fn rates(&self) -> Rates<'_> {
        self.costs.rates(self.platform.architecture, self.platform.network)
    }

    /// What the built-in costs of this machine rest on.
    ///
    /// # Errors
    /// None in a released crate: a test reads the files.
    pub fn basis(&self) -> Result<Vec<Basis>, LibraryError> {
        let network = self.platform.network.map_or("unknown", Transport::as_str);
        let network = (self.tuner.machine.nodes > 1).then_some(network);
        basis::of(self.platform.architecture, network)
    }

    /// The model of this communicator.
    pub fn predictor(&self) -> Predictor<'_> {
        let per_node = self.tuner.machine.ranks_per_node;
        Predictor {
            tuner: &self.tuner,
            rates: self.rates(),
            link_gb_s: self.platform.reached_gb_s(per_node),
            nics_gb_s: self.platform.node_nics_gb_s(per_node),
        }
    }

    /// What the library runs for `call`. RCCL's own tables need figures of each topology that are
    /// not known here: it is taken to choose the fastest that it has.
    pub fn choose(&self, call: &Call) -> Choice {
        if !matches!(self.library, Library::Rccl) {
            return self.tuner.choose(call);
        }
        self.predictor().fastest(call)
    }

    /// How long `call` takes as `choice`.
    pub fn time(&self, call: &Call, choice: &Choice, launched: Launched) -> Time {
        self.predictor().time(call, choice, launched)
    }
}
