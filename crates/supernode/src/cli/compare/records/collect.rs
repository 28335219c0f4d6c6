//! From a comparison to its records.

use supernode::strategy::{
    AllReduce, Batch, Bounds, Comparison, Contest, Installed, NOT_MODELLED, Row, Side, Subject,
    Turn, Unit, Verdict,
};
use supernode::units::{Time, Value};

use super::super::contests::{contests, missing};
use super::super::{flips, verdict};
use super::Record;

const SIDES: [&str; 2] = ["first", "second"];

/// Records under construction.
struct Collector<'a> {
    comparison: &'a Comparison,
    /// Of the records that come.
    profile: &'static str,
    records: Vec<Record>,
}

/// What a record belongs to.
#[derive(Clone, Copy)]
struct Place<'a> {
    section: &'static str,
    profile: &'static str,
    item: &'a str,
    side: &'static str,
    machine: &'a str,
}

pub(super) fn records(comparison: &Comparison) -> Vec<Record> {
    let mut collector = Collector { comparison, profile: "", records: Vec::new() };
    collector.about();
    collector.machines();
    for (profile, contest) in contests(comparison) {
        collector.profile = profile;
        collector.contest(contest);
    }
    collector.profile = "library";
    for (ahead, (item, note)) in comparison.ahead.iter().zip(verdict::ahead(comparison)) {
        let place = collector.place("ahead", &item, Some(ahead.index));
        collector.push(place, "library_over_wire", Value::Point(ahead.by), &note);
    }
    for why in missing(comparison) {
        let place = collector.place("verdict", "none", None);
        collector.push(place, "text", Value::Unknown, &why);
    }
    collector.profile = "";
    let rest = collector.place("not-modelled", "all", None);
    collector.push(rest, "text", Value::Unknown, NOT_MODELLED);
    collector.records
}

impl<'a> Collector<'a> {
    /// A place of the machine `side`, or of none.
    fn place<'b>(&self, section: &'static str, item: &'b str, side: Option<usize>) -> Place<'b>
    where
        'a: 'b,
    {
        let machine = side.map_or("", |side| &self.comparison.machines[side].system.id);
        let profile = self.profile;
        Place { section, profile, item, side: side.map_or("", |side| SIDES[side]), machine }
    }

    fn push(&mut self, place: Place<'_>, figure: &'static str, value: Value<f64>, note: &str) {
        self.records.push(Record {
            section: place.section,
            profile: place.profile,
            item: place.item.to_owned(),
            side: place.side,
            machine: place.machine.to_owned(),
            figure,
            low: value.low(),
            high: value.high(),
            note: note.to_owned(),
        });
    }

    fn about(&mut self) {
        let comparison = self.comparison;
        let simulated = self.place("about", "simulated", None);
        self.push(simulated, "text", Value::Unknown, "in closed form");
        for (side, installed) in comparison.libraries.iter().enumerate() {
            let place = self.place("about", "library", Some(side));
            if let Some(Installed { library, basis }) = installed {
                let note = format!("{library}: {}", basis.join("; "));
                self.push(place, "text", Value::Unknown, &note);
            }
        }
        let workload = &comparison.workload;
        for (item, figure, count) in [
            ("params", "count", workload.params),
            ("tokens", "tokens_per_step", workload.tokens),
            ("seq", "tokens_per_sequence", workload.seq),
            ("sequences", "sequences_per_step", workload.sequences()),
        ] {
            let place = self.place("workload", item, None);
            self.push(place, figure, Value::Point(count as f64), "");
        }
        let dtype = self.place("workload", "dtype", None);
        self.push(dtype, "text", Value::Unknown, workload.precision.name());
        let assumed = &comparison.assumptions;
        let range = |bounds: Bounds| Value::between(bounds.low, bounds.high);
        for (item, figure, value) in [
            ("gemm-efficiency", "share", range(assumed.gemm_efficiency)),
            ("overlap-tax", "share", range(assumed.overlap_tax)),
            ("interruptions", "per_chip_hour", range(assumed.interruptions_per_chip_hour)),
            ("checkpoint", "s", Value::Point(assumed.checkpoint_s)),
        ] {
            let place = self.place("assumption", item, None);
            self.push(place, figure, value, "");
        }
        for modelled in &comparison.modelled {
            let place = self.place("modelled", &modelled.path, None);
            let note = format!("{}: {}", modelled.value, modelled.reason);
            self.push(place, "text", Value::Unknown, &note);
        }
    }

    fn machines(&mut self) {
        let comparison = self.comparison;
        for fact in &comparison.facts {
            for (side, figure) in fact.figures.iter().enumerate() {
                let place = self.place("machine", fact.name, Some(side));
                let (value, note) = match figure {
                    Some(figure) => (figure.value, if figure.modelled { "modelled" } else { "" }),
                    None => (Value::Unknown, "no meaning for a single device"),
                };
                self.push(place, unit(fact.unit), value, note);
            }
        }
        for (side, failures) in comparison.failures.iter().enumerate() {
            let place = self.place("failures", "interruptions", Some(side));
            self.push(place, "mean_hours", failures.mean_hours, "modelled");
            self.push(place, "goodput", failures.goodput, "modelled");
        }
    }

    fn contest(&mut self, contest: &Contest) {
        for (side, result) in contest.all_reduce.iter().enumerate() {
            match result {
                Ok(sizes) => self.all_reduce(side, sizes),
                Err(why) => {
                    let place = self.place("all-reduce", "all", Some(side));
                    self.push(place, "time_us", Value::Unknown, &why.to_string());
                }
            }
        }
        for row in &contest.rows {
            self.row(row);
        }
        self.verdicts(contest);
        self.flips(contest);
    }

    fn all_reduce(&mut self, side: usize, sizes: &[AllReduce]) {
        for AllReduce { bytes, algorithms: [fast, slow], time, busbw } in sizes {
            let item = bytes.to_string();
            let place = self.place("all-reduce", &item, Some(side));
            let note = if fast == slow { fast.clone() } else { format!("{fast}; slow end {slow}") };
            self.push(place, "time_us", time.map(Time::as_us_f64), &note);
            self.push(place, "busbw_gb_per_s", busbw.map(|rate| rate / 1e9), &note);
        }
    }

    fn row(&mut self, row: &Row) {
        let basis = row.basis.to_string();
        let ends = row.pairings().len();
        if let Err(missing) = &row.pairings {
            for error in missing {
                let place = self.place("training", &basis, None);
                self.push(place, "tokens_per_s", Value::Unknown, &error.to_string());
            }
        }
        for (index, pairing) in row.pairings().iter().enumerate() {
            // Where the basis is a range, each end is an item of its own.
            let item = match (ends, index) {
                (1, _) => basis.clone(),
                (_, 0) => format!("{basis}, first low"),
                _ => format!("{basis}, first high"),
            };
            let ratio = Value::Point(pairing.match_ratio);
            let place = self.place("training", &item, None);
            self.push(place, "match_ratio", ratio, "second machine's total over the first's");
            for (index, side) in pairing.sides.iter().enumerate() {
                let machine = &pairing.names[index];
                let place = Place { machine, ..self.place("training", &item, Some(index)) };
                match side {
                    Ok(side) => self.side(place, side),
                    Err(error) => {
                        self.push(place, "tokens_per_s", Value::Unknown, &error.to_string());
                    }
                }
            }
        }
    }

    fn side(&mut self, place: Place<'_>, side: &Side) {
        let [fast, slow] = [side.best(), side.worst()]
            .map(|outcome| format!("{} {}", side.precision, outcome.step.plan));
        let point = |value: f64| Value::Point(value);
        self.push(place, "chips", point(side.machine.chips() as f64), "");
        self.push(place, "tokens_per_s", side.tokens_per_s(), "after interruptions");
        match side.per_megawatt() {
            Ok(value) => self.push(place, "tokens_per_s_per_mw", value, ""),
            Err(error) => {
                self.push(place, "tokens_per_s_per_mw", Value::Unknown, &error.to_string());
            }
        }
        self.push(place, "tokens_per_s_per_chip", side.per_chip(), "");
        self.push(place, "goodput", side.goodput(), "");
        self.push(place, "mfu", side.mfu(), "");
        self.push(place, "step_s", side.step_s(), "");
        let used = [side.best(), side.worst()].map(|outcome| side.used(&outcome.step));
        self.push(place, "devices_used_fast_end", point(used[0]), &fast);
        self.push(place, "devices_used_slow_end", point(used[1]), &slow);
    }

    fn verdicts(&mut self, contest: &Contest) {
        let row = &contest.rows[0];
        let per_megawatt = row.verdict_per_megawatt().unwrap_or(Verdict::Unknown);
        let megawatt = row.ratio_per_megawatt().unwrap_or(Value::Unknown);
        let rows = contest.rows.iter();
        let mut found: Vec<_> = rows.map(|row| (row.ratio(), row.verdict())).collect();
        let sentences = verdict::sentences(self.comparison, contest);
        if sentences.len() > found.len() {
            found.insert(1, (megawatt, per_megawatt));
        }
        for ((item, note), (ratio, verdict)) in sentences.iter().zip(found) {
            let place = self.place("verdict", item, verdict.winner());
            self.push(place, "first_over_second", ratio, note);
        }
    }

    fn flips(&mut self, contest: &Contest) {
        let Some(found) = &contest.flips else {
            let place = self.place("flip", "none", None);
            self.push(place, "text", Value::Unknown, &flips::heading(self.comparison, contest));
            return;
        };
        for point in &found.points {
            let (item, figure) = match &point.subject {
                Subject::Latency(path) => (path.as_str(), "below_s"),
                Subject::Step(_) => ("library-step", "below_s"),
                Subject::Power => ("power", "below_w"),
                Subject::Chips => ("chips", "at_least"),
                Subject::Efficiency => ("gemm-efficiency", "at_least"),
            };
            let place = self.place("flip", item, Some(found.leader));
            for (end, turn) in [("bad end of the ranges", point.bad), ("good end", point.good)] {
                let (value, note) = match turn {
                    Turn::At(at) => (Value::Point(at), end.to_owned()),
                    Turn::Always => (Value::Unknown, format!("{end}: always wins")),
                    Turn::Never => (Value::Unknown, format!("{end}: never wins")),
                };
                self.push(place, figure, value, &note);
            }
        }
        let place = self.place("flip", "tokens", Some(found.leader));
        for (end, batch) in
            [("bad end of the ranges", found.batch.bad), ("good end", found.batch.good)]
        {
            let Batch { wins, below, above } = batch;
            let now = if wins { "wins now" } else { "loses now" };
            let value = |edge: Option<u64>| {
                edge.map_or(Value::Unknown, |tokens| Value::Point(tokens as f64))
            };
            let [down, up] = if wins { ["at_least", "at_most"] } else { ["at_most", "at_least"] };
            let note = format!("{end}: {now}");
            self.push(place, down, value(below), &note);
            self.push(place, up, value(above), &note);
        }
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "count",
        Unit::FlopsPerSecond => "flop_per_s",
        Unit::Bytes => "bytes",
        Unit::BytesPerSecond => "bytes_per_s",
        Unit::Watts => "w",
        Unit::UsDollars => "usd",
        Unit::Seconds => "s",
    }
}
