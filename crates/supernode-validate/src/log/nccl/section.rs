use crate::log::command::Command;
use crate::log::header::{Device, Header};
use crate::log::lines::lines;
use crate::log::{Notes, Remark};
use crate::{Place, ReadError};

use super::columns::Columns;
use super::{operation_in, version_of_code};

/// One run: its head, its table and its end.
#[derive(Debug, Clone, Default)]
pub(super) struct Section {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) header: Header,
    pub(super) columns: Option<Columns>,
    pub(super) rows: Vec<(usize, String)>,
    pub(super) closed: bool,
    pub(super) average: Option<(usize, f64)>,
}

/// Splits a log into its runs.
pub(super) fn split(text: &str) -> Result<Vec<Section>, ReadError> {
    let mut done = Vec::new();
    let mut now = Section { start: 1, ..Section::default() };
    let mut above = "";
    for (line, text) in lines(text) {
        let begins = ["# nThread", "# nccl-tests version", "# Collective test starting"];
        // The command of the next run may stand above its head.
        let called = now.closed && !text.starts_with('#') && operation_in(text).is_some();
        let begins = called || begins.iter().any(|begin| text.starts_with(begin));
        if now.columns.is_some() && begins {
            let next = now.next(line);
            done.push(std::mem::replace(&mut now, next));
        }
        now.end = line;
        now.header.settings.read(Place::Line(line), text);
        if text.starts_with('#') {
            now.head(line, text, above)?;
            above = text;
        } else {
            now.body(line, text);
        }
    }
    done.push(now);
    Ok(done)
}

impl Section {
    /// The run after this one, from `line` on: what the shell was told holds for it, too.
    fn next(&self, line: usize) -> Self {
        let settings = self.header.settings.exported();
        let header = Header { settings, ..Header::default() };
        Section { start: line, header, ..Section::default() }
    }

    fn head(&mut self, line: usize, text: &str, above: &str) -> Result<(), ReadError> {
        let header = &mut self.header;
        if let Some(columns) = Columns::read(text, above) {
            let place = Place::Line(line);
            let what = |what: &str| ReadError::Unsupported { place, what: what.to_owned() };
            self.columns = Some(columns.map_err(what)?);
        } else if text.contains("(us)") || text.contains("(GB/s)") || text.contains("(elements)") {
            Columns::check_units(line, text)?;
        } else if text.contains("nThread") {
            header.threads = number_after(text, "nThread").unwrap_or(0);
            header.gpus = number_after(text, "nGpus").unwrap_or(0);
            header.graph = number_after(text, "graph").unwrap_or(0) > 0;
            if let Some(grouped) = number_after(text, "agg iters").filter(|iters| *iters > 1) {
                let what =
                    format!("agg iters: {grouped}: several calls in one group: not modelled");
                header.unmodelled.push(Remark { place: Place::Line(line), what });
            }
        } else if let Some(device) = device(text) {
            header.devices.push(device);
        } else if let Some(average) = text.strip_prefix("# Avg bus bandwidth") {
            self.closed = true;
            let number = average.trim_start_matches([' ', ':']).split_whitespace().next();
            self.average = number.and_then(|number| Some((line, number.parse().ok()?)));
        } else if let Some(program) = text.strip_prefix("# Collective test starting:") {
            header.operation = operation_in(program);
        } else if text.contains("nccl-library=") {
            let code = number_after(text, "nccl-library=");
            header.version = code.and_then(|code| version_of_code(code.into())).unwrap_or_default();
        }
        header.rccl |= text.contains("AMD Instinct");
        Ok(())
    }

    fn body(&mut self, line: usize, text: &str) {
        let header = &mut self.header;
        for (words, rccl) in [("RCCL version", true), ("NCCL version", false)] {
            if let Some((_, rest)) = text.split_once(words) {
                let word = rest.trim_start_matches([' ', ':']).split([' ', '+', '-']).next();
                word.unwrap_or_default().clone_into(&mut header.version);
                header.rccl |= rccl;
                return;
            }
        }
        header.rccl |= text.contains("rccl-tests") || text.contains("rccl_tests");
        if self.columns.is_some() && !self.closed && begins_with_size(text) {
            self.rows.push((line, text.to_owned()));
        } else if header.command.is_none()
            && let Some(command) = Command::read(text)
        {
            header.unmodelled.extend(command.unmodelled(Place::Line(line)));
            header.command = Some(command);
        }
    }

    /// Leaves out the last row where the text ends within it: a number may have lost digits.
    pub(super) fn drop_cut_row(&mut self, cut: bool, notes: &mut Notes) {
        if cut && !self.closed && self.rows.last().is_some_and(|(line, _)| *line == self.end) {
            self.rows.pop();
            let what = "the text ends within this row".to_owned();
            notes.left_out.push(Remark { place: Place::Line(self.end), what });
        }
    }
}

/// A rank of the device list: `#  Rank  0 Group  0 Pid 7085 on host device  0 [0000:05:00] NAME`.
fn device(text: &str) -> Option<Device> {
    let text = &text.replace('\t', " ");
    let rank = number_after(text.strip_prefix('#')?.trim_start().strip_prefix("Rank")?, "")?;
    let group = number_after(text, "Group").unwrap_or(0);
    let (_, place) = text.split_once(" on ")?;
    let (host, device) = place.split_once(" device ")?;
    let name = device.split_once(']').map_or("", |(_, name)| name).trim();
    Some(Device { rank, group, host: host.trim().to_owned(), name: name.to_owned() })
}

/// Whether a line begins with a number, or one with a unit: not with a host's name.
fn begins_with_size(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default();
    let number = word.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let digits = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    digits && !number.is_empty() && word.len() - number.len() <= 3
}

/// The number that follows a word, after blanks and colons.
fn number_after(text: &str, word: &str) -> Option<u32> {
    let (_, rest) = text.split_once(word)?;
    let rest = rest.trim_start_matches([' ', '\t', ':']);
    let end = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}
