//! Where in a file a value stands: the line and column of every error.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::CatalogError;

/// A file's name, its text, and the tree of its tables with the span of each value.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    file: &'a str,
    text: &'a str,
    root: Spanned<DeTable<'a>>,
}

impl<'a> Source<'a> {
    /// Reads the tree of `text`, whose tables follow the schema or not.
    pub(crate) fn parse(file: &'a str, text: &'a str) -> Result<Self, CatalogError> {
        let root = DeTable::parse(text).map_err(|error| malformed(file, error))?;
        Ok(Self { file, text, root })
    }

    /// The table `[kind.id]`.
    pub(crate) fn table(&self, kind: &str, id: &str) -> Place<'_> {
        let value = self.root.get_ref().get(kind);
        let whole = Place { source: self, offset: 0, value: None };
        value.map_or(whole, |value| whole.at(value)).key(id)
    }
}

/// The error of the TOML parser, which shows the place itself.
pub(crate) fn malformed(file: &str, error: toml::de::Error) -> CatalogError {
    CatalogError::Toml { file: file.to_owned(), error: Box::new(error) }
}

/// A value of the file; for a key that the file leaves out, the table that should hold it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    source: &'a Source<'a>,
    offset: usize,
    value: Option<&'a DeValue<'a>>,
}

impl<'a> Place<'a> {
    fn at(self, value: &'a Spanned<DeValue<'a>>) -> Self {
        Self { offset: value.span().start, value: Some(value.get_ref()), ..self }
    }

    /// The value at `key` of this table.
    pub(crate) fn key(self, key: &str) -> Self {
        let found = self.value.and_then(DeValue::as_table).and_then(|table| table.get(key));
        found.map_or(self, |value| self.at(value))
    }

    /// The value at a path such as `memory.bandwidth`.
    pub(crate) fn path(self, path: &str) -> Self {
        path.split('.').fold(self, Self::key)
    }

    /// Element `index` of this array.
    pub(crate) fn index(self, index: usize) -> Self {
        let found = self.value.and_then(DeValue::as_array).and_then(|array| array.get(index));
        found.map_or(self, |value| self.at(value))
    }

    /// The error `what` here.
    pub(crate) fn invalid(self, what: String) -> CatalogError {
        let Source { file, text, .. } = self.source;
        let before = &text[..self.offset.min(text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, str::len) + 1;
        CatalogError::Invalid { file: (*file).to_owned(), line, column, what }
    }
}
