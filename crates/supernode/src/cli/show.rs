//! `supernode show`: every value with its source.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::ValueEnum;
use supernode::catalog::{Catalog, End, LevelSpec, System};
use supernode::chip::{Chip, Entry};
use supernode::units::Sourced;

use super::{Error, source};

const AFTER_HELP: &str = "\
Examples:
  supernode show system atlas-950-superpod
  supernode show chip h20
  supernode show system my-machine.toml";

/// What to show.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// A chip or a system.
    #[arg(ignore_case = true)]
    what: What,
    /// Its id or an alias, or a TOML file with one system.
    #[arg(value_name = "ID|FILE.toml")]
    id: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// An accelerator package.
    Chip,
    /// A server, rack, pod or cluster.
    System,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Error> {
    let mut catalog = Catalog::builtin()?;
    let mut out = Printer { out: io::stdout().lock() };
    match args.what {
        What::Chip => chip(&mut out, catalog.chip(&args.id)?)?,
        What::System => {
            let id = source::add_if_file(&mut catalog, &args.id)?;
            let found = catalog.system(&id)?;
            system(&mut out, found, catalog.chip_of(found)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

struct Printer<W> {
    out: W,
}

impl<W: Write> Printer<W> {
    fn line(&mut self, key: &str, text: impl Display) -> io::Result<()> {
        writeln!(self.out, "{key:<26} {text}")
    }

    fn value<T: Display + Copy>(&mut self, key: &str, value: &Sourced<T>) -> io::Result<()> {
        self.entry(&Entry::of(key.to_owned(), value))
    }

    fn entry(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        let Entry { key, value, known, source, confidence, note } = entry;
        if !known && note.is_none() {
            return self.line(key, "unknown");
        }
        let confidence = confidence.map_or_else(String::new, |c| c.to_string());
        writeln!(self.out, "{key:<26} {value:<24} {confidence:<9} {}", source.unwrap_or_default())?;
        if let Some(note) = note {
            writeln!(self.out, "{:<26} {note}", "")?;
        }
        Ok(())
    }
}

fn chip(out: &mut Printer<impl Write>, chip: &Chip) -> io::Result<()> {
    out.line("chip", &chip.id)?;
    out.line("name", &chip.name)?;
    out.line("aliases", chip.aliases.join(", "))?;
    out.line("vendor", &chip.vendor)?;
    out.line("year", chip.year)?;
    out.line("status", &chip.status)?;
    if let Some(architecture) = chip.architecture {
        out.line("architecture", architecture)?;
    }
    out.line("dies, devices", format!("{}, {}", chip.dies, chip.devices))?;
    out.line("memory kind", &chip.memory_kind)?;
    out.line("scale-up link", &chip.scale_up_link)?;
    let mut result = Ok(());
    chip.for_each(&mut |entry| {
        if result.is_ok() {
            result = out.entry(&entry);
        }
    });
    result?;
    out.value("engines.reduce used", &chip.reduce_rate())?;
    out.value("engines.copy used", &chip.copy_rate())?;
    out.line("notes", &chip.notes)
}

fn system(out: &mut Printer<impl Write>, system: &System, chip: &Chip) -> io::Result<()> {
    out.line("system", &system.id)?;
    out.line("name", &system.name)?;
    out.line("aliases", system.aliases.join(", "))?;
    out.line("vendor", &system.vendor)?;
    out.line("kind", system.kind)?;
    out.line("year", system.year)?;
    out.line("status", &system.status)?;
    out.line("chip", format!("{} ({})", chip.id, chip.name))?;
    let devices = u64::from(system.chips()) * u64::from(chip.devices);
    out.line("chips, devices", format!("{}, {devices}", system.chips()))?;
    if let Some(published) = &system.published_chips {
        out.line("published count", published)?;
    }
    match (system.cabinets, system.network_cabinets) {
        (Some(cabinets), Some(network)) if network > 0 => {
            out.line("cabinets", format!("{cabinets}, {network} of them for the network"))?;
        }
        (Some(cabinets), _) => out.line("cabinets", cabinets)?,
        _ => {}
    }
    if let Some(footprint) = system.footprint_m2 {
        out.line("footprint", format!("{footprint} m2"))?;
    }
    if let Some(cpus) = system.cpus {
        out.line("host processors", cpus)?;
    }
    if let Some(cpu) = system.cpu {
        out.line("processor make", cpu)?;
    }
    for (index, hardware) in system.measured_as.iter().enumerate() {
        out.line(if index == 0 { "measured as" } else { "" }, hardware)?;
    }
    let published = &system.published;
    out.value("published.bf16", &published.bf16)?;
    out.value("published.fp8", &published.fp8)?;
    out.value("published.fp4", &published.fp4)?;
    out.value("published.memory", &published.memory)?;
    out.value("published.fast-memory", &published.fast_memory)?;
    out.value("published.memory-bandwidth", &published.memory_bandwidth)?;
    out.value("published.scale-up-total", &published.scale_up_total)?;
    out.value("power", &published.power)?;
    out.value("price", &published.price)?;
    for spec in &system.levels {
        level(out, spec, &format!("joins {}", spec.size()))?;
    }
    if let Some(spec) = &system.scale_out {
        level(out, spec, "joins several of these systems")?;
    }
    match system.fabric(chip, End::Middle) {
        Ok(fabric) => {
            out.line("bisection", format!("{} per direction", fabric.bisection()))?;
            out.line("ports per device", fabric.ports_per_device())?;
        }
        Err(error) => out.line("cannot be timed", error)?,
    }
    out.line("notes", &system.notes)
}

fn level(out: &mut Printer<impl Write>, level: &LevelSpec, joins: &str) -> io::Result<()> {
    let name = level.name();
    let dims = level.dims.as_ref().map_or_else(String::new, |d| format!(" {:?}", d.get_ref()));
    out.line(&format!("level {name}"), format!("{}{dims}, {joins}", level.kind.get_ref()))?;
    let key = |key: &str| format!("{name}.{key}");
    if let Some(transport) = level.transport {
        out.line(&key("transport"), transport)?;
    }
    out.value(&key("bandwidth"), &level.bandwidth)?;
    out.value(&key("latency"), &level.latency)?;
    for (name, value) in
        [("switch-latency", &level.switch_latency), ("fec-latency", &level.fec_latency)]
    {
        if value.value.high().is_some_and(|time| time.as_ps() > 0) {
            out.value(&key(name), value)?;
        }
    }
    if level.cable > 0 {
        out.line(&key("cable"), format!("{} m", level.cable))?;
    }
    out.value(&key("efficiency"), &level.efficiency)?;
    if level.fan_out_loss.value.high().is_some_and(|loss| loss.ppm() > 0) {
        out.value(&key("fan-out-loss"), &level.fan_out_loss)?;
    }
    if !level.in_switch.value.is_unknown() {
        out.value(&key("in-switch"), &level.in_switch)?;
    }
    Ok(())
}
