//! What the words of a curve tell of a call: library and version, forced lists, element type.

use supernode_library::nccl::CollNet;
use supernode_library::{Element, Function, Version};

use crate::{Curve, Operation};

/// What an unknown version is taken for.
const NEWEST: &str = "2.30";
/// The same for hardware that is older than the newest tables.
const USUAL: &str = "2.18";

/// The number after `name` in `text`.
pub(super) fn setting(text: &str, name: &str) -> Option<u32> {
    let (_, rest) = text.split_once(name)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

/// The protocol that the curve forced; empty where it is the library's choice.
pub(super) fn protocol(proto: &str) -> &'static str {
    let proto = proto.to_ascii_lowercase();
    match proto.trim_start_matches("nccl_proto=").split([' ', '(']).next() {
        Some("ll") => "LL",
        Some("ll128") => "LL128",
        Some("simple") => "Simple",
        _ => "",
    }
}

/// What a library is called for; none where it is not one call of it.
pub(super) fn function(operation: Operation) -> Option<Function> {
    Some(match operation {
        Operation::AllReduce => Function::AllReduce,
        Operation::AllGather => Function::AllGather,
        Operation::ReduceScatter => Function::ReduceScatter,
        Operation::AllToAll => Function::AllToAll,
        Operation::Broadcast => Function::Broadcast,
        Operation::Reduce => Function::Reduce,
        Operation::SendRecv => Function::SendRecv,
        _ => return None,
    })
}

/// Up to how many bytes an inference engine's own kernel runs: vLLM's documented limit; that of
/// TensorRT-LLM as far as its curves tell.
pub(super) fn direct(library: &str) -> Option<u64> {
    match library {
        "vLLM" => Some(8 << 20),
        "TensorRT-LLM" => Some(512 << 10),
        _ => None,
    }
}

/// The version of NCCL, and whether its choice is replaced by the fastest.
pub(super) fn library(curve: &Curve) -> Result<(Version, bool, bool), String> {
    let name = curve.library.as_str();
    let nccl = name == "NCCL" || name.starts_with("NCCL ") || name.starts_with("NCCL+");
    let rccl = name == "RCCL" || name.starts_with("RCCL (");
    if !nccl && !rccl && !name.contains("+ NCCL") && direct(name).is_none() {
        return Err(format!("no profile for {name}"));
    }
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    let written = curve.version.split(|c| !digits(c)).find(|part| part.contains('.'));
    let parse = |text: &str| text.parse::<Version>().map_err(|error| error.to_string());
    let version = match written {
        Some(text) if !rccl => parse(text)?,
        _ if curve.family().starts_with("V100")
            || curve.family().starts_with("A100")
            || curve.family().starts_with("H100") =>
        {
            parse(USUAL)?
        }
        _ => parse(NEWEST)?,
    };
    let oldest = parse("2.12")?;
    let dated = version < oldest
        || ["2020", "2021"].iter().any(|year| curve.version.contains(year))
        || curve.version.contains("<=");
    Ok((if dated { oldest } else { version }, rccl, dated))
}

/// The list of algorithms that the curve forced, and what its network reduces.
pub(super) fn forced(curve: &Curve) -> (&'static str, CollNet) {
    let algo = curve.algo.to_ascii_lowercase();
    let algo = algo.trim_start_matches("nccl_algo=");
    let observed = algo.strip_prefix("auto -> ").unwrap_or(algo);
    let of = |prefix: &str| observed.starts_with(&prefix.to_ascii_lowercase());
    match () {
        () if of("NVLSTree") => ("NVLSTree", CollNet::None),
        () if of("NVLS (auto)") => ("", CollNet::None),
        () if of("NVLS") && curve.nodes == Some(1) => ("NVLS", CollNet::None),
        () if of("NVLS") => ("NVLS,NVLSTree,Ring", CollNet::None),
        () if of("CollnetChain") => ("CollNetChain", CollNet::All),
        () if of("Coll") => ("CollNetDirect,CollNetChain", CollNet::All),
        () if of("Ring") => ("Ring", CollNet::None),
        () if of("Tree") => ("Tree", CollNet::None),
        () => ("", CollNet::None),
    }
}

/// The type of the elements, by nccl-tests' names and others; the default of nccl-tests where none
/// is told.
pub(super) fn element(curve: &Curve) -> Element {
    let name = curve.dtype.to_ascii_lowercase();
    match name.as_str() {
        "int8" | "uint8" | "i8" | "u8" | "char" => Element::I8,
        _ if ["fp8", "f8", "float8"].iter().any(|eight| name.starts_with(eight)) => Element::Fp8,
        _ => curve.element().map_or(Element::F32, Element::from),
    }
}
