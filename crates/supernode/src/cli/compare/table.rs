//! A comparison for the eye.

use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, presets};
use supernode::strategy::{
    AllReduce, Basis, Comparison, Machine, Modelled, NOT_MODELLED, Outcome, Pairing, Side, Unit,
};
use supernode::units::{MessageSize, Value};

use super::contests::{contests, libraries, missing};
use super::figures::{count, digits, fact, micros, percent, quantity, things};
use super::{flips, verdict};

pub(super) fn write(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    head(out, comparison)?;
    machines(out, comparison)?;
    all_reduce(out, comparison)?;
    training(out, comparison)?;
    failures(out, comparison)?;
    conclusion(out, comparison)
}

fn head(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    let (workload, shape) = (&comparison.workload, comparison.workload.shape());
    let assumed = &comparison.assumptions;
    writeln!(
        out,
        "# supernode {}: simulated in closed form; a..b are both ends of every range",
        env!("CARGO_PKG_VERSION")
    )?;
    writeln!(out, "# profile wire: hardware only, no software costs")?;
    if comparison.library.is_ok() {
        writeln!(out, "# profile library: {}", libraries(comparison, true))?;
    }
    writeln!(
        out,
        "# training {} parameters ({}, {} wide, {}) in {}, {} of {} a step",
        count(workload.params as f64),
        things(shape.layers, "layer"),
        shape.hidden,
        things(u64::from(shape.heads), "head"),
        workload.precision,
        things(workload.sequences(), "sequence"),
        things(workload.seq, "token")
    )?;
    writeln!(
        out,
        "# modelled, the same for both machines: matrix products at {}..{} of the dense rate; \
         collectives slow compute beside them by {}..{} %",
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
    writeln!(out, "\nMachines (~ is modelled)")?;
    let [a, b] = comparison.machines.each_ref().map(Machine::name);
    let mut table = new_table(["", &a, &b]);
    for line in &comparison.facts {
        let [x, y] = line.figures.map(|figure| fact(figure, line.unit));
        table.add_row([line.name.to_owned(), x, y]);
    }
    align_right(&mut table, 1..3);
    print(out, &table)?;
    for (paths, value, reason) in guesses(comparison) {
        let is = if paths.len() == 1 { "is" } else { "are" };
        let paths = paths.join(", ");
        writeln!(out, "# modelled: {paths} {is} {value} ({reason}); pin with --set")?;
    }
    Ok(())
}

/// Modelled values with the paths that share value and reason.
fn guesses(comparison: &Comparison) -> Vec<(Vec<&str>, &str, &str)> {
    let mut found: Vec<(Vec<&str>, &str, &str)> = Vec::new();
    for Modelled { path, value, reason } in &comparison.modelled {
        match found.iter_mut().find(|(_, v, r)| v == value && r == reason) {
            Some((paths, ..)) => paths.push(path),
            None => found.push((vec![path], value, reason)),
        }
    }
    found
}

fn all_reduce(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    writeln!(
        out,
        "\nAll-reduce over the whole machine: wire by the fastest algorithm, library by its own choice"
    )?;
    writeln!(out, "(busbw compares sizes within one machine, never machines)")?;
    let [a, b] = comparison.machines.each_ref().map(Machine::name);
    let mut table = new_table([
        "size",
        "profile",
        &a,
        "busbw GB/s",
        "algorithm",
        &b,
        "busbw GB/s",
        "algorithm",
    ]);
    for (index, bytes) in AllReduce::SIZES.into_iter().enumerate() {
        let mut size = MessageSize::new(bytes).to_string();
        for (profile, contest) in contests(comparison) {
            let mut row = vec![std::mem::take(&mut size), profile.to_owned()];
            for side in &contest.all_reduce {
                row.extend(match side {
                    Ok(sizes) => timed(&sizes[index]),
                    Err(why) => ["-".to_owned(), "-".to_owned(), why.to_string()],
                });
            }
            table.add_row(row);
        }
    }
    align_right(&mut table, [0, 2, 3, 5, 6]);
    print(out, &table)
}

fn timed(result: &AllReduce) -> [String; 3] {
    let [fast, slow] = &result.algorithms;
    [
        result.time.map(micros).to_string(),
        result.busbw.map(|rate| digits(rate / 1e9)).to_string(),
        slow_end(fast.clone(), slow),
    ]
}

/// What is done at the good end of the ranges, and at the bad end if that differs.
fn slow_end(fast: String, slow: &str) -> String {
    if fast == slow { fast } else { format!("{fast}; slow end {slow}") }
}

fn training(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    writeln!(out, "\nOne training step, each machine by its own best plan")?;
    let mut table = new_table([
        "basis",
        "profile",
        "machine",
        "chips",
        "dtype",
        "tokens/s",
        "goodput %",
        "per MW",
        "per chip",
        "MFU %",
        "plan",
    ]);
    for (index, row) in comparison.wire.rows.iter().enumerate() {
        let mut basis = row.basis.to_string();
        for error in row.pairings.as_ref().err().into_iter().flatten() {
            let basis = std::mem::take(&mut basis);
            table.add_row(no_figure(&[basis, String::new(), String::new()], error.to_string()));
        }
        for (profile, contest) in contests(comparison) {
            for pairing in contest.rows[index].pairings() {
                add_pairing(&mut table, row.basis, profile, pairing);
            }
        }
    }
    align_right(&mut table, [3, 5, 6, 7, 8, 9]);
    print(out, &table)?;
    writeln!(out, "(tokens/s are those that interruptions leave: the step's times the goodput)")?;
    writeln!(
        out,
        "(in brackets: the second machine's total over the first's, after the smaller machine is \
         replicated over its scale-out network, to the chip; what is left is divided out)"
    )
}

/// Both machines on one basis under one profile.
fn add_pairing(table: &mut Table, basis: Basis, profile: &str, pairing: &Pairing) {
    let mut first = match basis {
        Basis::Machine | Basis::SamePrecision => basis.to_string(),
        _ => format!("{basis} ({})", digits(pairing.match_ratio)),
    };
    for (name, side) in pairing.names.iter().zip(&pairing.sides) {
        let cell = std::mem::take(&mut first);
        let profile = profile.to_owned();
        table.add_row(match side {
            Ok(side) => figures([cell, profile], basis, side),
            Err(error) => no_figure(&[cell, profile, name.clone()], error.to_string()),
        });
    }
}

fn no_figure(place: &[String; 3], why: String) -> Vec<String> {
    let mut cells = place.to_vec();
    cells.extend(["-"; 7].map(str::to_owned));
    cells.push(why);
    cells
}

fn figures([basis_cell, profile]: [String; 2], basis: Basis, side: &Side) -> Vec<String> {
    let system = &side.machine.system;
    // The end of the range that this pairing is at.
    let each = match basis {
        Basis::Power => Some(quantity(system.published.power.value.map(f64::from), Unit::Watts)),
        Basis::Price => {
            Some(quantity(system.published.price.value.map(f64::from), Unit::UsDollars))
        }
        _ => None,
    };
    let name = side.machine.name();
    let per_megawatt = side.per_megawatt().unwrap_or(Value::Unknown);
    vec![
        basis_cell,
        profile,
        each.map_or_else(|| name.clone(), |each| format!("{name} ({each} each)")),
        side.machine.chips().to_string(),
        side.precision.to_string(),
        side.tokens_per_s().map(count).to_string(),
        side.goodput().map(percent).to_string(),
        per_megawatt.map(count).to_string(),
        side.per_chip().map(count).to_string(),
        side.mfu().map(percent).to_string(),
        slow_end(plan(side, side.best()), &plan(side, side.worst())),
    ]
}

fn plan(side: &Side, outcome: &Outcome) -> String {
    let (plan, used) = (outcome.step.plan, side.used(&outcome.step));
    if used < 0.995 {
        format!("{plan}, uses {} % of its devices", percent((used * 1000.0).round() / 1000.0))
    } else {
        plan.to_string()
    }
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
            failures.mean_hours.map(digits).to_string(),
            failures.goodput.map(percent).to_string(),
        ]);
    }
    align_right(&mut table, 1..3);
    print(out, &table)
}

fn conclusion(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    for (profile, contest) in contests(comparison) {
        let by = match profile {
            "library" => format!(" ({})", libraries(comparison, false)),
            _ => String::new(),
        };
        writeln!(out, "\nVerdict, {profile} against {profile}{by}, after interruptions")?;
        for (basis, sentence) in verdict::sentences(comparison, contest) {
            writeln!(out, "  {basis}: {sentence}")?;
        }
        if profile == "library" && !comparison.ahead.is_empty() {
            writeln!(out, "Faster by the library than on the wire")?;
            for (machine, sentence) in verdict::ahead(comparison) {
                writeln!(out, "  {machine}: {sentence}")?;
            }
        }
        writeln!(out, "{}", flips::heading(comparison, contest))?;
        if let Some(found) = &contest.flips {
            for sentence in flips::sentences(comparison, found) {
                writeln!(out, "  {sentence}")?;
            }
        }
    }
    let missing = missing(comparison);
    if !missing.is_empty() {
        writeln!(out, "\nVerdict, library against library: none, {}", missing.join("; "))?;
    }
    writeln!(out, "\nNot modelled yet: {NOT_MODELLED}")
}
