//! Which pairs NCCL considers for a call (section "Enable rules").

use supernode_units::ReduceOp;

use super::algorithm::{Algorithm, Protocol};
use super::call::Call;
use super::machine::{CollNet, IntraPath, NicPath, NvSwitch};
use super::tuner::Tuner;
use crate::Element;

/// Whether NCCL considers `algorithm` with `protocol`, lists of the user included.
pub(crate) fn enabled(
    tuner: &Tuner,
    call: &Call,
    algorithm: Algorithm,
    protocol: Protocol,
) -> bool {
    let function = call.function;
    let forced = &tuner.forced;
    let listed = forced.algorithms.allows(function, &algorithm).unwrap_or(true)
        && forced
            .protocols
            .allows(function, &protocol)
            .unwrap_or_else(|| protocol != Protocol::Ll128 || ll128(tuner));
    listed && possible(tuner, call, algorithm, protocol)
}

/// Whether machine, version and call permit it, whatever the user says.
pub(crate) fn possible(
    tuner: &Tuner,
    call: &Call,
    algorithm: Algorithm,
    protocol: Protocol,
) -> bool {
    let machine = &tuner.machine;
    let rules = &tuner.constants.tables.enable;
    let version = tuner.constants.version();
    let several = machine.nodes > 1;
    let local = machine.ranks_per_node;
    let gather = call.function.is_gather();
    let by_network = match machine.collnet {
        CollNet::None => false,
        CollNet::AllReduce => !gather,
        CollNet::All => !gather || local <= machine.nics_per_node,
    };
    let multicast = machine.switch == NvSwitch::Multicast
        && (!call.function.reduces() || multicast_computes(call.element, call.op));
    let there = match algorithm {
        Algorithm::Ring | Algorithm::Tree => true,
        Algorithm::CollNetDirect => {
            several
                && by_network
                && machine.switch != NvSwitch::None
                && local <= rules.collnet_local_ranks
        }
        Algorithm::CollNetChain => several && by_network && local <= rules.collnet_local_ranks,
        Algorithm::Nvls => {
            version >= rules.nvls_since
                && multicast
                && (!several || by_network)
                && (!gather || local <= rules.nvls_gather_local_ranks)
        }
        Algorithm::NvlsTree => version >= rules.nvls_tree_since && multicast && several,
        Algorithm::Pat => {
            version >= rules.pat_since && local == 1 && machine.gpu.capability() >= 60
        }
    };
    there && tuner.bandwidth_gb_s(call.function, algorithm, protocol).is_some()
}

/// LL128 relies on 128-byte stores that arrive whole; NCCL trusts paths that were tested.
fn ll128(tuner: &Tuner) -> bool {
    let machine = &tuner.machine;
    let capability = machine.gpu.capability();
    let within = machine.ranks_per_node == 1 || machine.intra == IntraPath::NvLink;
    let between = machine.nodes == 1
        || machine.nic_path == NicPath::Pcie
        || (machine.nic_path == NicPath::Pxn && capability >= 90);
    capability >= 70 && within && between
}

/// What the reduction unit of an `NVSwitch` can compute.
pub(crate) const fn multicast_computes(element: Element, op: ReduceOp) -> bool {
    match element {
        Element::I32 | Element::I64 | Element::F16 | Element::Bf16 => {
            matches!(op, ReduceOp::Sum | ReduceOp::Min | ReduceOp::Max)
        }
        Element::F32 | Element::F64 => matches!(op, ReduceOp::Sum),
        Element::I8 | Element::Fp8 => false,
    }
}
