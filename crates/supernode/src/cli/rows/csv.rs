//! One line a row; fields are quoted as RFC 4180 says.

use std::borrow::Cow;
use std::io::{self, Write};

use super::{Chosen, Facts, FaultFacts, Row};

pub(super) fn header(out: &mut impl Write, facts: &Facts) -> io::Result<()> {
    write!(
        out,
        "size_bytes,count,type,redop,root,ranks,system,collective,algorithm,engine,profile,seed,\
         time_us,algbw_gb_per_s,busbw_gb_per_s,wrong,placement,set,fallback"
    )?;
    let library = if facts.library.is_some() { Chosen::COLUMNS } else { "" };
    let faults = if facts.faults.is_some() { FaultFacts::COLUMNS } else { "" };
    writeln!(out, "{library}{faults}")
}

pub(super) fn row(out: &mut impl Write, facts: &Facts, row: &Row) -> io::Result<()> {
    let wrong = row.wrong.map_or_else(String::new, |wrong| wrong.to_string());
    let set = facts.set.join(" ");
    let numbers = [row.size_bytes, row.count].map(|number| number.to_string());
    let fields = [
        &numbers[0],
        &numbers[1],
        row.dtype,
        row.redop,
        &row.root.to_string(),
        &facts.ranks.to_string(),
        &facts.system,
        facts.collective,
        &row.algorithm,
        row.engine,
        &facts.profile,
        &facts.seed.to_string(),
        &row.time_us.to_string(),
        &row.algbw_gb_per_s.to_string(),
        &row.busbw_gb_per_s.to_string(),
        &wrong,
        &facts.placement,
        &set,
        row.fallback.as_deref().unwrap_or_default(),
    ];
    write!(out, "{}", fields.map(quoted).join(","))?;
    if let (Some(chosen), Some(library)) = (&row.chosen, &facts.library) {
        for field in chosen.fields(library) {
            write!(out, ",{}", quoted(&field))?;
        }
    }
    if let Some(faults) = &facts.faults {
        for field in faults.fields(row.seeds.as_ref()) {
            write!(out, ",{}", quoted(&field))?;
        }
    }
    writeln!(out)
}

/// The field, in quotes if it holds a comma, a quote or a line break.
pub(in crate::cli) fn quoted(field: &str) -> Cow<'_, str> {
    if field.contains([',', '"', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", field.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!(quoted("dgx-h100"), "dgx-h100");
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        assert_eq!(quoted("a\nb"), "\"a\nb\"");
    }
}
