//! From a catalog system to a fabric.

use std::str::FromStr;

use supernode_chip::Chip;
use supernode_fabric::{
    DeviceRates, Fabric, FabricConfig, FabricError, Hop, Level, LevelKind, Oversubscription,
    Spread, SwitchRate,
};
use supernode_units::{Bandwidth, Ratio, Sourced, Time, UnitError, Value};

use crate::CatalogError;
use crate::system::{KindName, LevelSpec, SpreadName, System, SystemKind};
use crate::validate::parse_oversubscription;

/// Which end of every range a model is built from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Low latencies, high bandwidths and efficiencies.
    Best,
    /// The middle of every range.
    Middle,
    /// High latencies, low bandwidths and efficiencies.
    Worst,
}

impl System {
    /// The levels of the fabric, an on-package level first where a package holds several devices.
    ///
    /// # Errors
    /// [`CatalogError::Missing`] for a bandwidth or latency that is needed and unknown.
    pub fn fabric_config(&self, chip: &Chip, end: End) -> Result<FabricConfig, CatalogError> {
        let mut levels = Vec::with_capacity(self.levels.len() + 1);
        if chip.devices > 1 {
            levels.push(on_package(chip, end)?);
        }
        for spec in &self.levels {
            levels.push(self.level(spec, spec.size(), chip, end)?);
        }
        // Without both figures the device's total is not known, and nothing can exceed it.
        let total = |port: &Sourced<Bandwidth>| port.value.high().map(Bandwidth::bytes_per_s);
        let device_bandwidth = total(&chip.ports.scale_up)
            .zip(total(&chip.ports.scale_out))
            .map(|(up, out)| Bandwidth::new((up + out) / u64::from(chip.devices)));
        Ok(FabricConfig { levels, device_bandwidth })
    }

    /// The fabric of this system.
    ///
    /// # Errors
    /// As [`System::fabric_config`]; [`CatalogError::Ports`] for levels that a device has not enough
    /// ports for, [`CatalogError::Fabric`] for impossible levels.
    pub fn fabric(&self, chip: &Chip, end: End) -> Result<Fabric, CatalogError> {
        self.compose(self.fabric_config(chip, end)?)
    }

    /// The fabric of `copies` of this system on its scale-out network.
    ///
    /// # Errors
    /// As [`System::fabric`]; [`CatalogError::Missing`] if the system has no scale-out network.
    pub fn replicated(&self, chip: &Chip, copies: u32, end: End) -> Result<Fabric, CatalogError> {
        self.compose(self.replicated_config(chip, copies, end)?)
    }

    /// The levels of `copies` of this system: a cluster grows at its outermost level, anything
    /// else gets its scale-out network as a further level.
    ///
    /// # Errors
    /// As [`System::replicated`].
    pub fn replicated_config(
        &self,
        chip: &Chip,
        copies: u32,
        end: End,
    ) -> Result<FabricConfig, CatalogError> {
        let mut config = self.fabric_config(chip, end)?;
        if self.kind == SystemKind::Cluster {
            if let Some(outermost) = config.levels.last_mut() {
                outermost.size = outermost.size.saturating_mul(copies);
            }
        } else if copies > 1 {
            let Some(spec) = &self.scale_out else {
                let path = format!("{}.scale-out.bandwidth", self.id);
                return Err(CatalogError::Missing { path, example: "50GB/s" });
            };
            config.levels.push(self.level(spec, copies, chip, end)?);
        }
        Ok(config)
    }

    /// Packages of one scale-up domain: everything below the outermost level of a cluster, all of
    /// anything smaller.
    pub fn scale_up_chips(&self) -> u32 {
        match (self.kind, self.levels.last()) {
            (SystemKind::Cluster, Some(outermost)) => self.chips() / outermost.size(),
            _ => self.chips(),
        }
    }

    fn compose(&self, config: FabricConfig) -> Result<Fabric, CatalogError> {
        let system = self.id.clone();
        Fabric::new(config).map_err(|error| match error {
            FabricError::PortTotal { sum, total } => {
                CatalogError::Ports { system, chip: self.chip_id().to_owned(), sum, total }
            }
            error => CatalogError::Fabric { system, error },
        })
    }

    /// What the engines of one device do.
    ///
    /// # Errors
    /// [`CatalogError::Missing`] if an engine's rate is unknown, and the memory bandwidth that it
    /// would follow from is, too.
    pub fn device_rates(&self, chip: &Chip, end: End) -> Result<DeviceRates, CatalogError> {
        let rate = |value: &Sourced<Bandwidth>| {
            pick(&value.value, end, Better::High).ok_or_else(|| CatalogError::Missing {
                path: format!("{}.memory.bandwidth", chip.id),
                example: "3TB/s",
            })
        };
        Ok(DeviceRates { reduce: rate(&chip.reduce_rate())?, copy: rate(&chip.copy_rate())? })
    }

    fn level(
        &self,
        spec: &LevelSpec,
        size: u32,
        chip: &Chip,
        end: End,
    ) -> Result<Level, CatalogError> {
        let missing = |key: &str, example| CatalogError::Missing {
            path: format!("{}.{}.{key}", self.id, spec.name()),
            example,
        };
        let devices = u64::from(chip.devices);
        let per_device = |rate: Bandwidth| Bandwidth::new(rate.bytes_per_s() / devices);
        let needed = size > 1;
        let bandwidth = pick(&spec.bandwidth.value, end, Better::High);
        let latency = pick(&spec.latency.value, end, Better::Low);
        if needed && bandwidth.is_none() {
            return Err(missing("bandwidth", "100GB/s"));
        }
        if needed && latency.is_none() {
            return Err(missing("latency", "1us"));
        }
        let time = |value: &Sourced<Time>| pick(&value.value, end, Better::Low).unwrap_or_default();
        let ppm = |value: &Sourced<Ratio>, better, default| {
            pick(&value.value, end, better).map_or(default, Ratio::ppm)
        };
        let in_switch = pick(&spec.in_switch.value, end, Better::High);
        Ok(Level {
            name: spec.name().to_owned(),
            kind: kind(spec, size),
            size,
            bandwidth: per_device(bandwidth.unwrap_or_default()),
            port_group: spec.port.clone().unwrap_or_else(|| spec.name().to_owned()),
            latency: latency.unwrap_or_default(),
            hop: Hop {
                switch: time(&spec.switch_latency),
                fec: time(&spec.fec_latency),
                cable_m: spec.cable,
            },
            efficiency_ppm: ppm(&spec.efficiency, Better::High, 1_000_000),
            fan_out_loss_ppm: ppm(&spec.fan_out_loss, Better::Low, 0),
            in_switch: in_switch.map(|rate| SwitchRate { rate: per_device(rate) }),
        })
    }
}

fn on_package(chip: &Chip, end: End) -> Result<Level, CatalogError> {
    let missing = |key: &str, example| CatalogError::Missing {
        path: format!("{}.on-package.{key}", chip.id),
        example,
    };
    let Some(link) = &chip.on_package else {
        return Err(missing("bandwidth", "200GB/s"));
    };
    let bandwidth = pick(&link.bandwidth.value, end, Better::High)
        .ok_or_else(|| missing("bandwidth", "200GB/s"))?;
    let latency =
        pick(&link.latency.value, end, Better::Low).ok_or_else(|| missing("latency", "200ns"))?;
    Ok(Level {
        name: "package".to_owned(),
        kind: LevelKind::OnPackage,
        size: chip.devices,
        bandwidth,
        port_group: "package".to_owned(),
        latency,
        hop: Hop::default(),
        efficiency_ppm: 1_000_000,
        fan_out_loss_ppm: 0,
        in_switch: None,
    })
}

fn kind(spec: &LevelSpec, size: u32) -> LevelKind {
    let dims = || spec.dims.as_ref().map_or_else(|| vec![size], |dims| dims.get_ref().clone());
    let (down, up) = spec
        .oversubscription
        .as_ref()
        .and_then(|text| parse_oversubscription(text.get_ref()))
        .unwrap_or((1, 1));
    let oversubscription = Oversubscription { down, up };
    match *spec.kind.get_ref() {
        KindName::FullMesh => LevelKind::FullMesh { dims: dims() },
        KindName::Switch => LevelKind::Switch,
        KindName::Torus => LevelKind::Torus { dims: dims() },
        KindName::Ring => LevelKind::Ring,
        KindName::Rail => LevelKind::Rail { leaf: spec.leaf.unwrap_or(32), oversubscription },
        KindName::Clos => LevelKind::Clos {
            tiers: spec.tiers.unwrap_or(2),
            planes: spec.planes.unwrap_or(1),
            leaf: spec.leaf.unwrap_or(1),
            oversubscription,
            spread: match spec.spread {
                SpreadName::Spray => Spread::Spray,
                SpreadName::Ecmp(seed) => Spread::Ecmp { seed },
                SpreadName::Adaptive => Spread::Adaptive,
            },
        },
    }
}

/// Which end of a range helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Better {
    Low,
    High,
}

/// Halfway between two values.
trait Midpoint: Copy + FromStr<Err = UnitError> {
    fn midpoint(self, other: Self) -> Self;
}

impl Midpoint for Time {
    fn midpoint(self, other: Self) -> Self {
        Self::from_ps(self.as_ps().midpoint(other.as_ps()))
    }
}

impl Midpoint for Bandwidth {
    fn midpoint(self, other: Self) -> Self {
        Self::new(self.bytes_per_s().midpoint(other.bytes_per_s()))
    }
}

impl Midpoint for Ratio {
    fn midpoint(self, other: Self) -> Self {
        Self::new(self.share().midpoint(other.share()))
    }
}

fn pick<T: Midpoint>(value: &Value<T>, end: End, better: Better) -> Option<T> {
    let (low, high) = value.low().zip(value.high())?;
    Some(match (end, better) {
        (End::Middle, _) => low.midpoint(high),
        (End::Best, Better::Low) | (End::Worst, Better::High) => low,
        (End::Best, Better::High) | (End::Worst, Better::Low) => high,
    })
}
