//! The catalog with the user's files and overrides.

use std::path::Path;

use supernode::catalog::Catalog;

use super::Error;

/// The catalog with the system `name`, which may be a TOML file, and `sets` applied; gives the
/// system's id.
pub(super) fn load(name: &str, sets: &[String]) -> Result<(Catalog, String), Error> {
    let mut catalog = Catalog::builtin()?;
    let id = add_if_file(&mut catalog, name)?;
    apply(&mut catalog, &[&id], sets)?;
    Ok((catalog, id))
}

/// The id of the system called `name`, read from the file of that name if it ends in `.toml`.
pub(super) fn add_if_file(catalog: &mut Catalog, name: &str) -> Result<String, Error> {
    let path = Path::new(name);
    if !path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("toml")) {
        return match catalog.system(name) {
            Ok(system) => Ok(system.id.clone()),
            Err(_) if path.is_file() => {
                let what = "is no system but a file; name it with .toml at the end to read it";
                Err(format!("`{name}` {what}").into())
            }
            Err(error) => Err(error.into()),
        };
    }
    let text = std::fs::read_to_string(name).map_err(|error| format!("{name}: {error}"))?;
    let added = catalog.add(name, &text)?;
    match added.as_slice() {
        [id] => Ok(id.clone()),
        [] => Err(format!("{name} defines no system; add a [system.ID] table").into()),
        several => {
            let list = several.join(", ");
            Err(format!("{name} defines several systems ({list}); keep one per file").into())
        }
    }
}

/// Applies `KEY=VALUE` overrides; a key without a system means the first of `ids`. What none of
/// them is made of would change without effect, and is refused.
pub(super) fn apply(catalog: &mut Catalog, ids: &[&str], sets: &[String]) -> Result<(), Error> {
    let Some(first) = ids.first() else { return Ok(()) };
    let mut parts: Vec<String> = Vec::new();
    for id in ids {
        let system = catalog.system(id)?;
        parts.extend([system.id.clone(), catalog.chip_of(system)?.id.clone()]);
    }
    for (index, set) in sets.iter().enumerate() {
        let path_of = |set: &str| set.split_once('=').map(|(path, _)| path.trim().to_owned());
        if sets[..index].iter().any(|earlier| path_of(earlier) == path_of(set)) {
            let path = path_of(set).unwrap_or_default();
            return Err(format!("`--set {path}` is given twice; keep one").into());
        }
        let (path, value) = set.split_once('=').unwrap_or((set, ""));
        let (path, value) = (path.trim(), value.trim());
        let lacks = match (path, value) {
            ("", _) => "key",
            (_, "") => "value",
            _ => {
                let changed = catalog.set(first, path, value)?;
                if !parts.contains(&changed) {
                    let parts = parts.join(", ");
                    return Err(format!(
                        "`--set {set}` changes `{changed}`, which has no part in this run ({parts})"
                    )
                    .into());
                }
                continue;
            }
        };
        return Err(format!("`--set {set}` has no {lacks}; write it like pod.latency=3us").into());
    }
    Ok(())
}
