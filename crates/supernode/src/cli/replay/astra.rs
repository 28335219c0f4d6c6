//! A collective under the presets of ASTRA-sim.

use std::process::ExitCode;

use serde_json::json;
use supernode::interop::astra::{Backend, Network, System, predict};

use super::report::{Report, Times};
use super::{AstraArgs, Error, Format};
use crate::cli::names::grouped;

pub(super) fn run(backend: Backend, args: &AstraArgs, format: Format) -> Result<ExitCode, Error> {
    let preset = match backend {
        Backend::Unaware => "astra-sim-unaware",
        Backend::Aware => "astra-sim-aware",
    };
    let (Some(net), Some(sys), Some(collective), Some(size)) =
        (&args.network, &args.system, args.collective, args.bytes)
    else {
        let all = "--network FILE.yml, --system FILE.json, --collective NAME and --bytes SIZE";
        return Err(format!("--preset {preset} needs {all}").into());
    };
    let read =
        |path: &str| std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let network = Network::from_yaml(&read(net)?).map_err(|error| format!("{net}: {error}"))?;
    let system = System::from_json(&read(sys)?).map_err(|error| format!("{sys}: {error}"))?;
    let found = predict(&network, &system, backend, collective, size.bytes())?;
    let shape: Vec<String> = network
        .dimensions
        .iter()
        .map(|dimension| format!("{} {}", dimension.topology.name(), dimension.npus))
        .collect();
    let shape = shape.join(" x ");
    let implementation = system.implementation(collective).join(", ");
    Report {
        preset,
        notes: vec![format!(
            "{collective} of {} bytes on {shape} by {implementation}, chunks: {} of {} bytes",
            grouped(size.bytes()),
            grouped(found.chunks),
            grouped(found.chunk_bytes)
        )],
        model: json!({
            "network": net,
            "system": sys,
            "shape": shape,
            "collective": collective.name(),
            "implementation": implementation,
            "bytes": size.bytes(),
            "chunks": found.chunks,
            "chunk_bytes": found.chunk_bytes,
        }),
        finish_ns: Times::Same { ranks: found.npus, ns: found.finish_ns },
        stuck: None,
    }
    .write(format)
}
