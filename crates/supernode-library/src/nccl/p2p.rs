//! Sends and receives, alone or as an all-to-all: NCCL has no estimate for them, only a cut into
//! channels and chunks (section "Execution parameters").

use super::algorithm::Protocol;
use super::call::Call;
use super::choose::Choice;
use super::machine::IntraPath;
use super::tuner::Tuner;
use crate::Function;

/// How a send is cut: as many channels as have a worthwhile part each.
pub(crate) fn choose(tuner: &Tuner, call: &Call) -> Choice {
    let rules = &tuner.constants.tables.launch;
    let machine = &tuner.machine;
    let ranks = machine.ranks();
    let (message, peers) = match call.function {
        Function::AllToAll => (call.bytes.div_ceil(u64::from(ranks)), ranks),
        _ => (call.bytes, 1),
    };
    let by_nvlink = machine.nodes == 1 && machine.intra == IntraPath::NvLink;
    let all = tuner.graphs.channels.next_power_of_two().min(rules.p2p_channels);
    let most = if by_nvlink { all } else { rules.p2p_channels_net.min(all) };
    let part = if machine.nodes == 1 { rules.p2p_part } else { rules.p2p_part_nodes };
    // All channels are busy when each peer has its share of them.
    let mut per_peer = (all / peers).clamp(1, most);
    while per_peer > 1 && message < part * u64::from(per_peer) {
        per_peer /= 2;
    }
    while per_peer < most && message >= part * 2 * u64::from(per_peer) {
        per_peer = (per_peer * 2).min(most);
    }
    let share = message.div_ceil(u64::from(per_peer)).max(1);
    let chunk = if by_nvlink { rules.p2p_chunk_nvlink } else { rules.p2p_chunk };
    let chunk = chunk.min(share);
    Choice {
        algorithm: None,
        protocol: if share <= rules.p2p_ll { Protocol::Ll } else { Protocol::Simple },
        channels: per_peer.saturating_mul(peers).min(all),
        threads: rules.threads_simple,
        chunk_bytes: chunk,
        slice_bytes: chunk,
        slots: rules.steps as u32,
        chunks_per_loop: 1,
        time: None,
    }
}
