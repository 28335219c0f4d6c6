//! Walks over text byte by byte and knows where it is.

use super::GoalError;

/// A position in the text.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    line_start: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1, line_start: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// An error here.
    pub(super) fn error(&self, what: impl Into<String>) -> GoalError {
        let before = self.text.as_bytes().get(self.line_start..self.at).unwrap_or_default();
        // Bytes that continue a character do not start a column.
        let column = before.iter().filter(|byte| **byte & 0xc0 != 0x80).count() + 1;
        GoalError::Text { line: self.line, column, what: what.into() }
    }

    /// What stands here, for an error: the next few characters of the line.
    pub(super) fn found(&self) -> String {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default().trim_end();
        match line.split_whitespace().next() {
            None if rest.is_empty() => "the file ends".to_owned(),
            None => "the line ends".to_owned(),
            Some(word) => format!("`{}` stands", word.chars().take(20).collect::<String>()),
        }
    }

    /// Skips spaces and tabs.
    pub(super) fn blanks(&mut self) {
        while let Some(b' ' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// Takes a line break (`\n` or `\r\n`).
    pub(super) fn newline(&mut self) -> bool {
        let length = match self.rest() {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => return false,
        };
        self.at += length;
        self.line += 1;
        self.line_start = self.at;
        true
    }

    /// Whether a comment begins here.
    pub(super) fn is_at_comment(&self) -> bool {
        matches!(self.rest(), [b'/', b'/' | b'*', ..])
    }

    /// Skips blanks, line breaks and comments.
    pub(super) fn space(&mut self) -> Result<(), GoalError> {
        loop {
            self.blanks();
            if self.newline() {
                continue;
            }
            match self.rest() {
                [b'/', b'/', ..] => {
                    while self.peek().is_some_and(|byte| byte != b'\n') {
                        self.at += 1;
                    }
                }
                [b'/', b'*', ..] => self.block_comment()?,
                _ => return Ok(()),
            }
        }
    }

    fn block_comment(&mut self) -> Result<(), GoalError> {
        let open = self.clone();
        self.at += 2;
        while !self.rest().starts_with(b"*/") {
            if self.is_at_end() {
                return Err(open.error("this comment never ends; close it with `*/`"));
            }
            if !self.newline() {
                self.at += 1;
            }
        }
        self.at += 2;
        Ok(())
    }

    /// Skips blanks and takes the character `symbol`.
    pub(super) fn symbol(&mut self, symbol: u8) -> bool {
        self.blanks();
        let there = self.peek() == Some(symbol);
        self.at += usize::from(there);
        there
    }

    /// Skips blanks and takes a word: a letter, then letters, digits and `_`; empty if none is here.
    pub(super) fn word(&mut self) -> &'a [u8] {
        self.blanks();
        let rest = self.rest();
        let length = match rest.first() {
            Some(byte) if byte.is_ascii_alphabetic() => rest
                .iter()
                .position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
                .unwrap_or(rest.len()),
            _ => 0,
        };
        self.at += length;
        &rest[..length]
    }

    /// Skips blanks and takes this word, or nothing.
    pub(super) fn keyword(&mut self, word: &str) -> bool {
        self.blanks();
        let at = self.at;
        let there = self.word() == word.as_bytes();
        if !there {
            self.at = at;
        }
        there
    }

    /// Skips blanks and takes a whole number up to `max`; `what` names it in errors.
    pub(super) fn number(&mut self, what: &str, max: u64) -> Result<u64, GoalError> {
        self.blanks();
        let start = self.at;
        let mut value = 0_u64;
        let mut fits = true;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let next = value.checked_mul(10).and_then(|v| v.checked_add(u64::from(digit - b'0')));
            fits &= next.is_some_and(|next| next <= max);
            value = next.unwrap_or(0);
            self.at += 1;
        }
        let digits = self.at - start;
        if digits > 0 && fits && self.peek() != Some(b'.') {
            return Ok(value);
        }
        let fraction = digits > 0 && self.peek() == Some(b'.');
        self.at = start;
        Err(self.error(if digits == 0 {
            format!("{} where {what} belongs; write a whole number", self.found())
        } else if fraction {
            format!("{what} has a fraction; GOAL takes whole numbers only")
        } else {
            format!("{what} is too large; the most is {max}")
        }))
    }

    /// Skips blanks and takes a whole number below [`super::ANY`], or `-1`, which means any.
    pub(super) fn number_or_any(&mut self, what: &str) -> Result<u32, GoalError> {
        self.blanks();
        match self.rest() {
            [b'-', b'1', rest @ ..] if !rest.first().is_some_and(u8::is_ascii_digit) => {
                self.at += 2;
                Ok(super::ANY)
            }
            [b'-', ..] => Err(self.error(format!("{what} is negative; only -1 is, for any"))),
            _ => Ok(self.number(what, u64::from(u32::MAX))? as u32),
        }
    }
}
