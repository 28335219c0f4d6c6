//! The profiles that a comparison is made under.

use supernode::strategy::{Comparison, Contest, Machine};

/// The name in tables and records, and what it says.
pub(super) type Profile<'a> = (&'static str, &'a Contest);

/// The wire, and the libraries if both machines have one.
pub(super) fn contests(comparison: &Comparison) -> Vec<Profile<'_>> {
    let library = comparison.library.as_ref().ok().map(|contest| ("library", contest));
    std::iter::once(("wire", &comparison.wire)).chain(library).collect()
}

/// `hccl on cloudmatrix-384, nccl:2.30 on gb200-nvl72`, with what their costs rest on after each if
/// `basis`; of a machine against itself once.
pub(super) fn libraries(comparison: &Comparison, basis: bool) -> String {
    let known = comparison.machines.iter().zip(&comparison.libraries);
    let mut texts: Vec<String> = known
        .filter_map(|(Machine { system, .. }, installed)| {
            let installed = installed.as_ref()?;
            let text = format!("{} on {}", installed.library, system.id);
            let why = installed.basis.join("; ");
            Some(if basis { format!("{text} ({why})") } else { text })
        })
        .collect();
    texts.dedup();
    texts.join(", ")
}

/// Why there is no verdict of libraries; nothing if there is one.
pub(super) fn missing(comparison: &Comparison) -> Vec<String> {
    comparison.library.as_ref().err().into_iter().flatten().map(ToString::to_string).collect()
}
