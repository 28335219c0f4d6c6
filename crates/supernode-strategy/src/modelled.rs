//! Values of a machine that nobody published, with the reason of each guess.

use supernode_chip::Entry;
use supernode_units::Confidence;

use crate::Machine;

/// A modelled value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modelled {
    /// Path that `--set` takes.
    pub path: String,
    /// The value.
    pub value: String,
    /// Why it is what it is.
    pub reason: String,
}

/// The modelled values of both machines, each once.
pub(crate) fn modelled(machines: &[Machine; 2]) -> Vec<Modelled> {
    let mut found: Vec<Modelled> = Vec::new();
    for machine in machines {
        let (id, chip) = (&machine.system.id, &machine.chip);
        let mut add = |modelled: Modelled| {
            if !found.contains(&modelled) {
                found.push(modelled);
            }
        };
        // A value without a reason of its own has that of the whole system or chip.
        let whole = |owner: &str, name: &str, notes: &str| Modelled {
            path: owner.to_owned(),
            value: name.to_owned(),
            reason: notes.to_owned(),
        };
        if machine.system.confidence == Confidence::Modelled {
            add(whole(id, &machine.system.name, &machine.system.notes));
        }
        if chip.confidence == Confidence::Modelled {
            add(whole(&chip.id, &chip.name, &chip.notes));
        }
        let mut push = |owner: &str, entry: Entry<'_>| {
            // A delay or loss of nothing is a part that the model leaves out, not a guess in it.
            if ["0ps", "0"].contains(&entry.value.as_str()) {
                return;
            }
            if let (Some(Confidence::Modelled), Some(reason)) = (entry.confidence, entry.note) {
                let path = format!("{owner}.{}", entry.key);
                add(Modelled { path, value: entry.value, reason: reason.to_owned() });
            }
        };
        let totals = &machine.system.published;
        push(id, Entry::of("power".to_owned(), &totals.power));
        push(id, Entry::of("price".to_owned(), &totals.price));
        for level in machine.system.levels.iter().chain(&machine.system.scale_out) {
            let key = |key: &str| format!("{}.{key}", level.name());
            push(id, Entry::of(key("bandwidth"), &level.bandwidth));
            push(id, Entry::of(key("latency"), &level.latency));
            push(id, Entry::of(key("switch-latency"), &level.switch_latency));
            push(id, Entry::of(key("fec-latency"), &level.fec_latency));
            push(id, Entry::of(key("efficiency"), &level.efficiency));
            push(id, Entry::of(key("fan-out-loss"), &level.fan_out_loss));
            push(id, Entry::of(key("in-switch"), &level.in_switch));
        }
        let (reduce, copy) = (chip.reduce_rate(), chip.copy_rate());
        let engine = |key: &str, rate| Entry::of(format!("engines.{key}"), rate);
        push(&chip.id, engine("reduce", &reduce));
        push(&chip.id, engine("copy", &copy));
        chip.for_each(&mut |entry| {
            let used = ["compute.", "memory.", "on-package."];
            if used.iter().any(|table| entry.key.starts_with(table)) {
                push(&chip.id, entry);
            }
        });
    }
    found
}
