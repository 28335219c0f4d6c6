//! A comparison for the eye.

use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, presets};
use supernode::strategy::{
    Basis, Comparison, Machine, Modelled, NOT_MODELLED, Outcome, Side, Unit,
};
use supernode::units::{MessageSize, Value};

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
        "# supernode {}: simulated in closed form, profile wire (no software costs); a..b are both \
         ends of every range",
        env!("CARGO_PKG_VERSION")
    )?;
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
    writeln!(out, "\nAll-reduce over the whole machine, each by its fastest algorithm")?;
    writeln!(out, "(busbw compares sizes within one machine, never machines)")?;
    let [a, b] = comparison.machines.each_ref().map(Machine::name);
    let mut table =
        new_table(["size", &a, "busbw GB/s", "algorithm", &b, "busbw GB/s", "algorithm"]);
    for (bytes, sides) in &comparison.all_reduce {
        let mut row = vec![MessageSize::new(*bytes).to_string()];
        for side in sides {
            let [fast, slow] = side.algorithms;
            row.push(side.time.map(micros).to_string());
            row.push(side.busbw.map(|rate| digits(rate / 1e9)).to_string());
            row.push(slow_end(fast.to_string(), &slow.to_string()));
        }
        table.add_row(row);
    }
    align_right(&mut table, [0, 1, 2, 4, 5]);
    print(out, &table)
}

/// What is done at the good end of the ranges, and at the bad end if that differs.
fn slow_end(fast: String, slow: &str) -> String {
    if fast == slow { fast } else { format!("{fast}; slow end {slow}") }
}

fn training(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    writeln!(out, "\nOne training step, each machine by its own best plan")?;
    let mut table = new_table([
        "basis",
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
    for row in &comparison.rows {
        let mut basis = row.basis.to_string();
        for error in row.pairings.as_ref().err().into_iter().flatten() {
            let basis = std::mem::take(&mut basis);
            table.add_row(no_figure(basis, String::new(), error.to_string()));
        }
        for pairing in row.pairings() {
            let mut basis = match row.basis {
                Basis::Machine | Basis::SamePrecision => row.basis.to_string(),
                _ => format!("{} ({})", row.basis, digits(pairing.match_ratio)),
            };
            for (name, side) in pairing.names.iter().zip(&pairing.sides) {
                let basis = std::mem::take(&mut basis);
                table.add_row(match side {
                    Ok(side) => figures(basis, row.basis, side),
                    Err(error) => no_figure(basis, name.clone(), error.to_string()),
                });
            }
        }
    }
    align_right(&mut table, [2, 4, 5, 6, 7, 8]);
    print(out, &table)?;
    writeln!(out, "(tokens/s are those that interruptions leave: the step's times the goodput)")?;
    writeln!(
        out,
        "(in brackets: the second machine's total over the first's, after the smaller machine is \
         replicated over its scale-out network, to the chip; what is left is divided out)"
    )
}

fn no_figure(basis: String, machine: String, why: String) -> Vec<String> {
    let mut cells = vec![basis, machine];
    cells.extend(["-"; 7].map(str::to_owned));
    cells.push(why);
    cells
}

fn figures(basis_cell: String, basis: Basis, side: &Side) -> Vec<String> {
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
    writeln!(out, "\nVerdict, wire against wire, after interruptions")?;
    for (basis, sentence) in verdict::sentences(comparison) {
        writeln!(out, "  {basis}: {sentence}")?;
    }
    writeln!(out, "{}", flips::heading(comparison))?;
    if let Some(found) = &comparison.flips {
        for sentence in flips::sentences(comparison, found) {
            writeln!(out, "  {sentence}")?;
        }
    }
    writeln!(
        out,
        "Verdict, library against library: none, compare does not run library profiles yet"
    )?;
    writeln!(out, "Not modelled yet: {NOT_MODELLED}")
}
