//! By which names the catalog is found, and what its values say about themselves.

use std::collections::BTreeSet;

use supernode_catalog::{Catalog, LevelSpec};
use supernode_units::{Bandwidth, Confidence, Sourced, THIS_CATALOG};

#[test]
fn aliases_are_unique_and_find_what_they_name() {
    let catalog = Catalog::builtin().unwrap();
    let mut names = BTreeSet::new();
    for chip in catalog.chips() {
        for name in chip.aliases.iter().chain([&chip.id]) {
            assert!(names.insert(name.to_lowercase()), "{name} is taken twice");
            assert_eq!(catalog.chip(name).unwrap().id, chip.id);
        }
    }
    names.clear();
    for system in catalog.systems() {
        for name in system.aliases.iter().chain([&system.id]) {
            assert!(names.insert(name.to_lowercase()), "{name} is taken twice");
            assert_eq!(catalog.system(name).unwrap().id, system.id);
        }
    }
    let system = |name| catalog.system(name).unwrap().id.as_str();
    assert_eq!(system("cm384"), "cloudmatrix-384");
    assert_eq!(system("cloudmatrix"), "cloudmatrix-384");
    assert_eq!(system("h100-x8"), "dgx-h100");
    assert_eq!(system("nvl144"), "vr-nvl144");
    assert_eq!(system("NVL576"), "vr-nvl576");
    assert_eq!(system("DGX-H100"), "dgx-h100");
    assert_eq!(catalog.chip("Ascend-950DT").unwrap().id, "ascend-950dt");
    assert_eq!(catalog.chip("950dt").unwrap().id, "ascend-950dt");
}

#[test]
fn unknown_names_suggest_the_nearest() {
    let catalog = Catalog::builtin().unwrap();
    let system = |name| catalog.system(name).unwrap_err().to_string();
    assert!(system("atlas-950-superpot").contains("did you mean `atlas-950-superpod`"));
    assert!(system("gb200nvl72").contains("`gb200-nvl72`"));
    assert!(system("atlas-900").contains("`atlas-900-supercluster`"));
    assert!(system("xyzzy").ends_with("see `supernode list systems`"));
    assert!(catalog.chip("h2o").unwrap_err().to_string().contains("`h20`"));
}

#[test]
fn every_value_of_every_chip_names_its_source() {
    let catalog = Catalog::builtin().unwrap();
    let mut known = 0;
    for chip in catalog.chips() {
        chip.for_each(&mut |entry| {
            let name = format!("{}.{}", chip.id, entry.key);
            let confidence = entry.confidence.expect("inherited");
            check_source(&name, entry.source, confidence, entry.note);
            known += u32::from(entry.known);
        });
    }
    assert!(known > 300, "only {known} values are known");
}

/// What a reader needs in order to believe a value: a place where it is published, or a reason.
#[track_caller]
fn check_source(name: &str, source: Option<&str>, confidence: Confidence, note: Option<&str>) {
    let source = source.unwrap_or_default();
    assert!(source.len() > 3, "{name} ({confidence}) has no source");
    assert!(!source.contains("public document"), "{name}: {source} is no source");
    if confidence == Confidence::Modelled {
        assert!(note.is_some(), "{name} says no why");
    } else {
        assert!(source != THIS_CATALOG, "{name} ({confidence}) is nobody's but ours");
    }
}

fn check<T>(name: &str, value: &Sourced<T>) {
    let confidence = value.confidence.expect("inherited");
    check_source(name, value.source.as_deref(), confidence, value.note.as_deref());
}

/// A range is a guess of ours, or somebody is named who gives both ends.
#[track_caller]
fn check_range<T: Copy>(name: &str, value: &Sourced<T>, table: &str) {
    if value.value.is_range() {
        let own = value.source.as_deref().is_some_and(|source| source != table);
        assert!(own, "{name} is a range that its table's source does not give");
    }
}

#[test]
fn every_value_of_every_system_names_its_source_and_guesses_say_why() {
    let catalog = Catalog::builtin().unwrap();
    for system in catalog.systems() {
        let source = system.source.as_str();
        for level in system.levels.iter().chain(&system.scale_out) {
            let name = |key: &str| format!("{}.{}.{key}", system.id, level.name());
            check(&name("bandwidth"), &level.bandwidth);
            check(&name("latency"), &level.latency);
            check(&name("switch-latency"), &level.switch_latency);
            check(&name("fec-latency"), &level.fec_latency);
            check(&name("efficiency"), &level.efficiency);
            check(&name("fan-out-loss"), &level.fan_out_loss);
            check(&name("in-switch"), &level.in_switch);
            check_range(&name("bandwidth"), &level.bandwidth, source);
            check_range(&name("efficiency"), &level.efficiency, source);
            check_range(&name("in-switch"), &level.in_switch, source);
            if level.latency.value.is_range() {
                let confidence = level.latency.confidence;
                assert_eq!(confidence, Some(Confidence::Modelled), "{}", name("latency"));
            }
        }
        let (id, published) = (&system.id, &system.published);
        check(&format!("{id}.bf16"), &published.bf16);
        check(&format!("{id}.fp8"), &published.fp8);
        check(&format!("{id}.fp4"), &published.fp4);
        check(&format!("{id}.memory"), &published.memory);
        check(&format!("{id}.fast-memory"), &published.fast_memory);
        check(&format!("{id}.memory-bandwidth"), &published.memory_bandwidth);
        check(&format!("{id}.scale-up-total"), &published.scale_up_total);
        check(&format!("{id}.power"), &published.power);
        check(&format!("{id}.price"), &published.price);
        check_range(&format!("{id}.power"), &published.power, source);
    }
}

/// A figure without a source of its own does not borrow the page of its table.
#[test]
fn a_value_of_another_confidence_needs_a_source_of_its_own() {
    let text = "[chip.tiny]\nname = \"Tiny\"\nvendor = \"us\"\nyear = 2026\nstatus = \"imagined\"\n\
                source = \"a page\"\nconfidence = \"vendor\"\n[chip.tiny.memory]\n\
                capacity = \"8GB\"\nbandwidth = { value = \"1TB/s\", confidence = \"press\" }\n";
    let mut catalog = Catalog::default();
    catalog.add("tiny.toml", text).unwrap();
    let memory = &catalog.chip("tiny").unwrap().memory;
    assert_eq!(memory.capacity.source.as_deref(), Some("a page"));
    assert_eq!(memory.bandwidth.source, None);
}

#[test]
fn what_nobody_published_is_no_vendors_figure() {
    let catalog = Catalog::builtin().unwrap();
    let level = |system: &str, level: &str| {
        let mut levels = catalog.system(system).unwrap().levels.iter();
        levels.find(|spec| spec.name() == level).unwrap().clone()
    };
    // Absent from the file: the full line rate, as a guess of this catalog.
    let rack = level("helios", "rack").efficiency;
    assert_eq!(rack.value.to_string(), "1");
    assert_eq!(rack.confidence, Some(Confidence::Modelled));
    assert_eq!(rack.source.as_deref(), Some(THIS_CATALOG));
    // Line rate before coding.
    for name in ["board", "cabinet", "pod"] {
        assert!(level("atlas-950-superpod", name).efficiency.value.is_range(), "{name}");
    }
    // Measured on H100 and B200 only.
    let measured = catalog.systems().filter(|system| {
        let by_switch =
            |level: &LevelSpec| level.in_switch.confidence == Some(Confidence::Measured);
        system.levels.iter().any(by_switch)
    });
    assert_eq!(measured.map(|system| &system.id).collect::<Vec<_>>(), ["dgx-h100", "hgx-b200"]);
}

#[test]
fn ports_of_the_atlas_950_add_up() {
    let catalog = Catalog::builtin().unwrap();
    let gb = |rate: &Sourced<Bandwidth>| rate.value.high().unwrap().bytes_per_s() / 1_000_000_000;
    for (id, ports) in [("atlas-950-superpod", 1008), ("atlas-950-superpod-1024", 840)] {
        let system = catalog.system(id).unwrap();
        let chip = catalog.chip_of(system).unwrap();
        assert_eq!(gb(&chip.ports.scale_up), ports, "{id}");
        assert_eq!(system.levels.iter().map(|level| gb(&level.bandwidth)).sum::<u64>(), ports);
        // UBoE runs on UB ports: it has no port of its own.
        let port = system.levels.last().unwrap().port.as_deref();
        assert_eq!(system.scale_out.as_ref().unwrap().port.as_deref(), port, "{id}");
    }
}
