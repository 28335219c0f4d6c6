//! What a chip is: the schema of a `[chip.ID]` table.

use serde::Deserialize;
use supernode_units::{
    Bandwidth, Capacity, Confidence, FlopRate, Power, Precision, Price, Sourced, Time, Value,
};

use crate::Architecture;

/// One accelerator package.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Chip {
    /// Id; the key of the table.
    #[serde(skip)]
    pub id: String,
    /// Full name.
    pub name: String,
    /// Who makes it.
    pub vendor: String,
    /// Year of first shipment.
    pub year: u32,
    /// Shipping, announced, roadmap, with what a reader should know.
    pub status: String,
    /// The family that a communication library tunes for; absent if not known.
    pub architecture: Option<Architecture>,
    /// Other ids.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Compute dies in the package; printed, never multiplied.
    #[serde(default = "one")]
    pub dies: u32,
    /// What ranks run on, per package.
    #[serde(default = "one")]
    pub devices: u32,
    /// Default source of every value.
    pub source: String,
    /// Default confidence of every value.
    pub confidence: Confidence,
    /// Caveats.
    #[serde(default)]
    pub notes: String,
    /// Memory technology.
    #[serde(default)]
    pub memory_kind: String,
    /// Name and make-up of the scale-up links.
    #[serde(default)]
    pub scale_up_link: String,
    /// Dense compute rates of the package.
    #[serde(default)]
    pub compute: Compute,
    /// Rates with structured sparsity, as published; never used for a time.
    #[serde(default)]
    pub sparse: Compute,
    /// Memory of the package.
    #[serde(default)]
    pub memory: Memory,
    /// Links of the package, per direction.
    #[serde(default)]
    pub ports: Ports,
    /// What joins the devices of a package, if there are several.
    pub on_package: Option<OnPackage>,
    /// What copies and reduces, per device.
    #[serde(default)]
    pub engines: Engines,
    /// Cost of starting a collective.
    #[serde(default)]
    pub launch: Launch,
    /// Power and price of the package.
    #[serde(default)]
    pub economy: Economy,
}

const fn one() -> u32 {
    1
}

/// Declares a table of sourced values with a method that visits each.
macro_rules! table {
    (
        $(#[$doc:meta])* $name:ident {
            $( $(#[$field_doc:meta])* $field:ident: $type:ty = $key:literal, )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
        pub struct $name {
            $( $(#[$field_doc])* #[serde(rename = $key)] pub $field: Sourced<$type>, )*
        }

        impl $name {
            fn visit(&self, table: &str, visit: &mut dyn FnMut(Entry<'_>)) {
                $( visit(Entry::of(format!("{table}.{}", $key), &self.$field)); )*
            }

            fn inherit(&mut self, source: &str, confidence: Confidence) {
                $( self.$field.inherit(source, confidence); )*
            }

            fn set(&mut self, key: &str, text: &str) -> Option<Result<(), supernode_units::UnitError>> {
                match key {
                    $( $key => Some(override_value(&mut self.$field, text)), )*
                    _ => None,
                }
            }

            fn figure(&self, key: &str) -> Option<Value<f64>> {
                match key {
                    $( $key => Some(self.$field.value.map(f64::from)), )*
                    _ => None,
                }
            }

            const KEYS: &'static [&'static str] = &[$( $key ),*];
        }
    };
}

table! {
    /// Operations per second of a package by precision.
    Compute {
        /// 64-bit floating point on the vector units.
        fp64: FlopRate = "fp64",
        /// 64-bit floating point on the matrix units.
        fp64_tensor: FlopRate = "fp64-tensor",
        /// 32-bit floating point on the vector units.
        fp32: FlopRate = "fp32",
        /// TF32 on the matrix units.
        tf32: FlopRate = "tf32",
        /// bf16 and fp16 on the matrix units.
        bf16: FlopRate = "bf16",
        /// 8-bit floating point on the matrix units.
        fp8: FlopRate = "fp8",
        /// 8-bit integers on the matrix units.
        int8: FlopRate = "int8",
        /// 4-bit floating point on the matrix units.
        fp4: FlopRate = "fp4",
    }
}

impl Compute {
    /// The rate at `precision`.
    pub fn at(&self, precision: Precision) -> &Sourced<FlopRate> {
        match precision {
            Precision::Fp64 => &self.fp64,
            Precision::Fp64Tensor => &self.fp64_tensor,
            Precision::Fp32 => &self.fp32,
            Precision::Tf32 => &self.tf32,
            Precision::Bf16 => &self.bf16,
            Precision::Fp8 => &self.fp8,
            Precision::Int8 => &self.int8,
            Precision::Fp4 => &self.fp4,
        }
    }

    /// The rate at `precision`, to be changed.
    pub fn at_mut(&mut self, precision: Precision) -> &mut Sourced<FlopRate> {
        match precision {
            Precision::Fp64 => &mut self.fp64,
            Precision::Fp64Tensor => &mut self.fp64_tensor,
            Precision::Fp32 => &mut self.fp32,
            Precision::Tf32 => &mut self.tf32,
            Precision::Bf16 => &mut self.bf16,
            Precision::Fp8 => &mut self.fp8,
            Precision::Int8 => &mut self.int8,
            Precision::Fp4 => &mut self.fp4,
        }
    }
}

table! {
    /// Memory of a package.
    Memory {
        /// Bytes.
        capacity: Capacity = "capacity",
        /// Bytes per second, reads and writes together.
        bandwidth: Bandwidth = "bandwidth",
    }
}

table! {
    /// Links of a package, all ports together, in one direction.
    Ports {
        /// To the other chips of the pod.
        scale_up: Bandwidth = "scale-up",
        /// To other pods.
        scale_out: Bandwidth = "scale-out",
        /// To the host.
        host: Bandwidth = "host",
    }
}

table! {
    /// The link between the devices of a package, per device and direction.
    OnPackage {
        /// Bytes per second.
        bandwidth: Bandwidth = "bandwidth",
        /// One way, end to end.
        latency: Time = "latency",
    }
}

table! {
    /// Rates of a device's engines.
    Engines {
        /// Bytes of incoming operand reduced per second.
        reduce: Bandwidth = "reduce",
        /// Bytes copied per second.
        copy: Bandwidth = "copy",
    }
}

table! {
    /// Cost of starting one collective.
    Launch {
        /// Enqueued on a stream.
        stream: Time = "stream",
        /// Replayed from a captured graph.
        graph: Time = "graph",
        /// Started by the device itself.
        device: Time = "device",
    }
}

table! {
    /// What a package draws and costs.
    Economy {
        /// Power limit of the package.
        power: Power = "power",
        /// Price of the package.
        price: Price = "price",
    }
}

/// One value of a chip, as `show` prints it.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Key path, such as `memory.bandwidth`.
    pub key: String,
    /// The figure with its unit.
    pub value: String,
    /// Whether there is a figure.
    pub known: bool,
    /// Where it is published.
    pub source: Option<&'a str>,
    /// Who says so.
    pub confidence: Option<Confidence>,
    /// What a reader has to know.
    pub note: Option<&'a str>,
}

impl<'a> Entry<'a> {
    /// The entry of one value.
    pub fn of<T: std::fmt::Display + Copy>(key: String, value: &'a Sourced<T>) -> Self {
        Self {
            key,
            value: value.value.to_string(),
            known: !value.value.is_unknown(),
            source: value.source.as_deref(),
            confidence: value.confidence,
            note: value.note.as_deref(),
        }
    }
}

/// Replaces a value by what the user gives.
fn override_value<T>(value: &mut Sourced<T>, text: &str) -> Result<(), supernode_units::UnitError>
where
    T: std::str::FromStr<Err = supernode_units::UnitError> + PartialOrd,
{
    *value = Sourced {
        value: text.parse()?,
        source: Some("--set".to_owned()),
        confidence: Some(Confidence::User),
        note: None,
    };
    Ok(())
}

impl Chip {
    /// Fills in source and confidence of every value that has none of its own.
    pub fn inherit(&mut self) {
        let (source, confidence) = (self.source.clone(), self.confidence);
        self.compute.inherit(&source, confidence);
        self.sparse.inherit(&source, confidence);
        self.memory.inherit(&source, confidence);
        self.ports.inherit(&source, confidence);
        self.engines.inherit(&source, confidence);
        self.launch.inherit(&source, confidence);
        self.economy.inherit(&source, confidence);
        if let Some(on_package) = &mut self.on_package {
            on_package.inherit(&source, confidence);
        }
    }

    /// Calls `visit` with every value, known or not, in the order of the schema.
    pub fn for_each(&self, visit: &mut dyn FnMut(Entry<'_>)) {
        self.compute.visit("compute", visit);
        self.sparse.visit("sparse", visit);
        self.memory.visit("memory", visit);
        self.ports.visit("ports", visit);
        if let Some(on_package) = &self.on_package {
            on_package.visit("on-package", visit);
        }
        self.engines.visit("engines", visit);
        self.launch.visit("launch", visit);
        self.economy.visit("economy", visit);
    }

    /// The value at `key`, such as `memory.bandwidth`, in base units (FLOP/s, bytes, bytes/s,
    /// seconds, watts, US dollars); `None` if there is no such key.
    pub fn figure(&self, key: &str) -> Option<Value<f64>> {
        let (table, key) = key.split_once('.')?;
        match table {
            "compute" => self.compute.figure(key),
            "sparse" => self.sparse.figure(key),
            "memory" => self.memory.figure(key),
            "ports" => self.ports.figure(key),
            "on-package" => self.on_package.as_ref()?.figure(key),
            "engines" => self.engines.figure(key),
            "launch" => self.launch.figure(key),
            "economy" => self.economy.figure(key),
            _ => None,
        }
    }

    /// Replaces the value at `key`, such as `memory.bandwidth`; `None` if there is no such key.
    pub fn set(&mut self, key: &str, text: &str) -> Option<Result<(), supernode_units::UnitError>> {
        let (table, key) = key.split_once('.')?;
        match table {
            "compute" => self.compute.set(key, text),
            "sparse" => self.sparse.set(key, text),
            "memory" => self.memory.set(key, text),
            "ports" => self.ports.set(key, text),
            "on-package" => self.on_package.as_mut()?.set(key, text),
            "engines" => self.engines.set(key, text),
            "launch" => self.launch.set(key, text),
            "economy" => self.economy.set(key, text),
            _ => None,
        }
    }

    /// Every key that [`Chip::set`] knows.
    pub fn keys() -> Vec<String> {
        let tables: [(&str, &[&str]); 8] = [
            ("compute", Compute::KEYS),
            ("sparse", Compute::KEYS),
            ("memory", Memory::KEYS),
            ("ports", Ports::KEYS),
            ("on-package", OnPackage::KEYS),
            ("engines", Engines::KEYS),
            ("launch", Launch::KEYS),
            ("economy", Economy::KEYS),
        ];
        let join = |(table, keys): &(&str, &'static [&'static str])| {
            let table = (*table).to_owned();
            keys.iter().map(move |key| format!("{table}.{key}")).collect::<Vec<_>>()
        };
        tables.iter().flat_map(join).collect()
    }
}
