//! `--algo` and `--proto` under a library's profile: what NCCL may choose from.

use supernode::library::nccl::{Choice, Forced};
use supernode::library::{Communicator, Function};

use super::{Args, Error};

/// NCCL's names for ours.
const NAMES: [(&str, &str); 6] = [
    ("tree", "Tree"),
    ("double-binary-tree", "Tree"),
    ("in-switch", "NVLS,NVLSTree"),
    ("nvls", "NVLS,NVLSTree"),
    ("hierarchical", "NVLSTree"),
    ("collnet", "CollNetDirect,CollNetChain"),
];

/// Sets what the options allow; lists as NCCL reads them (`^NVLS` for all but one) are fine, too.
pub(super) fn force(args: &Args, forced: &mut Forced) -> Result<(), Error> {
    let list = args.algo.trim();
    if !["auto", "all"].iter().any(|all| all.eq_ignore_ascii_case(list)) {
        let names = list.split(',').map(nccl_name).collect::<Vec<_>>().join(",");
        forced.algorithms = names
            .parse()
            .map_err(|error| format!("--algo {list}: {error} (or in-switch, auto)"))?;
    }
    if let Some(list) = &args.proto {
        forced.protocols = list.parse().map_err(|error| format!("--proto {list}: {error}"))?;
    }
    Ok(())
}

fn nccl_name(name: &str) -> &str {
    let name = name.trim();
    let known = NAMES.iter().find(|(ours, _)| ours.eq_ignore_ascii_case(name));
    known.map_or(name, |(_, theirs)| theirs)
}

/// NCCL falls back to a ring where the lists leave nothing; whoever forces something else wants to
/// know.
pub(super) fn check(
    args: &Args,
    communicator: &Communicator,
    function: Function,
    choice: &Choice,
) -> Result<(), Error> {
    let forced = &communicator.tuner.forced;
    let Some(algorithm) = choice.algorithm else { return Ok(()) };
    let allowed = forced.algorithms.allows(function, &algorithm) != Some(false)
        && forced.protocols.allows(function, &choice.protocol) != Some(false);
    if allowed {
        return Ok(());
    }
    let proto = args.proto.as_ref().map_or_else(String::new, |proto| format!(" --proto {proto}"));
    Err(format!(
        "--algo {}{proto} leaves nothing that {} can run for {function} on {}: it would take {}; use \
         --algo ring or auto",
        args.algo,
        communicator.library,
        communicator.platform.system,
        choice.name()
    )
    .into())
}
