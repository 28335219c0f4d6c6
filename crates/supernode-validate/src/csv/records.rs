use crate::{Place, ReadError};

/// One record.
#[derive(Debug)]
pub(crate) struct Record<'a> {
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
    ) -> Result<Option<T>, String> {
        match self.text(column) {
            "" => Ok(None),
            text => read(text).map(Some).ok_or_else(|| self.refused(column, expected)),
        }
    }

    /// Says that a field is not what was expected.
    pub(crate) fn refused(&self, column: &'static str, expected: &'static str) -> String {
        format!("`{}` in column `{column}` is not {expected}", self.text(column))
    }
}

/// All records of a text, its header resolved by name.
#[derive(Debug)]
pub(crate) struct Table {
    names: Vec<&'static str>,
    places: Vec<Option<usize>>,
    lines: Vec<(usize, Result<Vec<String>, String>)>,
}

impl Table {
    /// Reads a text whose header has all `required` columns, may have `optional` ones, and no other;
    /// in any order. Empty lines and lines that start with `#` are skipped.
    pub(crate) fn read(
        text: &str,
        required: &[&'static str],
        optional: &[&'static str],
    ) -> Result<Self, ReadError> {
        let mut lines = split(text).into_iter();
        let (line, header) = lines.next().unwrap_or((1, Ok(Vec::new())));
        let malformed = |what| ReadError::Malformed { place: Place::Line(line), what };
        let header = header.map_err(malformed)?;
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
        Ok(Self { names, places, lines: lines.collect() })
    }

    /// The records below the header, each with its line: what is none says why.
    pub(crate) fn records(&self) -> impl Iterator<Item = (usize, Result<Record<'_>, &str>)> {
        self.lines.iter().map(|(line, fields)| {
            let (names, places) = (&self.names, &self.places);
            let record = fields.as_ref().map(|fields| Record { names, places, fields });
            (*line, record.map_err(String::as_str))
        })
    }
}

/// Splits a text into records of as many fields as the first has, with the line each starts on. What
/// a stray quote would swallow is one bad line, and the next is read by itself.
fn split(text: &str) -> Vec<(usize, Result<Vec<String>, String>)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<&str> = text.lines().collect();
    let mut records = Vec::new();
    let mut expected = None;
    let mut next = 0;
    while let Some(line) = lines.get(next) {
        next += 1;
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let start = next;
        let mut fields = Vec::new();
        let mut end = add_fields(line, None, &mut fields);
        while end == End::Open
            && let Some(line) = lines.get(next)
        {
            next += 1;
            let continued = fields.pop();
            end = add_fields(line, continued, &mut fields);
        }
        let found = fields.len();
        let record = match (end, *expected.get_or_insert(found)) {
            (End::Open, _) => Err("a quoted field is not closed; is the file cut?".to_owned()),
            (End::Torn, _) => Err("text follows a closing quote; double the quotes".to_owned()),
            (End::Whole, expected) if found == expected => Ok(fields),
            (End::Whole, expected) => {
                Err(format!("{found} fields where the header has {expected}; is the line cut?"))
            }
        };
        if record.is_err() {
            next = start;
        }
        records.push((start, record));
    }
    records
}

/// How a line of fields ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With its last field.
    Whole,
    /// Within a quoted field.
    Open,
    /// Somewhere text follows a closing quote, which is none then.
    Torn,
}

/// Adds the fields of one line; `continued` is a quoted field of the line before.
fn add_fields(line: &str, continued: Option<String>, fields: &mut Vec<String>) -> End {
    let mut quoted = continued.is_some();
    let mut closed = false;
    let mut field = continued.map_or_else(String::new, |field| field + "\n");
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted => (quoted, closed) = (false, true),
            ',' if !quoted => {
                fields.push(std::mem::take(&mut field));
                closed = false;
            }
            other if closed && !other.is_whitespace() => return End::Torn,
            '"' if field.is_empty() => quoted = true,
            other => field.push(other),
        }
    }
    fields.push(field);
    if quoted { End::Open } else { End::Whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(fields: &[&str]) -> Vec<String> {
        fields.iter().map(|field| (*field).to_owned()).collect()
    }

    #[test]
    fn fields_may_be_quoted_and_span_lines() {
        let records = split("a,b\n\n# note\n\"1,\n2\",\"say \"\"x\"\"\"\n");
        assert_eq!(records[0], (1, Ok(fields(&["a", "b"]))));
        assert_eq!(records[1], (4, Ok(fields(&["1,\n2", "say \"x\""]))));
    }

    #[test]
    fn a_stray_quote_costs_one_line() {
        let bad = |records: &[(usize, Result<Vec<String>, String>)]| {
            records.iter().filter(|(_, record)| record.is_err()).map(|(line, _)| *line).collect()
        };
        let check = |text: &str, expected: &[usize], good: usize| {
            let records = split(text);
            let bad: Vec<usize> = bad(&records);
            assert_eq!((bad.as_slice(), records.len() - bad.len()), (expected, good), "{text}");
        };
        check("a,b\n1,\"x\n2,y\n3,z\n", &[2], 3);
        check("a,b\n1,\"x\n2,y\n3,\"z\"\n", &[2], 3);
        check("a,b\n1\n2,y,z\n3,z\n", &[2, 3], 2);
    }

    #[test]
    fn headers_are_strict_but_in_any_order() {
        let table = Table::read("b,a\n1,2\n", &["a", "b"], &["c"]).unwrap();
        let (line, record) = table.records().next().unwrap();
        let record = record.unwrap();
        assert_eq!((line, record.text("a"), record.text("b"), record.text("c")), (2, "2", "1", ""));
        let missing = Table::read("a\n", &["a", "b"], &[]).unwrap_err();
        assert_eq!(missing, ReadError::MissingColumn { line: 1, name: "b" });
        let unknown = Table::read("a,x\n", &["a"], &[]).unwrap_err();
        assert_eq!(unknown, ReadError::UnknownColumn { line: 1, name: "x".to_owned() });
        assert!(Table::read("a,\"b\n", &["a"], &[]).is_err());
    }
}
