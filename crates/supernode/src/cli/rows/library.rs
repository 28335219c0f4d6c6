//! What a library's profile adds to a run and to its rows.

use serde::Serialize;

/// What holds for every row under a library's profile.
#[derive(Debug, Clone, Default, Serialize)]
pub(in crate::cli) struct LibraryFacts {
    /// Nodes, as the library counts them.
    pub(in crate::cli) nodes: u32,
    /// Ranks of each.
    pub(in crate::cli) ranks_per_node: u32,
    /// How kernels are launched.
    pub(in crate::cli) launch: &'static str,
    /// Which process launches for which rank.
    pub(in crate::cli) processes: &'static str,
    /// What the times rest on.
    pub(in crate::cli) basis: Vec<String>,
    /// What a reader has to know.
    pub(in crate::cli) caveats: Vec<String>,
    /// What is run for which sizes.
    #[serde(skip)]
    pub(in crate::cli) choices: Vec<String>,
    /// Whether the library's own estimate is printed.
    #[serde(skip)]
    pub(in crate::cli) tuner: bool,
    /// Whether times have two ends.
    #[serde(skip)]
    pub(in crate::cli) ends: bool,
}

/// What the library chose for one row.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(in crate::cli) struct Chosen {
    /// The protocol.
    pub(in crate::cli) protocol: Option<&'static str>,
    /// Channels that work.
    pub(in crate::cli) channels: Option<u32>,
    /// Bytes that a channel hands on as one unit.
    pub(in crate::cli) chunk_bytes: Option<u64>,
    /// The library's own estimate, where it was asked for.
    pub(in crate::cli) tuner_us: Option<f64>,
    /// The time at the best end of what nobody published.
    pub(in crate::cli) time_low_us: Option<f64>,
    /// The time at its worst end.
    pub(in crate::cli) time_high_us: Option<f64>,
}

impl LibraryFacts {
    /// The facts as comment lines.
    pub(super) fn lines(&self) -> Vec<String> {
        let Self { nodes, ranks_per_node, launch, processes, .. } = self;
        let of = |count: &u32, what: &str| {
            format!("{count} {what}{}", if *count == 1 { "" } else { "s" })
        };
        let shape = format!("{} of {}", of(nodes, "node"), of(ranks_per_node, "rank"));
        let mut lines = vec![match *launch {
            "" => shape,
            launch => format!("{shape}, launch {launch}, processes {processes}"),
        }];
        lines.extend(self.basis.iter().map(|basis| format!("validity: {basis}")));
        lines.extend(self.caveats.iter().cloned());
        lines.extend(self.choices.iter().map(|choice| format!("choice: {choice}")));
        lines
    }

    /// Columns after those of nccl-tests.
    pub(super) fn trailing(&self) -> Vec<&'static str> {
        let ends: &[_] = if self.ends { &["low", "high"] } else { &[] };
        let tuner: &[_] = if self.tuner { &["tuner"] } else { &[] };
        [ends, tuner].concat()
    }

    /// The values of these columns, in microseconds.
    pub(super) fn trailing_times(&self, chosen: &Chosen) -> Vec<Option<f64>> {
        let ends: &[_] = if self.ends { &[chosen.time_low_us, chosen.time_high_us] } else { &[] };
        let tuner: &[_] = if self.tuner { &[chosen.tuner_us] } else { &[] };
        [ends, tuner].concat()
    }
}

impl Chosen {
    /// Columns of `csv` after those that every profile has.
    pub(super) const COLUMNS: &'static str = ",nodes,ranks_per_node,launch,processes,protocol,\
                                              channels,chunk_bytes,tuner_us,time_low_us,time_high_us";

    /// The fields of these columns.
    pub(super) fn fields(&self, facts: &LibraryFacts) -> [String; 10] {
        let time = |us: Option<f64>| us.map_or_else(String::new, |us| us.to_string());
        [
            facts.nodes.to_string(),
            facts.ranks_per_node.to_string(),
            facts.launch.to_owned(),
            facts.processes.to_owned(),
            self.protocol.unwrap_or_default().to_owned(),
            self.channels.map_or_else(String::new, |channels| channels.to_string()),
            self.chunk_bytes.map_or_else(String::new, |bytes| bytes.to_string()),
            time(self.tuner_us),
            time(self.time_low_us),
            time(self.time_high_us),
        ]
    }
}
