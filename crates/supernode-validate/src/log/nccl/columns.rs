use crate::check::{Cell, Printed};
use crate::log::header::Kind;
use crate::{Place, ReadError};

/// Largest element error that the `error` column of old releases may show: sums of rounded numbers.
const ERROR: f64 = 0.1;

/// The columns of a table, by their header line.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    /// Columns before the first time.
    left: Vec<String>,
    sides: Vec<Side>,
    /// Fields that a row has: a time stamp has two.
    fields: usize,
}

#[derive(Debug, Clone, Copy)]
struct Side {
    in_place: bool,
    time: usize,
    algbw: usize,
    busbw: usize,
    wrong: Option<(usize, bool)>,
}

impl Columns {
    /// Reads the header line, if it is one. `places` is the line above, which says what is in place.
    pub(super) fn read(line: &str, places: &str) -> Option<Result<Self, &'static str>> {
        let names: Vec<&str> = line.strip_prefix('#')?.split_whitespace().collect();
        if names.first() != Some(&"size") || !names.contains(&"busbw") {
            return None;
        }
        if names.contains(&"cputime") {
            return Some(Err("a table of CPU times (-C 1)"));
        }
        let mut sides: Vec<Side> = Vec::new();
        let only_in_place = places.contains("in-place") && !places.contains("out-of-place");
        let starts: Vec<usize> = names
            .iter()
            .enumerate()
            .filter(|(_, name)| **name == "time")
            .map(|(at, _)| at)
            .collect();
        for (number, start) in starts.iter().enumerate() {
            let end = starts.get(number + 1).copied().unwrap_or(names.len());
            let find = |wanted: &[&str]| {
                (*start..end).find(|at| names.get(*at).is_some_and(|name| wanted.contains(name)))
            };
            sides.push(Side {
                in_place: number == 1 || only_in_place,
                time: *start,
                algbw: find(&["algbw"])?,
                busbw: find(&["busbw"])?,
                wrong: find(&["#wrong"])
                    .map(|at| (at, false))
                    .or_else(|| find(&["error"]).map(|at| (at, true))),
            });
        }
        let first = *starts.first()?;
        let left = names.iter().take(first).map(|name| (*name).to_owned()).collect();
        let fields = names.len() + usize::from(names.contains(&"timestamp"));
        (sides.len() <= 2).then_some(Ok(Self { left, sides, fields }))
    }

    /// The unit line below the header: all units have to be the usual ones.
    pub(super) fn check_units(line: usize, text: &str) -> Result<(), ReadError> {
        let units = text.split_whitespace().filter(|word| word.starts_with('('));
        for unit in units {
            if !["(B)", "(elements)", "(us)", "(GB/s)", "(%)"].contains(&unit) {
                let place = Place::Line(line);
                return Err(ReadError::Unit { place, unit: unit.to_owned() });
            }
        }
        Ok(())
    }

    /// Reads a row: its kind, and its cells with their element count. The error says why not.
    pub(super) fn row(&self, line: usize, text: &str) -> Result<(Kind, Vec<(u64, Cell)>), String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        // Operator and root are blank in some releases where there are none.
        let blank =
            (self.left.len().saturating_sub(3)).min(self.fields.saturating_sub(fields.len()));
        let blank = if self.time_at(&fields, 0) { 0 } else { blank };
        let found = fields.len() + blank;
        if found < self.fields || !self.time_at(&fields, blank) {
            let expected = self.fields;
            return Err(format!(
                "{} fields where {expected} belong: is the line cut?",
                fields.len()
            ));
        }
        let field = |at: usize| fields.get(at.wrapping_sub(blank)).copied().unwrap_or_default();
        let left = |name: &str| {
            let at = self.left.iter().position(|column| column == name)?;
            (at + blank < self.left.len()).then(|| fields.get(at).copied()).flatten()
        };
        let size = left("size").unwrap_or_default();
        let bytes: u64 = size.parse().map_err(|_| format!("size `{size}` is not in bytes"))?;
        let count = left("count").and_then(|count| count.parse().ok()).unwrap_or(0);
        let word = |name| left(name).unwrap_or_default().to_owned();
        let kind = Kind { dtype: word("type"), redop: word("redop"), root: word("root") };
        let mut cells = Vec::new();
        for side in self.sides.iter().filter(|side| field(side.time) != "N/A") {
            let number = |at: usize, name: &str| {
                let text = field(at);
                Printed::read(text).ok_or_else(|| format!("{name} `{text}` is no number"))
            };
            let wrong = match side.wrong.map(|(at, errors)| (field(at), errors)) {
                None | Some(("N/A", _)) => 0.0,
                Some((text, errors)) => {
                    // rccl-tests marks what is too large with an asterisk.
                    let bare = text.trim_end_matches('*');
                    let wrong: f64 = bare.parse().map_err(|_| format!("#wrong `{text}`"))?;
                    if errors && wrong <= ERROR && bare == text { 0.0 } else { wrong }
                }
            };
            let cell = Cell {
                place: Place::Line(line),
                bytes,
                in_place: side.in_place,
                time: Some(number(side.time, "time")?),
                algbw: Some(number(side.algbw, "algbw")?),
                busbw: Some(number(side.busbw, "busbw")?),
                wrong,
            };
            cells.push((count, cell));
        }
        Ok((kind, cells))
    }

    /// Whether the first time stands where it should with `blank` columns left blank.
    fn time_at(&self, fields: &[&str], blank: usize) -> bool {
        let at = self.left.len().saturating_sub(blank);
        let number = |at: usize| {
            fields.get(at).is_some_and(|text| *text == "N/A" || Printed::read(text).is_some())
        };
        let full = fields.len() + blank >= self.fields;
        full && number(at) && number(at + 1) && number(at + 2)
    }
}
