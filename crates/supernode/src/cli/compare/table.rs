//! A comparison for the eye.

use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, presets};
use supernode::strategy::{
    Basis, Comparison, FlipPoint, LATENCY_MAX, NOT_MODELLED, Row, Side, Subject, Turn, Unit,
};
use supernode::units::{Bandwidth, Capacity, FlopRate, MessageSize, Power, Price, Time, Value};

pub(super) fn write(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    head(out, comparison)?;
    machines(out, comparison)?;
    all_reduce(out, comparison)?;
    training(out, comparison)?;
    failures(out, comparison)?;
    verdict(out, comparison)
}

fn head(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    let (workload, shape) = (&comparison.workload, comparison.workload.shape());
    let assumed = &comparison.assumptions;
    writeln!(
        out,
        "# supernode {}: simulated in closed form, profile wire (no software costs); a..b are both \
         ends of every range",
        env!("CARGO_PKG_VERSION")
    )?;
    writeln!(
        out,
        "# training {} parameters ({} layers, {} wide, {} heads) in {}, {} sequences of {} tokens a \
         step",
        count(workload.params as f64),
        shape.layers,
        shape.hidden,
        shape.heads,
        workload.precision,
        workload.sequences(),
        workload.seq
    )?;
    writeln!(
        out,
        "# modelled: matrix products at {}..{} of the dense rate; collectives slow compute beside \
         them by {}..{} %",
        assumed.gemm_efficiency.low,
        assumed.gemm_efficiency.high,
        assumed.overlap_tax.low * 100.0,
        assumed.overlap_tax.high * 100.0
    )
}

fn print(out: &mut impl Write, table: &Table) -> io::Result<()> {
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn new_table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    table
}

fn align_right(table: &mut Table, columns: impl IntoIterator<Item = usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

fn machines(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    writeln!(out, "\nMachines")?;
    let [a, b] = comparison.machines.each_ref().map(supernode::strategy::Machine::name);
    let mut table = new_table(["", &a, &b]);
    for fact in &comparison.facts {
        let [x, y] = fact.values.map(|value| quantity(value, fact.unit));
        table.add_row([fact.name.to_owned(), x, y]);
    }
    align_right(&mut table, 1..3);
    print(out, &table)
}

fn quantity(value: Value<f64>, unit: Unit) -> String {
    match unit {
        Unit::Count => value.map(count).to_string(),
        Unit::FlopsPerSecond => value.map(FlopRate::new).to_string(),
        Unit::Bytes => value.map(|v| Capacity::new(v as u64)).to_string(),
        Unit::BytesPerSecond => value.map(|v| Bandwidth::new(v as u64)).to_string(),
        Unit::Watts => value.map(Power::from_watts).to_string(),
        Unit::UsDollars => value.map(Price::from_usd).to_string(),
        Unit::Seconds => value.map(Time::from_secs_f64).to_string(),
    }
}

fn all_reduce(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    writeln!(out, "\nAll-reduce over the whole machine, each by its fastest algorithm")?;
    writeln!(out, "(busbw compares sizes within one machine, never machines)")?;
    let [a, b] = comparison.machines.each_ref().map(supernode::strategy::Machine::name);
    let mut table =
        new_table(["size", &a, "busbw GB/s", "algorithm", &b, "busbw GB/s", "algorithm"]);
    for (bytes, sides) in &comparison.all_reduce {
        let mut row = vec![MessageSize::new(*bytes).to_string()];
        for side in sides {
            row.push(side.time.map(micros).to_string());
            row.push(side.busbw.map(|rate| figure(rate / 1e9)).to_string());
            row.push(side.algorithm.to_string());
        }
        table.add_row(row);
    }
    align_right(&mut table, [0, 1, 2, 4, 5]);
    print(out, &table)
}

fn training(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    writeln!(out, "\nOne training step, each machine by its own best plan")?;
    let mut table = new_table([
        "basis", "machine", "chips", "dtype", "tokens/s", "per MW", "per chip", "MFU %", "plan",
    ]);
    for row in &comparison.rows {
        let basis = match row.match_ratio {
            Some(ratio) => format!("{} ({})", row.basis, figure(ratio)),
            None => row.basis.to_string(),
        };
        for (index, side) in row.sides.iter().enumerate() {
            let basis = if index == 0 { basis.clone() } else { String::new() };
            let mut cells = vec![basis];
            match side {
                Ok(side) => cells.extend(side_cells(side)),
                Err(why) => {
                    cells.push(comparison.machines[index].name());
                    cells.extend(["-"; 6].map(str::to_owned));
                    cells.push(why.clone());
                }
            }
            table.add_row(cells);
        }
    }
    align_right(&mut table, [2, 4, 5, 6, 7]);
    print(out, &table)?;
    if let [Ok(a), Ok(b)] = &comparison.rows[0].sides
        && a.precision == b.precision
    {
        writeln!(out, "(equal dtype: both run {} in the first row)", a.precision)?;
    }
    writeln!(out, "(in brackets: the second machine's total over the first's, after replication)")
}

fn side_cells(side: &Side) -> [String; 8] {
    let chips = side.chips as f64;
    let mfu = Value::between(side.worst.mfu * 100.0, side.best.mfu * 100.0);
    let mut plan = side.best.plan.to_string();
    if side.best.plan != side.worst.plan {
        plan.push_str("; slow end ");
        plan.push_str(&side.worst.plan.to_string());
    }
    let used = side.best.plan.devices() as f64 / f64::from(side.devices);
    if used < 0.995 {
        plan.push_str("; uses ");
        plan.push_str(&figure((used * 1000.0).round() / 10.0));
        plan.push_str(" % of its devices");
    }
    [
        side.name.clone(),
        count(chips),
        side.precision.to_string(),
        side.tokens_per_s.map(count).to_string(),
        side.per_megawatt.map(count).to_string(),
        side.tokens_per_s.map(|tokens| count(tokens / chips)).to_string(),
        mfu.map(figure).to_string(),
        plan,
    ]
}

fn failures(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    let rate = comparison.assumptions.interruptions_per_chip_hour;
    writeln!(
        out,
        "\nInterruptions (modelled: {:.2e}..{:.2e} per chip and hour, half to twice the 419 in 54 \
         days on 16,384 GPUs of Llama 3; checkpoint {} s)",
        rate.low, rate.high, comparison.assumptions.checkpoint_s
    )?;
    let mut table = new_table(["machine", "hours between", "goodput %"]);
    for (machine, failures) in comparison.machines.iter().zip(&comparison.failures) {
        table.add_row([
            machine.name(),
            failures.mean_hours.map(figure).to_string(),
            failures.goodput.map(|share| figure(share * 100.0)).to_string(),
        ]);
    }
    align_right(&mut table, 1..3);
    print(out, &table)
}

fn verdict(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    writeln!(out, "\nVerdict, wire against wire")?;
    for row in &comparison.rows {
        writeln!(out, "  {}: {}", row.basis, ruling(comparison, row, row.ratio(), "tokens/s"))?;
        if row.basis == Basis::Machine
            && let [Ok(a), Ok(b)] = &row.sides
        {
            let ratio = a.per_megawatt / b.per_megawatt;
            writeln!(out, "  per megawatt: {}", ruling(comparison, row, ratio, "tokens/s per MW"))?;
        }
    }
    if let Some(first) = comparison.flips.first() {
        let leader = comparison.machines[first.leader].name();
        writeln!(out, "Flip points: machine against machine, {leader} wins")?;
        for point in &comparison.flips {
            writeln!(out, "  {}", flip(comparison, point))?;
        }
    }
    writeln!(out, "Verdict, library against library: none, no library profile exists yet")?;
    writeln!(out, "Not modelled yet: {NOT_MODELLED}")
}

/// Who wins by how much.
fn ruling(comparison: &Comparison, row: &Row, ratio: Value<f64>, unit: &str) -> String {
    let [a, b] = comparison.machines.each_ref().map(|machine| machine.system.id.clone());
    let Some((low, high)) = ratio.low().zip(ratio.high()) else {
        let why = row.sides.iter().find_map(|side| side.as_ref().err());
        return format!("unknown ({})", why.map_or("a figure is unknown", String::as_str));
    };
    if low > 1.0 {
        format!("{a} wins, {} times the {unit}", span(low, high))
    } else if high < 1.0 {
        format!("{b} wins, {} times the {unit}", span(1.0 / high, 1.0 / low))
    } else {
        format!("open, {a} has {} times the {unit} of {b}: the ranges decide", span(low, high))
    }
}

fn span(low: f64, high: f64) -> String {
    Value::between(low, high).map(figure).to_string()
}

fn flip(comparison: &Comparison, point: &FlipPoint) -> String {
    let condition = |at: Value<f64>| condition(comparison, point, at);
    let anything = match &point.subject {
        Subject::Latency(path) => {
            format!("at any {path} up to {}", Time::from_secs_f64(LATENCY_MAX))
        }
        Subject::Power => "whatever its power".to_owned(),
        Subject::Chips => "even with a single chip".to_owned(),
        Subject::Efficiency => "whatever its efficiency".to_owned(),
    };
    match (point.bad, point.good) {
        (Turn::At(a), Turn::At(b)) => condition(Value::between(a.min(b), a.max(b))),
        (Turn::Always, Turn::Always) => anything,
        (Turn::Never, Turn::Never) => format!("at neither end of the ranges, not {anything}"),
        (bad, good) => {
            let end = |turn| match turn {
                Turn::At(at) => condition(Value::Point(at)),
                Turn::Always => anything.clone(),
                Turn::Never => "never".to_owned(),
            };
            format!("{} (at the bad end of the ranges: {})", end(good), end(bad))
        }
    }
}

/// What the leader needs.
fn condition(comparison: &Comparison, point: &FlipPoint, at: Value<f64>) -> String {
    let leader = &comparison.machines[point.leader];
    match &point.subject {
        Subject::Latency(path) => {
            format!("while {path} < {}", at.map(Time::from_secs_f64).map(micros))
        }
        Subject::Power => format!(
            "per megawatt while its facility power < {} (it is {})",
            at.map(Power::from_watts).map(power),
            quantity(leader.power(), Unit::Watts)
        ),
        Subject::Chips => {
            let at = at.map(|chips| count(chips.ceil()));
            format!("at {at} chips or more (it has {})", count(leader.chips() as f64))
        }
        Subject::Efficiency => format!(
            "while its matrix products reach {} % of the dense rate or more, the other's unchanged",
            at.map(|share| figure(share * 100.0))
        ),
    }
}

/// A power to four digits.
fn power(power: Power) -> Power {
    let scale = 10_f64.powf(power.watts().max(1.0).log10().floor() - 3.0);
    Power::from_watts((power.watts() / scale).round() * scale)
}

/// A time in microseconds to four digits.
fn micros(time: Time) -> String {
    format!("{} us", figure(time.as_us_f64()))
}

/// Four significant digits.
fn figure(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let decimals = (3 - value.abs().log10().floor() as i32).clamp(0, 9) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A count: whole below ten thousand, four digits and K, M, B or T above.
fn count(value: f64) -> String {
    if value < 10_000.0 {
        return figure(value);
    }
    let steps = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")];
    let (scale, suffix) = steps.into_iter().find(|(s, _)| value >= *s).unwrap_or((1.0, ""));
    format!("{}{suffix}", figure(value / scale))
}
