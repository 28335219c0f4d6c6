//! Text to schedule.

use super::cursor::Cursor;
use super::symbols::Symbols;
use super::{ANY, Goal, GoalBuilder, GoalError, Kind, Op, OpId};

/// How binary GOAL starts, as two little-endian words: as `txt2bin` writes it, and after a run of
/// LogGOPSim with `--save-mem`.
const MAGIC: [u64; 2] = [4223, 2342];

/// Reads GOAL text.
///
/// # Errors
/// If it is binary GOAL or breaks a rule of the grammar; the error names line and column.
pub fn parse(text: &str) -> Result<Goal, GoalError> {
    refuse_binary(text.as_bytes())?;
    Parser {
        cursor: Cursor::new(text),
        builder: GoalBuilder::new(),
        labels: Symbols::default(),
        ranks: 0,
    }
    .file()
}

/// Reads the contents of a GOAL file.
///
/// # Errors
/// As [`parse`], or if the bytes are no text.
pub fn from_bytes(bytes: &[u8]) -> Result<Goal, GoalError> {
    refuse_binary(bytes)?;
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(text),
        Err(error) => Err(GoalError::NotText { at: error.valid_up_to() }),
    }
}

fn refuse_binary(bytes: &[u8]) -> Result<(), GoalError> {
    let binary = bytes.first_chunk().is_some_and(|head| MAGIC.contains(&u64::from_le_bytes(*head)));
    if binary { Err(GoalError::Binary) } else { Ok(()) }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    builder: GoalBuilder,
    labels: Symbols<'a>,
    ranks: u32,
}

impl<'a> Parser<'a> {
    fn file(mut self) -> Result<Goal, GoalError> {
        self.cursor.space()?;
        if !self.cursor.keyword("num_ranks") {
            let found = self.cursor.found();
            let what = format!("{found} where GOAL starts with `num_ranks`, such as `num_ranks 8`");
            return Err(self.cursor.error(what));
        }
        let before = self.cursor.clone();
        self.ranks = self.cursor.number("the number of ranks", u64::from(u32::MAX - 1))? as u32;
        if self.ranks == 0 {
            return Err(before.error("there are no ranks; use 1 or more"));
        }
        self.end_of_line("the number of ranks")?;
        let mut closed = true;
        // Nothing is allocated for ranks that the file does not have.
        for rank in 0..self.ranks {
            closed = self.rank(rank)?;
        }
        self.cursor.space()?;
        if !self.cursor.is_at_end() {
            let (found, ranks) = (self.cursor.found(), self.ranks);
            let what = format!("{found} after the last of {ranks} ranks; correct `num_ranks`");
            return Err(self.cursor.error(what));
        }
        Ok(self.builder.finish_checked(!closed))
    }

    /// Reads a rank; says whether it is closed.
    fn rank(&mut self, rank: u32) -> Result<bool, GoalError> {
        self.cursor.space()?;
        let before = self.cursor.clone();
        if !self.cursor.keyword("rank") {
            let (found, last) = (before.found(), self.ranks - 1);
            let what = format!("{found} where `rank {rank} {{` belongs (ranks go up to {last})");
            return Err(before.error(what));
        }
        let before = self.cursor.clone();
        if self.cursor.number("the rank", u64::from(u32::MAX))? != u64::from(rank) {
            let what = format!("rank {rank} comes next; give all ranks in order");
            return Err(before.error(what));
        }
        if !self.cursor.symbol(b'{') {
            let found = self.cursor.found();
            return Err(self.cursor.error(format!("{found} where `{{` opens rank {rank}")));
        }
        self.end_of_line("`{`")?;
        self.builder.rank();
        self.labels.clear();
        loop {
            self.cursor.space()?;
            if self.cursor.symbol(b'}') {
                return Ok(true);
            }
            if self.cursor.is_at_end() {
                return Ok(false);
            }
            self.statement()?;
        }
    }

    fn statement(&mut self) -> Result<(), GoalError> {
        let start = self.cursor.clone();
        let mut word = self.cursor.word();
        let mut label = None;
        if !word.is_empty() && self.cursor.symbol(b':') {
            label = Some(word);
            word = self.cursor.word();
        }
        let op = match word {
            b"send" => self.message(Kind::Send)?,
            b"recv" => self.message(Kind::Recv)?,
            b"calc" => self.calc()?,
            b"" => {
                let what = format!("{} where a statement belongs", start.found());
                return Err(start.error(format!("{what}; {STATEMENTS}")));
            }
            word if label.is_none() => return self.dependency(&start, word),
            _ => {
                let what = "after a label comes `send`, `recv` or `calc`";
                return Err(start.error(format!("{what}; {STATEMENTS}")));
            }
        };
        self.end_of_line("an operation")?;
        let OpId(id) = self.builder.op(op)?;
        if let Some(label) = label {
            self.labels.insert(label, id);
        }
        Ok(())
    }

    /// The rest of a send or receive.
    fn message(&mut self, kind: Kind) -> Result<Op, GoalError> {
        let size = self.cursor.number("the size", u64::MAX)?;
        let (way, example) = match kind {
            Kind::Send => ("to", "send 8b to 1"),
            _ => ("from", "recv 8b from 1"),
        };
        for word in ["b", way] {
            if !self.cursor.keyword(word) {
                let found = self.cursor.found();
                let what = format!("{found} where `{word}` belongs; write it like `{example}`");
                return Err(self.cursor.error(what));
            }
        }
        self.cursor.blanks();
        let before = self.cursor.clone();
        let peer = match kind {
            Kind::Send => self.cursor.number("the rank", u64::from(u32::MAX - 1))? as u32,
            _ => self.cursor.number_or_any("the rank")?,
        };
        if peer >= self.ranks && peer != ANY {
            let last = self.ranks - 1;
            return Err(before.error(format!("there is no rank {peer}; the last is {last}")));
        }
        let tag =
            if self.cursor.keyword("tag") { self.cursor.number_or_any("the tag")? } else { 0 };
        let cpu = self.byte("cpu")?;
        let nic = self.byte("nic")?;
        Ok(Op { size, rank: 0, peer, tag, kind, cpu, nic })
    }

    /// The rest of a calculation.
    fn calc(&mut self) -> Result<Op, GoalError> {
        let size = self.cursor.number("the nanoseconds", u64::MAX)?;
        Ok(Op { cpu: self.byte("cpu")?, ..Op::calc(size) })
    }

    fn byte(&mut self, word: &str) -> Result<u8, GoalError> {
        if !self.cursor.keyword(word) {
            return Ok(0);
        }
        Ok(self.cursor.number(&format!("the {word}"), u64::from(u8::MAX))? as u8)
    }

    /// The rest of `word requires other`.
    fn dependency(&mut self, start: &Cursor<'a>, word: &[u8]) -> Result<(), GoalError> {
        let started = self.cursor.keyword("irequires");
        if !started && !self.cursor.keyword("requires") {
            let what = format!("{} where a statement belongs", start.found());
            return Err(start.error(format!("{what}; {STATEMENTS}")));
        }
        let op = self.label(start, word)?;
        self.cursor.blanks();
        let place = self.cursor.clone();
        let word = self.cursor.word();
        let before = self.label(&place, word)?;
        self.end_of_line("a dependency")?;
        if started { self.builder.irequires(op, before) } else { self.builder.requires(op, before) }
    }

    fn label(&self, place: &Cursor<'a>, word: &[u8]) -> Result<OpId, GoalError> {
        if let Some(op) = self.labels.get(word) {
            return Ok(OpId(op));
        }
        if word.is_empty() {
            return Err(place.error(format!("{} where a label belongs", place.found())));
        }
        let label = String::from_utf8_lossy(word);
        let what = "is no label of an operation above in this rank; define it before its use";
        Err(place.error(format!("`{label}` {what}")))
    }

    /// What ends every line of meaning.
    fn end_of_line(&mut self, after: &str) -> Result<(), GoalError> {
        self.cursor.blanks();
        if self.cursor.newline() || self.cursor.is_at_end() {
            return Ok(());
        }
        let what = if self.cursor.is_at_comment() {
            format!("a comment after {after}; give it a line of its own")
        } else {
            let found = self.cursor.found();
            format!("{found} after {after}, where the line ends (options go: tag, cpu, nic)")
        };
        Err(self.cursor.error(what))
    }
}

const STATEMENTS: &str = "write it like `l1: send 8b to 1 tag 0`, `l2: recv 8b from 1`, \
                          `l3: calc 100`, `l3 requires l2`, or close the rank with `}`";
