//! `supernode list`.

use std::io::Write;
use std::process::ExitCode;

use clap::ValueEnum;
use comfy_table::{CellAlignment, Table, presets};
use supernode::catalog::Catalog;
use supernode::collectives::{Algorithm, Collective, CollectiveError, Tuning};

use super::Error;

const AFTER_HELP: &str = "\
Examples:
  supernode list systems
  supernode list chips | grep ascend
  supernode list algorithms";

/// What to list.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// Which list.
    #[arg(ignore_case = true)]
    what: What,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Accelerator packages.
    Chips,
    /// Servers, racks, pods and clusters.
    Systems,
    /// Collective algorithms.
    Algorithms,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Error> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    match args.what {
        What::Chips => chips(&mut table)?,
        What::Systems => systems(&mut table)?,
        What::Algorithms => algorithms(&mut table),
    }
    let mut out = std::io::stdout().lock();
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn chips(table: &mut Table) -> Result<(), Error> {
    table.set_header(["id", "year", "bf16", "fp8", "memory", "bandwidth", "scale-up", "name"]);
    for chip in Catalog::builtin()?.chips() {
        table.add_row([
            chip.id.clone(),
            chip.year.to_string(),
            chip.compute.bf16.value.to_string(),
            chip.compute.fp8.value.to_string(),
            chip.memory.capacity.value.to_string(),
            chip.memory.bandwidth.value.to_string(),
            chip.ports.scale_up.value.to_string(),
            chip.name.clone(),
        ]);
    }
    align_right(table, 1..7);
    Ok(())
}

fn systems(table: &mut Table) -> Result<(), Error> {
    table.set_header(["id", "kind", "year", "chips", "chip", "levels", "name"]);
    for system in Catalog::builtin()?.systems() {
        let level = |level: &supernode::catalog::LevelSpec| {
            format!("{} {}", level.kind.get_ref(), level.size())
        };
        let levels: Vec<String> = system.levels.iter().map(level).collect();
        table.add_row([
            system.id.clone(),
            system.kind.to_string(),
            system.year.to_string(),
            system.chips().to_string(),
            system.chip_id().to_owned(),
            levels.join(", "),
            system.name.clone(),
        ]);
    }
    align_right(table, 2..4);
    Ok(())
}

fn algorithms(table: &mut Table) {
    table.set_header(["name", "aliases", "collectives", "what it does"]);
    for algorithm in Algorithm::ALL {
        // Whether or not there is a schedule on just so many ranks.
        let defined = |c: &Collective| {
            let made = algorithm.schedule(*c, 4, &Tuning::default());
            !matches!(made, Err(CollectiveError::Unsupported { .. }))
        };
        let collectives: Vec<_> =
            Collective::ALL.iter().filter(|c| defined(c)).map(|c| c.name()).collect();
        table.add_row([
            algorithm.name().to_owned(),
            algorithm.aliases().join(", "),
            collectives.join(", "),
            algorithm.summary().to_owned(),
        ]);
    }
}

fn align_right(table: &mut Table, columns: std::ops::Range<usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}
