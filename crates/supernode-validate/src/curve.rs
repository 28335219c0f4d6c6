use supernode_units::{Bandwidth, DType, Time};

use crate::family::family;
use crate::{Launch, Operation, Processes, Row, Timing, Unfit};

/// Rows of one operation on one machine by one source, with the conditions they were measured under.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Name, unique in a set.
    pub id: String,
    /// Where it was published, pinned to a commit where it could be.
    pub source_url: String,
    /// Kind of source: `repo log`, `vendor blog`, ...
    pub source_kind: String,
    /// Machine, in the words of the source.
    pub hardware: String,
    /// Chips that took part; ranks, where a chip has one device.
    pub chips: u32,
    /// Nodes; absent where it is not known.
    pub nodes: Option<u32>,
    /// Chips of each node that took part.
    pub chips_per_node: Option<u32>,
    /// Scale-up fabric, in words.
    pub scale_up: String,
    /// Scale-up bandwidth per chip and direction.
    pub scale_up_rate: Option<Bandwidth>,
    /// Network interfaces per node.
    pub nics_per_node: Option<u32>,
    /// Rate of one network interface per direction.
    pub nic_rate: Option<Bandwidth>,
    /// What was measured.
    pub operation: Operation,
    /// Algorithm in words; `auto` where the library chose.
    pub algo: String,
    /// Protocol in words; `auto` where the library chose.
    pub proto: String,
    /// Library.
    pub library: String,
    /// Its version, in words.
    pub version: String,
    /// Element type, by its nccl-tests name, or in words.
    pub dtype: String,
    /// How calls reach the devices, where it is known.
    pub launch: Option<Launch>,
    /// How ranks are laid on processes, where it is known.
    pub processes: Option<Processes>,
    /// What is special about this curve.
    pub notes: String,
    /// The rows.
    pub rows: Vec<Row>,
}

impl Curve {
    /// Repository or page the curve comes from: owner and repository of a file on GitHub, an issue or
    /// pull request by itself, any other address without its fragment, and what is no address up to
    /// the first parenthesis. One source has one vote per machine and operation.
    pub fn source(&self) -> &str {
        let url = self.source_url.split([' ', '#']).next().unwrap_or_default();
        let Some(path) = url.strip_prefix("https://github.com/") else {
            let page = if url.contains("://") { url } else { &self.source_url };
            return page.split(" (").next().unwrap_or_default().trim();
        };
        let parts: Vec<&str> = path.split('/').collect();
        let own_page = matches!(parts.get(2), Some(&"issues" | &"pull" | &"discussions"));
        let kept = if own_page { 4 } else { 2 };
        let length: usize = parts.iter().take(kept).map(|part| part.len() + 1).sum();
        let end = (url.len() - path.len() + length).saturating_sub(1);
        url.get(..end).unwrap_or(url)
    }

    /// The chip in the machine's name (`H100`, `MI300X`, `Ascend 910B`), or the whole name.
    pub fn family(&self) -> &str {
        family(&self.hardware)
    }

    /// Whether each row is the best or the plateau of a sweep, as the notes tell.
    pub fn is_peak(&self) -> bool {
        ["peak", "plateau"].iter().any(|word| self.notes.contains(word))
    }

    /// Element type, where it is one that supernode knows.
    pub fn element(&self) -> Option<DType> {
        match self.dtype.as_str() {
            "fp32" | "float32" => Some(DType::F32),
            name => name.parse().ok(),
        }
    }

    /// Time of a row of this curve: as printed, else computed from its busbw or algbw.
    pub fn timing(&self, row: &Row) -> Option<Timing> {
        if let Some(time) = row.time {
            return Some(Timing { time, derived: false });
        }
        let from_busbw = row.busbw.map(|rate| (rate, self.operation.busbw_factor(self.chips)));
        let (rate, factor) = from_busbw.or(row.algbw.map(|rate| (rate, 1.0)))?;
        let seconds = row.bytes? as f64 * factor / (rate * 1e9);
        let time = Time::from_secs_f64(seconds);
        (time > Time::ZERO && time < Time::MAX).then_some(Timing { time, derived: true })
    }

    /// Why a row of this curve is not for fitting; none if it is.
    pub fn unfit(&self, row: &Row) -> Option<Unfit> {
        match self.timing(row) {
            None => Some(Unfit::Timeless),
            Some(_) if row.bytes.is_none() => Some(Unfit::Timeless),
            Some(_) if row.quality == crate::Quality::Suspect => Some(Unfit::Suspect),
            Some(_) if self.is_peak() => Some(Unfit::Peak),
            Some(timing) => timing.derived.then_some(Unfit::Derived),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::builtin;

    #[test]
    fn sources_are_repositories_issues_or_pages() {
        let mut curve = builtin().unwrap().remove(0);
        let mut check = |url: &str, expected: &str| {
            url.clone_into(&mut curve.source_url);
            assert_eq!(curve.source(), expected);
        };
        check("https://github.com/a/b/blob/1f/c/d.md", "https://github.com/a/b");
        check("https://github.com/a/b (report \"x\")", "https://github.com/a/b");
        check("https://github.com/a/b/issues/7#c", "https://github.com/a/b/issues/7");
        check("https://github.com/a", "https://github.com/a");
        check("https://x.org/y.html#z", "https://x.org/y.html");
        check("Some report (of 2024)", "Some report");
        check("", "");
    }
}
