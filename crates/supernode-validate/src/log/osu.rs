//! The OSU micro-benchmarks: `osu_allreduce`, `osu_allgather`, `osu_reduce_scatter`, `osu_alltoall`,
//! `osu_bcast`, `osu_reduce`, `osu_latency` and `osu_bw`. They print no rank count, and sizes per rank
//! or per pair where nccl-tests prints the whole: all-gather and all-to-all are multiplied by the
//! ranks. No JSON output of theirs is known.

use super::lines::lines;
use super::{Found, Given, Notes, Remark, name_apart};
use crate::check::{Cell, Printed, fill};
use crate::{Curve, Operation, Place, Processes, ReadError};

/// A benchmark by its title: the operation, whether sizes are a rank's part, whether it is of two.
struct Benchmark {
    operation: Operation,
    part: bool,
    pair: bool,
}

/// One table.
struct Table {
    start: usize,
    title: String,
    columns: Option<Value>,
    dtype: String,
    rows: Vec<(usize, String)>,
}

/// What the second column of a table is.
#[derive(Clone, Copy)]
enum Value {
    /// Microseconds.
    Time,
    /// 10^6 bytes per second.
    Rate,
}

/// Reads all tables of a log.
pub(super) fn read(text: &str, given: &Given, notes: &mut Notes) -> Result<Vec<Found>, ReadError> {
    let mut tables = split(text)?;
    if let Some(table) = tables.last_mut().filter(|_| !text.ends_with('\n')) {
        table.drop_cut_row(notes);
    }
    let mut curves = Vec::new();
    for table in &tables {
        let place = Place::Line(table.start);
        let unknown = || ReadError::Unsupported { place, what: format!("`{}`", table.title) };
        let benchmark = benchmark(&table.title).ok_or_else(unknown)?;
        let value = table.columns.ok_or_else(unknown)?;
        let ranks = if benchmark.pair { Some(2) } else { given.ranks };
        let ranks = ranks.ok_or(ReadError::MissingRanks { place })?;
        let cells = table.cells(&benchmark, ranks, value, notes);
        let curve = table.curve(benchmark.operation, ranks, given);
        curves.extend(fill(curve, &cells, notes)?);
    }
    name_apart(&mut curves);
    Ok(curves)
}

fn split(text: &str) -> Result<Vec<Table>, ReadError> {
    let mut tables: Vec<Table> = Vec::new();
    for (line, text) in lines(text) {
        let title = text.strip_prefix('#').map(str::trim).filter(|title| title.starts_with("OSU "));
        if let Some(title) = title {
            let (title, rows) = (title.to_owned(), Vec::new());
            let dtype = "bytes".to_owned();
            tables.push(Table { start: line, title, columns: None, dtype, rows });
            continue;
        }
        let Some(table) = tables.last_mut() else { continue };
        if let Some(dtype) = text.strip_prefix("# Datatype: MPI_") {
            table.dtype = match dtype.trim_end_matches('.') {
                "FLOAT" => "float".to_owned(),
                "INT" => "int32".to_owned(),
                _ => "bytes".to_owned(),
            };
        } else if let Some(columns) = text.strip_prefix('#').map(str::trim)
            && columns.starts_with("Size")
        {
            table.columns = Some(value(line, columns)?);
        } else if text.starts_with(|char: char| char.is_ascii_digit()) && table.columns.is_some() {
            table.rows.push((line, text.to_owned()));
        }
    }
    Ok(tables)
}

/// What the column after the size is, by its name and unit.
fn value(line: usize, columns: &str) -> Result<Value, ReadError> {
    let squeezed: String = columns.split_whitespace().collect();
    let first = squeezed.trim_start_matches("Size");
    let unit = first.find('(').and_then(|start| first.get(start..=first.find(')')?));
    match unit {
        Some("(us)") => Ok(Value::Time),
        Some("(MB/s)") => Ok(Value::Rate),
        _ => {
            let unit = unit.unwrap_or(columns).to_owned();
            Err(ReadError::Unit { place: Place::Line(line), unit })
        }
    }
}

fn benchmark(title: &str) -> Option<Benchmark> {
    let of = |operation, part, pair| Some(Benchmark { operation, part, pair });
    let name = title.split(" Test").next()?.split_once(' ')?.1;
    // Behind the library and the memory: `MPI-CUDA Allgather Latency`.
    match name.split_once(' ')?.1 {
        "Allreduce Latency" => of(Operation::AllReduce, false, false),
        "Allgather Latency" => of(Operation::AllGather, true, false),
        "Reduce_scatter Latency" => of(Operation::ReduceScatter, false, false),
        "All-to-All Personalized Exchange Latency" => of(Operation::AllToAll, true, false),
        "Broadcast Latency" => of(Operation::Broadcast, false, false),
        "Reduce Latency" => of(Operation::Reduce, false, false),
        "Latency" | "Bandwidth" => of(Operation::SendRecv, false, true),
        _ => None,
    }
}

impl Table {
    fn cells(
        &self,
        benchmark: &Benchmark,
        ranks: u32,
        value: Value,
        notes: &mut Notes,
    ) -> Vec<Cell> {
        let factor = if benchmark.part { u64::from(ranks) } else { 1 };
        let mut cells = Vec::new();
        for (line, text) in &self.rows {
            let mut fields = text.split_whitespace();
            let (size, figure) = (fields.next().unwrap_or_default(), fields.next());
            let bytes = size.parse().ok().map(|size: u64| size.saturating_mul(factor));
            let (place, printed) = (Place::Line(*line), figure.and_then(Printed::read));
            let (Some(bytes), Some(printed)) = (bytes, printed) else {
                let what = format!("`{text}` is not a size in bytes and a figure: is it cut?");
                notes.left_out.push(Remark { place, what });
                continue;
            };
            let rate = Printed { value: printed.value / 1e3, step: printed.step / 1e3 };
            let (time, rate) = match value {
                Value::Time => (Some(printed), None),
                Value::Rate => (None, Some(rate)),
            };
            let (algbw, busbw, wrong) = (rate, rate, 0.0);
            cells.push(Cell { place, bytes, in_place: false, time, algbw, busbw, wrong });
        }
        cells
    }

    /// Figures have a fixed number of decimals; one with fewer at the very end of a text is cut.
    fn drop_cut_row(&mut self, notes: &mut Notes) {
        let shape = |row: &(usize, String)| {
            let last = row.1.split_whitespace().last().unwrap_or_default();
            let decimals = last.split_once('.').map(|(_, decimals)| decimals.len());
            (row.1.split_whitespace().count(), decimals)
        };
        if let [.., before, last] = self.rows.as_slice()
            && shape(before) != shape(last)
        {
            let (place, what) = (Place::Line(last.0), "the text ends within this row".to_owned());
            self.rows.pop();
            notes.left_out.push(Remark { place, what });
        }
    }

    fn curve(&self, operation: Operation, ranks: u32, given: &Given) -> Curve {
        let version = self.title.rsplit_once(" v").map_or("", |(_, version)| version);
        let library = self.title.split(' ').nth(1).unwrap_or_default();
        Curve {
            id: format!("osu-{operation}-{ranks}g"),
            library: library.to_owned(),
            dtype: self.dtype.clone(),
            processes: Some(Processes::PerDevice),
            notes: format!("{} {version}", self.title.split(" v").next().unwrap_or_default())
                .trim()
                .to_owned(),
            ..given.curve(operation, ranks, None)
        }
    }
}
