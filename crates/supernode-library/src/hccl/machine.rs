use std::fmt;
use std::str::FromStr;

use crate::LibraryError;
use crate::named::named;

/// Generations of Ascend systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    /// Atlas 910, the first.
    A1,
    /// 910B.
    A2,
    /// 910C: two dies a package, servers joined to supernodes.
    A3,
    /// 950.
    A5,
}

impl Generation {
    /// All generations.
    pub const ALL: [Self; 4] = [Self::A1, Self::A2, Self::A3, Self::A5];

    /// The chip's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A1 => "910a",
            Self::A2 => "910b",
            Self::A3 => "910c",
            Self::A5 => "950",
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Generation {
    type Err = LibraryError;
    fn from_str(text: &str) -> Result<Self, LibraryError> {
        named("Ascend generation", &Self::ALL, Self::name, text)
    }
}

/// What HCCL needs to know of a communicator; every server is alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of HCCL")]
pub struct Machine {
    /// The chips.
    pub generation: Generation,
    /// Devices (dies, for 910C) of a server.
    pub devices: u32,
    /// Servers of a supernode, or in all where there are none.
    pub servers: u32,
    /// Supernodes.
    pub supernodes: u32,
    /// Whether sums have to be the same in every run (`HCCL_DETERMINISTIC`).
    pub deterministic: bool,
    /// Whether links reduce what they deliver.
    pub inline_reduce: bool,
    /// Whether RDMA goes without the host.
    pub rdma_lite: bool,
    /// Whether vector cores may move data (AIV).
    pub vector_cores: bool,
    /// HCCS ports of a device.
    pub hccs_ports: u32,
}

impl Machine {
    /// One supernode of servers with 8 (910C: 16) devices and everything switched on.
    pub const fn new(generation: Generation, servers: u32) -> Self {
        Self {
            generation,
            devices: if matches!(generation, Generation::A3) { 16 } else { 8 },
            servers,
            supernodes: 1,
            deterministic: false,
            inline_reduce: true,
            rdma_lite: true,
            vector_cores: true,
            hccs_ports: 7,
        }
    }

    /// Ranks of the communicator.
    pub const fn ranks(&self) -> u32 {
        self.devices.saturating_mul(self.servers).saturating_mul(self.supernodes)
    }

    /// Says what is impossible.
    ///
    /// # Errors
    /// [`LibraryError::Machine`] for fewer than 2 ranks or more than 2^20.
    pub fn check(&self) -> Result<(), LibraryError> {
        let ranks = [self.servers, self.supernodes]
            .into_iter()
            .fold(u128::from(self.devices), |product, n| product * u128::from(n));
        if (2..=1 << 20).contains(&ranks) {
            return Ok(());
        }
        Err(LibraryError::Machine {
            what: "the number of ranks",
            value: ranks.to_string(),
            allowed: "from 2 to 2^20",
        })
    }
}
