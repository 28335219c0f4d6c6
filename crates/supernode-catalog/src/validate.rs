//! What the schema alone cannot say: sizes that multiply, kinds that have what they need.

use crate::CatalogError;
use crate::system::{KindName, LevelSpec, System};

/// A file's name and text, to turn byte offsets into places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
}

impl Source<'_> {
    /// The error `what` at byte `offset`.
    pub(crate) fn invalid(self, offset: usize, what: String) -> CatalogError {
        let before = &self.text[..offset.min(self.text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, str::len) + 1;
        CatalogError::Invalid { file: self.file.to_owned(), line, column, what }
    }
}

/// Checks everything about `system` that does not need its chip.
pub(crate) fn check(system: &System, source: Source<'_>) -> Result<(), CatalogError> {
    let place = system.chips.span().start;
    if system.levels.is_empty() {
        return Err(source.invalid(place, "a system needs at least one [[level]]".to_owned()));
    }
    let mut product = 1_u64;
    for (index, level) in system.levels.iter().enumerate() {
        let at = level.kind.span().start;
        let Some(name) = &level.name else {
            return Err(source.invalid(at, "a level needs a `name`".to_owned()));
        };
        let Some(size) = &level.size else {
            return Err(source.invalid(at, format!("level `{name}` needs a `size`")));
        };
        if *size.get_ref() == 0 {
            let what = format!("level `{name}` has size 0; a level joins at least 1 child");
            return Err(source.invalid(size.span().start, what));
        }
        if system.levels[..index].iter().any(|other| other.name() == name) {
            return Err(source.invalid(at, format!("two levels are called `{name}`")));
        }
        product = product.saturating_mul(u64::from(*size.get_ref()));
        check_kind(level, source)?;
    }
    if product != u64::from(system.chips()) {
        let what = format!(
            "level sizes multiply to {product}, but `chips` is {}; make them equal",
            system.chips()
        );
        return Err(source.invalid(place, what));
    }
    if system.network_cabinets.unwrap_or(0) > system.cabinets.unwrap_or(0) {
        let what = "`network-cabinets` are part of `cabinets` and cannot be more".to_owned();
        return Err(source.invalid(place, what));
    }
    if let Some(level) = &system.scale_out {
        let at = level.kind.span().start;
        if level.name.is_some() || level.size.is_some() {
            let what = "a scale-out network has no `name` and no `size`".to_owned();
            return Err(source.invalid(at, what));
        }
        check_kind(level, source)?;
    }
    Ok(())
}

fn check_kind(level: &LevelSpec, source: Source<'_>) -> Result<(), CatalogError> {
    let (name, kind, at) = (level.name(), *level.kind.get_ref(), level.kind.span().start);
    let clos = kind == KindName::Clos;
    let leaves = clos || kind == KindName::Rail;
    let meshed = matches!(kind, KindName::FullMesh | KindName::Torus);
    let stray = [
        ("dims", level.dims.is_some() && !meshed),
        ("tiers", level.tiers.is_some() && !clos),
        ("planes", level.planes.is_some() && !clos),
        ("leaf", level.leaf.is_some() && !leaves),
        ("oversubscription", level.oversubscription.is_some() && !leaves),
        ("in-switch", !level.in_switch.value.is_unknown() && kind != KindName::Switch),
    ];
    if let Some((key, _)) = stray.into_iter().find(|(_, stray)| *stray) {
        return Err(source.invalid(at, format!("level `{name}` is a {kind}, which has no `{key}`")));
    }
    if kind == KindName::Torus && level.dims.is_none() {
        return Err(source.invalid(at, format!("level `{name}` is a torus and needs `dims`")));
    }
    if let Some(dims) = &level.dims {
        let product: u64 = dims.get_ref().iter().map(|dim| u64::from(*dim)).product();
        if product != u64::from(level.size()) {
            let what = format!(
                "dims of level `{name}` multiply to {product}, but its size is {}",
                level.size()
            );
            return Err(source.invalid(dims.span().start, what));
        }
    }
    if let Some(text) = &level.oversubscription
        && parse_oversubscription(text.get_ref()).is_none()
    {
        let what = format!("`{}` is no oversubscription; write it like `2:1`", text.get_ref());
        return Err(source.invalid(text.span().start, what));
    }
    Ok(())
}

/// `2:1` as (down, up).
pub(crate) fn parse_oversubscription(text: &str) -> Option<(u32, u32)> {
    let (down, up) = text.split_once(':')?;
    let (down, up) = (down.trim().parse().ok()?, up.trim().parse().ok()?);
    (up > 0 && down >= up).then_some((down, up))
}
