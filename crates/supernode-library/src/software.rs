//! The library of a system's chips, ready to time any group of its devices at either end of what is
//! not known.
//!
//! ```
//! use supernode_catalog::{Catalog, End};
//! use supernode_library::{Function, Software};
//!
//! let catalog = Catalog::builtin()?;
//! let system = catalog.system("cloudmatrix-384")?;
//! let chip = catalog.chip_of(system)?;
//! let hccl = Software::of(system, chip)?;
//! let at = |end| hccl.on(system, chip, end)?.group(16, 1)?.time(Function::AllGather, 1 << 20);
//! assert!(at(End::Best)? < at(End::Worst)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod group;

use std::sync::Arc;

use supernode_catalog::{End, System, Transport};
use supernode_chip::{Architecture, Chip};

pub use group::{Group, Installation};

use crate::communicator::fitted;
use crate::costs::{Costs, Kind};
use crate::{Basis, Library, LibraryError, hccl, nccl};

/// A library as it runs on one kind of chip and network: its tables, read once.
#[derive(Debug, Clone)]
pub struct Software {
    /// Which.
    pub library: Library,
    tables: Tables,
}

#[derive(Debug, Clone)]
enum Tables {
    /// NCCL, and RCCL, which follows it.
    Nccl(Arc<Nccl>),
    Hccl(Arc<hccl::Constants>),
}

#[derive(Debug)]
struct Nccl {
    library: Library,
    constants: Arc<nccl::Constants>,
    costs: Arc<Costs>,
    /// Kinds of chips and of networks whose costs bound those of this one: itself, and, where no
    /// curve of its kind was measured, every kind that was.
    chips: Vec<Architecture>,
    networks: Vec<Option<Transport>>,
    /// What the costs of the chip and of the network rest on.
    basis: [Basis; 2],
}

impl Software {
    /// The library that the chips of `system` run.
    ///
    /// # Errors
    /// [`LibraryError::Platform`] where the family of the chip is not known or none of the libraries
    /// is its own.
    pub fn of(system: &System, chip: &Chip) -> Result<Self, LibraryError> {
        let refuse = |why: String| LibraryError::Platform { system: system.id.clone(), why };
        let architecture = chip
            .architecture
            .ok_or_else(|| refuse(format!("the family of chip {} is not known", chip.id)))?;
        let library = Library::of(architecture)
            .ok_or_else(|| refuse(format!("none is built in for {architecture} chips")))?;
        let tables = match library {
            Library::Hccl => Tables::Hccl(Arc::new(hccl::Constants::builtin()?)),
            Library::Nccl(_) | Library::Rccl => {
                let network = system.scale_out_transport();
                Tables::Nccl(Arc::new(Nccl::new(library, architecture, network)?))
            }
        };
        Ok(Self { library, tables })
    }

    /// The library on the hardware of `system`, made of `chip`, at `end` of everything that is not
    /// known of both.
    ///
    /// # Errors
    /// [`LibraryError::Platform`] where the catalog lacks a value that is needed.
    pub fn on(&self, system: &System, chip: &Chip, end: End) -> Result<Installation, LibraryError> {
        Installation::new(&self.tables, system, chip, end)
    }

    /// What a step between servers takes in microseconds, at the least and at the most, where that is
    /// published of no machine (HCCL); `None` where steps are fitted.
    pub fn step_us(&self) -> Option<(f64, f64)> {
        let Tables::Hccl(constants) = &self.tables else { return None };
        Some((constants.steps.between_low, constants.steps.between_high))
    }

    /// The same with steps between servers of `us` microseconds, if [`Software::step_us`] has any.
    pub fn with_step_us(&self, us: f64) -> Option<Self> {
        let Tables::Hccl(constants) = &self.tables else { return None };
        let mut constants = hccl::Constants::clone(constants);
        (constants.steps.between_low, constants.steps.between_high) = (us, us);
        Some(Self { tables: Tables::Hccl(Arc::new(constants)), ..self.clone() })
    }

    /// What its costs on `system` rest on, a sentence each.
    ///
    /// # Errors
    /// As [`Software::on`].
    pub fn basis(&self, system: &System, chip: &Chip) -> Result<Vec<String>, LibraryError> {
        match &self.tables {
            Tables::Nccl(nccl) => Ok(nccl.basis.iter().map(bounded).collect()),
            Tables::Hccl(constants) => {
                let one = hccl::Communicator::with(constants.clone(), system, chip, [2, 1, 1])?;
                let [within, between] =
                    one.steps_us().map(|(low, high)| format!("{low}..{high} us"));
                Ok(vec![format!(
                    "steps are not published: modelled at {within} within a server, {between} \
                     between servers"
                )])
            }
        }
    }
}

/// A basis, and what stands for a kind that nobody measured.
fn bounded(basis: &Basis) -> String {
    match basis.fitted {
        0 => format!(
            "{}: no measured curve of its kind, costs between those of all others",
            basis.group
        ),
        _ => basis.to_string(),
    }
}

impl Nccl {
    fn new(
        library: Library,
        architecture: Architecture,
        network: Option<Transport>,
    ) -> Result<Self, LibraryError> {
        let (costs, priors) = (Costs::builtin()?, Costs::priors()?);
        let measured = |kind, name: &str| fitted(&costs, &priors, kind, name).0 > 0;
        let basis = |kind, what: &str, name: &str| {
            let (fitted, costs) = fitted(&costs, &priors, kind, name);
            Basis { group: format!("{what} {name}"), fitted, costs }
        };
        let name = network.map_or("unknown", Transport::as_str);
        let basis = [
            basis(Kind::Chip, "chip", architecture.as_str()),
            basis(Kind::Network, "network", name),
        ];
        let mut chips = vec![architecture];
        if basis[0].fitted == 0 {
            let same = |chip: &Architecture| {
                Library::of(*chip).is_some_and(|own| own.name() == library.name())
            };
            let others = Architecture::ALL.iter().copied().filter(same);
            chips.extend(others.filter(|chip| measured(Kind::Chip, chip.as_str())));
        }
        let mut networks = vec![network];
        if basis[1].fitted == 0 {
            let others = Transport::ALL.iter().copied();
            networks.extend(others.filter(|net| measured(Kind::Network, net.as_str())).map(Some));
        }
        let constants = Arc::new(nccl::Constants::of(library.nccl_version())?);
        Ok(Self { library, constants, costs: Arc::new(costs), chips, networks, basis })
    }
}
