//! Expert parallelism: every device sends each of its tokens to the devices of some experts, and gets
//! the results back.
//!
//! The devices issue these messages by themselves, many small ones to many peers, so three things may
//! bind: issuing them, the links within a node, and the device's NIC.

use std::collections::BTreeMap;

use serde::Deserialize;
use supernode_units::Time;

use crate::{LibraryError, Platform};

/// What one device sends in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    /// Tokens of a device.
    pub tokens: u32,
    /// Experts that each token goes to, on as many devices.
    pub experts: u32,
    /// Bytes of a token, scales included.
    pub token_bytes: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Costs {
    /// Kernel, first and last flag, in microseconds.
    start: f64,
    /// Issuing one message, in microseconds.
    message: f64,
    /// Payload rate of the scale-up links, of the line rate.
    link: f64,
    /// Payload rate of the NIC, of the line rate.
    nic: f64,
    source: String,
    #[serde(rename = "note")]
    _note: String,
}

/// A prediction, and where its constants come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// The time of one exchange on all devices at once.
    pub time: Time,
    /// What bound it.
    pub bound: Bound,
    /// Source of the constants.
    pub source: String,
}

/// What takes longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Issuing messages.
    Messages,
    /// The links of a node or pod.
    Links,
    /// The NIC.
    Nic,
}

/// The time of `exchange` among `devices` devices of `platform`, experts spread evenly.
///
/// # Errors
/// [`LibraryError::Platform`] for an architecture that was never measured, or more devices than fit a
/// node of a platform without network.
pub fn time(
    platform: &Platform,
    devices: u32,
    exchange: &Exchange,
) -> Result<Prediction, LibraryError> {
    let text = include_str!("../data/expert.toml");
    let data = |error: toml::de::Error| LibraryError::Data {
        file: "expert.toml",
        what: error.to_string(),
    };
    let all: BTreeMap<String, Costs> = toml::from_str(text).map_err(data)?;
    let refuse = |why: String| LibraryError::Platform { system: platform.system.clone(), why };
    let costs = all
        .get(platform.architecture.as_str())
        .ok_or_else(|| refuse(format!("no dispatch was measured on {}", platform.architecture)))?;
    let node = platform.node_devices.min(devices).max(1);
    if devices > node && platform.nic_gb_s <= 0.0 {
        return Err(refuse(format!("{devices} devices need a network; {node} fit without")));
    }
    let messages = f64::from(exchange.tokens) * f64::from(exchange.experts);
    let bytes = messages * exchange.token_bytes as f64;
    let share = |count: u32| f64::from(count) / f64::from(devices.max(1));
    // Bytes per microsecond are thousandths of GB/s.
    let over = |bytes: f64, gb_s: f64| if bytes > 0.0 { bytes / (gb_s * 1000.0) } else { 0.0 };
    let [issue, links, nic] = [
        messages * costs.message,
        over(bytes * share(node - 1), platform.link_gb_s * costs.link),
        over(bytes * share(devices - node), platform.nic_gb_s * costs.nic),
    ];
    let parts = [(issue, Bound::Messages), (links, Bound::Links), (nic, Bound::Nic)];
    let later = |a: (f64, Bound), b: (f64, Bound)| if b.0 > a.0 { b } else { a };
    let (longest, bound) = parts.into_iter().fold((0.0, Bound::Messages), later);
    let time = Time::from_secs_f64((costs.start + longest) * 1e-6);
    Ok(Prediction { time, bound, source: costs.source.clone() })
}
