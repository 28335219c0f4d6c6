//! The table of nccl-tests and rccl-tests. Columns are found by the names in the header line, so that
//! old releases (no operator, no root, `error` for `#wrong`) and new ones (times per iteration, a
//! time stamp) read alike. A log may hold several runs.

mod columns;
mod program;
mod section;

use std::collections::BTreeMap;

use super::header::Kind;
use super::{Found, Given, Notes, Remark, name_apart};
use crate::check::{Cell, fill};
use crate::{Place, ReadError};
pub(super) use program::{operation_in, version_of_code};
use section::Section;

/// Reads all runs of a log.
pub(super) fn read(text: &str, given: &Given, notes: &mut Notes) -> Result<Vec<Found>, ReadError> {
    let mut curves = Vec::new();
    let mut sections = section::split(text)?;
    let cut = !text.ends_with('\n');
    if let Some(last) = sections.last_mut() {
        last.drop_cut_row(cut, notes);
    }
    for section in &sections {
        if section.columns.is_some() && !section.closed {
            let what = "the closing line `# Avg bus bandwidth` is missing: rows may be, too";
            notes.remarks.push(Remark { place: Place::Line(section.end), what: what.to_owned() });
        }
        curves.extend(section.curves(given, notes)?);
    }
    name_apart(&mut curves);
    Ok(curves)
}

impl Section {
    fn curves(&self, given: &Given, notes: &mut Notes) -> Result<Vec<Found>, ReadError> {
        let Some(columns) = &self.columns else { return Ok(Vec::new()) };
        let mut kinds: BTreeMap<Kind, Vec<(u64, Cell)>> = BTreeMap::new();
        for (line, text) in &self.rows {
            match columns.row(*line, text) {
                Ok((kind, cells)) => kinds.entry(kind).or_default().extend(cells),
                Err(what) => {
                    notes.left_out.push(Remark { place: Place::Line(*line), what });
                }
            }
        }
        self.check_average(kinds.values().flatten().map(|(_, cell)| cell), notes);
        let mut curves = Vec::new();
        for (kind, cells) in kinds {
            let place = cells.first().map_or(Place::Line(self.start), |(_, cell)| cell.place);
            let curve = self.header.curve(given, &kind, &cells, place, notes)?;
            let cells: Vec<Cell> = cells.into_iter().map(|(_, cell)| cell).collect();
            curves.extend(fill(curve, &cells, notes)?);
        }
        Ok(curves)
    }

    /// The average is over all busbw that were printed; another one means that rows are missing.
    fn check_average<'a>(&self, cells: impl Iterator<Item = &'a Cell>, notes: &mut Notes) {
        let rates = cells.filter_map(|cell| Some(cell.busbw?.value));
        let rates: Vec<f64> = rates.filter(|rate| rate.is_finite()).collect();
        let (Some((line, average)), false) = (self.average, rates.is_empty()) else { return };
        let mean = rates.iter().sum::<f64>() / rates.len() as f64;
        if (mean - average).abs() > 0.01 * average.abs() + 0.01 {
            let what = format!(
                "the average busbw is printed as {average}, but that of the rows is {mean:.4}: \
                 rows are missing or changed"
            );
            notes.remarks.push(Remark { place: Place::Line(line), what });
        }
    }
}
