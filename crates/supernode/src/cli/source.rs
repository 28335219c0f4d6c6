//! The catalog with the user's files and overrides.

use std::path::Path;

use supernode::catalog::Catalog;

use super::Error;

/// The catalog with the system `name`, which may be a TOML file, and `sets` applied; gives the
/// system's id.
pub(super) fn load(name: &str, sets: &[String]) -> Result<(Catalog, String), Error> {
    let mut catalog = Catalog::builtin()?;
    let id = add_if_file(&mut catalog, name)?;
    apply(&mut catalog, &id, sets)?;
    Ok((catalog, id))
}

/// The id of the system called `name`, read from the file of that name if it ends in `.toml`.
pub(super) fn add_if_file(catalog: &mut Catalog, name: &str) -> Result<String, Error> {
    let is_file = Path::new(name).extension().is_some_and(|ext| ext.eq_ignore_ascii_case("toml"));
    if !is_file {
        return Ok(catalog.system(name)?.id.clone());
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

/// Applies `KEY=VALUE` overrides, relative to the system `id`.
pub(super) fn apply(catalog: &mut Catalog, id: &str, sets: &[String]) -> Result<(), Error> {
    for set in sets {
        let Some((path, value)) = set.split_once('=') else {
            return Err(format!("`--set {set}` has no value; write it like pod.latency=3us").into());
        };
        catalog.set(id, path.trim(), value.trim())?;
    }
    Ok(())
}
