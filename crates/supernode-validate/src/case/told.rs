//! What the words of a curve tell of a call: forced lists, channels, element type.

use supernode_library::nccl::{Algorithm, CollNet, Lists, Protocol};
use supernode_library::{Element, Function};

use crate::{Curve, Operation};

/// The number after the first of `names` that stands in `text`.
fn setting(text: &str, names: [&str; 2]) -> Option<u32> {
    let rest = names.iter().find_map(|name| Some(text.split_once(name)?.1))?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

/// The least and the most channels that the source set.
pub(super) fn channels(notes: &str) -> (u32, u32) {
    let least = setting(notes, ["NCCL_MIN_CTAS=", "NCCL_MIN_NCHANNELS="]).unwrap_or(0);
    let most = setting(notes, ["NCCL_MAX_CTAS=", "NCCL_MAX_NCHANNELS="]);
    (least, most.filter(|most| *most > 0).unwrap_or(u32::MAX))
}

/// The list of protocols that the curve forced; empty where they are the library's choice.
pub(super) fn protocols(proto: &str) -> Lists<Protocol> {
    let proto = proto.to_ascii_lowercase();
    let list = proto.trim_start_matches("nccl_proto=").split([' ', '(']).next();
    list.and_then(|list| list.parse().ok()).unwrap_or_default()
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

/// The list of algorithms that the curve forced, and what its network reduces.
pub(super) fn algorithms(curve: &Curve) -> (Lists<Algorithm>, CollNet) {
    let algo = curve.algo.to_ascii_lowercase();
    let algo = algo.trim_start_matches("nccl_algo=");
    let observed = algo.strip_prefix("auto -> ").unwrap_or(algo);
    let of = |prefix: &str| observed.starts_with(&prefix.to_ascii_lowercase());
    let (list, collnet) = match () {
        // As `NCCL_ALGO` has it; the words of sources below.
        () if observed.contains([',', '^', ':'])
            && observed.parse::<Lists<Algorithm>>().is_ok() =>
        {
            let reduces = observed.contains("collnet") && !observed.contains('^');
            (observed, if reduces { CollNet::All } else { CollNet::None })
        }
        () if of("NVLSTree") => ("NVLSTree", CollNet::None),
        () if of("NVLS (auto)") => ("", CollNet::None),
        () if of("NVLS") && curve.nodes == Some(1) => ("NVLS", CollNet::None),
        () if of("NVLS") => ("NVLS,NVLSTree,Ring", CollNet::None),
        () if of("CollnetChain") => ("CollNetChain", CollNet::All),
        () if of("Coll") => ("CollNetDirect,CollNetChain", CollNet::All),
        () if of("Ring") => ("Ring", CollNet::None),
        () if of("Tree") => ("Tree", CollNet::None),
        () if of("PAT") => ("PAT", CollNet::None),
        () => ("", CollNet::None),
    };
    (list.parse().unwrap_or_default(), collnet)
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
