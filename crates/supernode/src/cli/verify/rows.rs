//! The rows of a verification in each format.

use std::io::{self, Write};

use serde_json::{Value, json};
use supernode::collectives::prove::Proof;
use supernode::collectives::{Algorithm, Collective};

use super::Format;

/// One proof.
pub(super) struct Row {
    pub(super) collective: Collective,
    pub(super) algorithm: Algorithm,
    pub(super) ranks: u32,
    pub(super) proof: Proof,
}

pub(super) struct Writer<W> {
    out: W,
    format: Format,
    cycles: bool,
    rows: Vec<Value>,
    proved: u64,
    wrong: u64,
}

const TABLE: &str = "\
algorithm            ranks  proof  fifo  rounds  latency   sent/n  bandwidth  fan    adds  sum-depth    ulp  bits    order  elements";

const CSV: &str = "collective,algorithm,ranks,holds,least_fifo_depth,rounds,latency_share,\
    sent_share,received_share,bandwidth_share,messages,steps,fan_out,fan_in,reductions,\
    sum_depth,error_ulp,bit_identical,in_rank_order,elements_alike,sent_to_one_share,scratch_share,\
    findings,first_finding";

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, format: Format, cycles: bool) -> Self {
        Self { out, format, cycles, rows: Vec::new(), proved: 0, wrong: 0 }
    }

    pub(super) fn header(
        &mut self,
        collective: Collective,
        in_place: bool,
        left_out: &[String],
    ) -> io::Result<()> {
        if self.format == Format::Json {
            return Ok(());
        }
        writeln!(self.out, "# supernode {}: proofs without data", env!("CARGO_PKG_VERSION"))?;
        for why in left_out {
            writeln!(self.out, "# left out: {why}")?;
        }
        if self.format == Format::Csv {
            return writeln!(self.out, "{CSV}");
        }
        writeln!(
            self.out,
            "# {collective}{}; n is the large buffer; fifo: least safe depth (0 is a rendezvous)",
            if in_place { " in place" } else { "" }
        )?;
        writeln!(self.out, "# latency, bandwidth: share of the lower bound that is reached")?;
        writeln!(self.out, "# ulp: bound on the error of a sum, in ulp of the sum of magnitudes")?;
        writeln!(
            self.out,
            "# bits: of all ranks; order: rank where sums are in rank order; elements: all added alike"
        )?;
        writeln!(self.out, "{TABLE}")
    }

    pub(super) fn row(&mut self, row: &Row) -> io::Result<()> {
        self.proved += 1;
        self.wrong += u64::from(!row.proof.holds());
        match self.format {
            Format::Table => self.table(row),
            Format::Csv => self.csv(row),
            Format::Json => {
                self.rows.push(json(row));
                Ok(())
            }
        }
    }

    fn table(&mut self, row: &Row) -> io::Result<()> {
        let Row { algorithm, ranks, proof, .. } = row;
        let (cost, sums) = (&proof.cost, &proof.summation);
        // A barrier has none, and sends none.
        let chunks = cost.chunks.max(1) as f64;
        writeln!(
            self.out,
            "{:<20} {:>5}  {:>5}  {:>4}  {:>6}  {:>6.1}%  {:>7.3}  {:>8.1}%  {:>3}  {:>6}  {:>9}  {:>5.1}  {:<6}  {:<5}  {}",
            algorithm.name(),
            ranks,
            if proof.holds() { "holds" } else { "WRONG" },
            depth(proof),
            cost.rounds,
            100.0 * cost.latency_share(&proof.shape),
            cost.sent as f64 / chunks,
            100.0 * cost.bandwidth_share(&proof.shape),
            cost.fan_out.max(cost.fan_in),
            cost.reductions,
            sums.depth,
            sums.error_ulp(),
            if sums.bit_identical { "same" } else { "differ" },
            if sums.in_rank_order { "rank" } else { "other" },
            if sums.order.is_some() { "alike" } else { "differ" },
        )?;
        for finding in &proof.findings {
            writeln!(self.out, "  wrong: {finding}")?;
        }
        let more = proof.found - proof.findings.len() as u64;
        if more > 0 {
            writeln!(self.out, "  and {more} more")?;
        }
        if self.cycles {
            for (depth, deadlock) in &proof.deadlocks {
                writeln!(self.out, "  fifo depth {depth}: {deadlock}")?;
            }
        }
        Ok(())
    }

    fn csv(&mut self, row: &Row) -> io::Result<()> {
        let Row { collective, algorithm, ranks, proof } = row;
        let (cost, sums) = (&proof.cost, &proof.summation);
        // A barrier has none, and sends none.
        let chunks = cost.chunks.max(1) as f64;
        let first = proof.findings.first().map_or(String::new(), ToString::to_string);
        writeln!(
            self.out,
            "{collective},{algorithm},{ranks},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},\"{}\"",
            proof.holds(),
            proof.least_depth.map_or(String::new(), |depth| depth.to_string()),
            cost.rounds,
            cost.latency_share(&proof.shape),
            cost.sent as f64 / chunks,
            cost.received as f64 / chunks,
            cost.bandwidth_share(&proof.shape),
            cost.messages,
            proof.steps,
            cost.fan_out,
            cost.fan_in,
            cost.reductions,
            sums.depth,
            sums.error_ulp(),
            sums.bit_identical,
            sums.in_rank_order,
            sums.order.is_some(),
            cost.sent_to_one as f64 / chunks,
            cost.scratch as f64 / chunks,
            proof.found,
            first.replace('"', "\"\""),
        )
    }

    /// Ends the document; gives the number of proofs that failed.
    pub(super) fn finish(mut self) -> io::Result<u64> {
        match self.format {
            Format::Json => {
                let document = json!({
                    "version": env!("CARGO_PKG_VERSION"),
                    "proved": self.proved - self.wrong,
                    "wrong": self.wrong,
                    "rows": self.rows,
                });
                serde_json::to_writer_pretty(&mut self.out, &document)?;
                writeln!(self.out)?;
            }
            Format::Table | Format::Csv => {
                let (right, wrong) = (self.proved - self.wrong, self.wrong);
                writeln!(self.out, "# {right} proved, {wrong} wrong")?;
            }
        }
        Ok(self.wrong)
    }
}

fn depth(proof: &Proof) -> String {
    proof.least_depth.map_or("-".to_owned(), |depth| depth.to_string())
}

fn json(row: &Row) -> Value {
    let Row { collective, algorithm, ranks, proof } = row;
    let (cost, sums) = (&proof.cost, &proof.summation);
    let words: Vec<String> = proof.findings.iter().map(ToString::to_string).collect();
    let deadlocks: Vec<Value> = proof
        .deadlocks
        .iter()
        .map(|(depth, deadlock)| json!({"fifo_depth": depth, "cycle": deadlock.to_string()}))
        .collect();
    let chunks = cost.chunks.max(1) as f64;
    json!({
        "collective": collective.name(),
        "algorithm": algorithm.name(),
        "ranks": ranks,
        "holds": proof.holds(),
        "findings": proof.found,
        "first_findings": words,
        "least_fifo_depth": proof.least_depth,
        "deadlocks": deadlocks,
        "rounds": cost.rounds,
        "latency_share": cost.latency_share(&proof.shape),
        "sent_share": cost.sent as f64 / chunks,
        "received_share": cost.received as f64 / chunks,
        "bandwidth_share": cost.bandwidth_share(&proof.shape),
        "messages": cost.messages,
        "steps": proof.steps,
        "fan_out": cost.fan_out,
        "fan_in": cost.fan_in,
        "reductions": cost.reductions,
        "sum_depth": sums.depth,
        "error_ulp": sums.error_ulp(),
        "bit_identical": sums.bit_identical,
        "in_rank_order": sums.in_rank_order,
        "elements_alike": sums.order.is_some(),
        "sent_to_one_share": cost.sent_to_one as f64 / chunks,
        "scratch_share": cost.scratch as f64 / chunks,
    })
}
