use crate::ReadError;

/// One record and the line that it starts on.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) line: usize,
    names: &'a [&'static str],
    places: &'a [Option<usize>],
    fields: &'a [String],
}

impl Record<'_> {
    /// The field of a column that was asked for; empty where the file does not have the column.
    pub(crate) fn text(&self, column: &'static str) -> &str {
        let asked = self.names.iter().position(|name| *name == column);
        let place = asked.and_then(|asked| self.places.get(asked).copied().flatten());
        place.and_then(|place| self.fields.get(place)).map_or("", |field| field.trim())
    }

    /// The field, or nothing where it is empty.
    pub(crate) fn given<T>(
        &self,
        column: &'static str,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ReadError> {
        match self.text(column) {
            "" => Ok(None),
            text => read(text).map(Some).ok_or_else(|| self.refused(column, expected)),
        }
    }

    /// The error that says that a field is not what was expected.
    pub(crate) fn refused(&self, column: &'static str, expected: &'static str) -> ReadError {
        let text = self.text(column).to_owned();
        ReadError::Field { line: self.line, column, text, expected }
    }
}

/// All records of a text, its header resolved by name.
#[derive(Debug)]
pub(crate) struct Table {
    names: Vec<&'static str>,
    places: Vec<Option<usize>>,
    lines: Vec<(usize, Vec<String>)>,
}

impl Table {
    /// Reads a text whose header has all `required` columns, may have `optional` ones, and no other;
    /// in any order. Empty lines and lines that start with `#` are skipped.
    pub(crate) fn read(
        text: &str,
        required: &[&'static str],
        optional: &[&'static str],
    ) -> Result<Self, ReadError> {
        let mut lines = split(text)?.into_iter();
        let (line, header) = lines.next().unwrap_or((1, Vec::new()));
        let names: Vec<&'static str> = required.iter().chain(optional).copied().collect();
        let mut places = vec![None; names.len()];
        for (place, name) in header.iter().enumerate() {
            let known = names.iter().position(|known| known == &name.trim());
            match known.and_then(|known| places.get_mut(known)) {
                Some(slot @ None) => *slot = Some(place),
                _ => return Err(ReadError::UnknownColumn { line, name: name.clone() }),
            }
        }
        for (name, place) in required.iter().zip(&places) {
            if place.is_none() {
                return Err(ReadError::MissingColumn { line, name });
            }
        }
        let lines: Vec<_> = lines.collect();
        for (line, fields) in &lines {
            if fields.len() != header.len() {
                let (found, expected) = (fields.len(), header.len());
                return Err(ReadError::Fields { line: *line, found, expected });
            }
        }
        Ok(Self { names, places, lines })
    }

    /// The records below the header.
    pub(crate) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.lines.iter().map(|(line, fields)| Record {
            line: *line,
            names: &self.names,
            places: &self.places,
            fields,
        })
    }
}

/// Splits a text into records of fields, with the line each starts on.
fn split(text: &str) -> Result<Vec<(usize, Vec<String>)>, ReadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut records = Vec::new();
    let mut open: Option<(usize, Vec<String>)> = None;
    for (index, line) in text.lines().enumerate() {
        let (start, mut fields) = match open.take() {
            Some(open) => open,
            None if line.trim().is_empty() || line.starts_with('#') => continue,
            None => (index + 1, Vec::new()),
        };
        let continued = fields.pop();
        if add_fields(line, continued, &mut fields) {
            open = Some((start, fields));
        } else {
            records.push((start, fields));
        }
    }
    match open {
        Some((line, _)) => Err(ReadError::Quote { line }),
        None => Ok(records),
    }
}

/// Adds the fields of one line; `continued` is a quoted field of the line before. Returns whether the
/// last field is still open.
fn add_fields(line: &str, continued: Option<String>, fields: &mut Vec<String>) -> bool {
    let mut quoted = continued.is_some();
    let mut field = continued.map_or_else(String::new, |field| field + "\n");
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    fields.push(field);
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_may_be_quoted_and_span_lines() {
        let records = split("a,b\n\n# note\n\"1,\n2\",\"say \"\"x\"\"\"\n").unwrap();
        assert_eq!(records[0], (1, vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(records[1], (4, vec!["1,\n2".to_owned(), "say \"x\"".to_owned()]));
        assert_eq!(split("a\n\"b"), Err(ReadError::Quote { line: 2 }));
    }

    #[test]
    fn headers_are_strict_but_in_any_order() {
        let table = Table::read("b,a\n1,2\n", &["a", "b"], &["c"]).unwrap();
        let record = table.records().next().unwrap();
        assert_eq!((record.text("a"), record.text("b"), record.text("c")), ("2", "1", ""));
        let missing = Table::read("a\n", &["a", "b"], &[]).unwrap_err();
        assert_eq!(missing, ReadError::MissingColumn { line: 1, name: "b" });
        let unknown = Table::read("a,x\n", &["a"], &[]).unwrap_err();
        assert_eq!(unknown, ReadError::UnknownColumn { line: 1, name: "x".to_owned() });
        let cut = Table::read("a,b\n1,2\n1\n", &["a", "b"], &[]).unwrap_err();
        assert_eq!(cut, ReadError::Fields { line: 3, found: 1, expected: 2 });
    }
}
