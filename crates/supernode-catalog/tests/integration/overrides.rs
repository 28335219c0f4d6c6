//! `--set`.

use supernode_catalog::{Catalog, End};
use supernode_fabric::{LevelKind, Spread};
use supernode_units::{Confidence, Power, Time, Value};

#[test]
fn values_are_replaced_and_say_so() {
    let mut catalog = Catalog::builtin().unwrap();
    catalog.set("atlas-950-superpod", "pod.latency", "3us").unwrap();
    catalog.set("atlas-950-superpod", "power", "8MW..9MW").unwrap();
    catalog.set("atlas-950-superpod", "vr-nvl144.power", "190kW").unwrap();
    catalog.set("atlas-950-superpod", "ascend-950dt.memory.bandwidth", "5TB/s").unwrap();
    let pod = catalog.system("atlas-950-superpod").unwrap();
    assert_eq!(pod.levels[2].latency.value, Value::Point(Time::from_us(3)));
    assert_eq!(pod.levels[2].latency.confidence, Some(Confidence::User));
    assert_eq!(pod.published.power.value.to_string(), "8MW..9MW");
    let rack = catalog.system("vr-nvl144").unwrap();
    assert_eq!(rack.published.power.value, Value::Point(Power::from_watts(190e3)));
    assert_eq!(catalog.chip("ascend-950dt").unwrap().memory.bandwidth.value.to_string(), "5TB/s");
}

#[test]
fn a_missing_value_can_be_supplied() {
    let mut catalog = Catalog::builtin().unwrap();
    let fabric = |catalog: &Catalog| {
        let system = catalog.system("vr-nvl576").unwrap();
        system.fabric(catalog.chip_of(system).unwrap(), End::Middle).map(|f| f.devices())
    };
    let error = fabric(&catalog).unwrap_err().to_string();
    assert!(error.contains("--set vr-nvl576.rack.bandwidth=100GB/s"), "{error}");
    catalog.set("vr-nvl576", "vr-nvl576.rack.bandwidth", "1800GB/s").unwrap();
    assert_eq!(fabric(&catalog).unwrap(), 144);
}

/// A server of four chips, alone in the world.
fn with_server(id: &str) -> Catalog {
    let text = format!(
        "[system.\"{id}\"]\nname = \"Alone\"\nvendor = \"us\"\nkind = \"server\"\nyear = 2026\n\
         status = \"imagined\"\nchip = \"h100\"\nchips = 4\nsource = \"us\"\nconfidence = \"user\"\n\
         [[system.\"{id}\".level]]\nname = \"node\"\nkind = \"switch\"\nsize = 4\n\
         bandwidth = \"100GB/s\"\nlatency = \"1us\"\n"
    );
    let mut catalog = Catalog::builtin().expect("the catalog loads");
    assert_eq!(catalog.add("alone.toml", &text).expect("it is sound"), [id]);
    catalog
}

#[test]
fn a_scale_out_network_can_be_supplied() {
    let mut catalog = with_server("alone");
    let copies = |catalog: &Catalog| {
        let system = catalog.system("alone").unwrap();
        system.replicated(catalog.chip_of(system).unwrap(), 2, End::Middle)
    };
    let error = copies(&catalog).unwrap_err().to_string();
    assert!(error.contains("--set alone.scale-out.bandwidth=50GB/s"), "{error}");
    catalog.set("alone", "scale-out.bandwidth", "50GB/s").unwrap();
    assert_eq!(copies(&catalog).unwrap().devices(), 8);
    let latency = &catalog.system("alone").unwrap().scale_out.as_ref().unwrap().latency;
    assert_eq!(latency.confidence, Some(Confidence::Modelled));
    // A cluster grows at its outermost level.
    let error = catalog.set("colossus", "scale-out.bandwidth", "50GB/s").unwrap_err().to_string();
    assert!(error.contains("is no value that can be set"), "{error}");
}

#[test]
fn an_override_names_what_it_changes_in_any_case() {
    let mut catalog = Catalog::builtin().unwrap();
    let mut set = |path: &str, text: &str| catalog.set("dgx-h100", path, text).unwrap();
    assert_eq!(set("NODE.Latency", "1us"), "dgx-h100");
    assert_eq!(set("HGX-H100.node.latency", "1us"), "dgx-h100");
    assert_eq!(set("H100.memory.bandwidth", "3TB/s"), "h100");
    assert_eq!(set("vr-nvl144.power", "190kW"), "vr-nvl144");
}

#[test]
fn ids_with_dots_can_be_named() {
    let mut catalog = with_server("v1.5");
    assert_eq!(catalog.set("dgx-h100", "v1.5.node.latency", "2us").unwrap(), "v1.5");
}

#[test]
fn uplinks_can_be_narrowed_and_hashed_where_there_are_any() {
    let mut catalog = Catalog::builtin().unwrap();
    catalog.set("atlas-900-supercluster", "cluster.oversubscription", "4:1").unwrap();
    let spread = |catalog: &mut Catalog, text: &str| {
        catalog.set("atlas-900-supercluster", "cluster.spread", text).map_err(|e| e.to_string())?;
        let system = catalog.system("atlas-900-supercluster").unwrap();
        let fabric = system.fabric(catalog.chip_of(system).unwrap(), End::Middle).unwrap();
        let LevelKind::Clos { oversubscription, spread, .. } = fabric.levels()[1].kind else {
            panic!("a clos");
        };
        assert_eq!((oversubscription.down, oversubscription.up), (4, 1));
        Ok::<Spread, String>(spread)
    };
    assert_eq!(spread(&mut catalog, "ecmp"), Ok(Spread::Ecmp { seed: 0 }));
    assert_eq!(spread(&mut catalog, "ecmp:17"), Ok(Spread::Ecmp { seed: 17 }));
    assert_eq!(spread(&mut catalog, "adaptive"), Ok(Spread::Adaptive));
    assert_eq!(spread(&mut catalog, "spray"), Ok(Spread::Spray));
    for text in ["ecmp:", "ecmp:x", "ECMP", "hash"] {
        let error = spread(&mut catalog, text).unwrap_err();
        assert!(error.contains("known: spray, adaptive, ecmp, ecmp:SEED"), "{error}");
    }
    for (path, text, expected) in [
        ("cluster.oversubscription", "1:2", "write it like `2:1`"),
        ("cluster.oversubscription", "4", "write it like `2:1`"),
        ("node.oversubscription", "2:1", "no value that can be set"),
        ("node.spread", "ecmp", "no value that can be set"),
    ] {
        let error = catalog.set("atlas-900-supercluster", path, text).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains("`node.spread` or"), "{error}");
    }
}

#[test]
fn figures_that_no_machine_has_are_refused_and_change_nothing() {
    let mut catalog = Catalog::builtin().unwrap();
    for (path, text) in [
        ("h100.engines.reduce", "0B/s"),
        ("h100.memory.bandwidth", "0TB/s"),
        ("h100.compute.fp8", "0TFLOP/s"),
        ("h100.economy.price", "0USD..1USD"),
        ("node.in-switch", "0GB/s"),
        ("node.efficiency", "0"),
        ("power", "0W"),
        ("price", "0USD"),
    ] {
        let error = catalog.set("dgx-h100", path, text).unwrap_err().to_string();
        let expected = format!("cannot set `{path}`: `{text}` is zero; give a figure above zero");
        assert!(error.starts_with(&expected), "{error}");
    }
    let error = catalog.set("dgx-h100", "node.latency", "1h").unwrap_err().to_string();
    assert!(error.contains("`1h` is above 100"), "{error}");
    let untouched = Catalog::builtin().unwrap();
    let node = |catalog: &Catalog| catalog.system("dgx-h100").unwrap().levels[0].in_switch.clone();
    assert_eq!(node(&catalog), node(&untouched));
    assert_eq!(
        catalog.chip("h100").unwrap().engines.reduce,
        untouched.chip("h100").unwrap().engines.reduce
    );
    catalog.set("dgx-h100", "node.latency", "0us").unwrap();
    catalog.set("dgx-h100", "h100.ports.scale-out", "0GB/s").unwrap();
}

#[test]
fn a_bandwidth_beyond_the_ports_says_what_to_raise_as_well() {
    let mut catalog = Catalog::builtin().unwrap();
    let fabric = |catalog: &Catalog| {
        let system = catalog.system("dgx-h100").unwrap();
        system.fabric(catalog.chip_of(system).unwrap(), End::Middle).map(|f| f.devices())
    };
    catalog.set("dgx-h100", "node.bandwidth", "900GB/s").unwrap();
    let error = fabric(&catalog).unwrap_err().to_string();
    assert!(error.contains("add up to 900GB/s a device, but chip `h100` has 500GB/s"), "{error}");
    assert!(error.contains("raise `h100.ports.scale-up`"), "{error}");
    catalog.set("dgx-h100", "h100.ports.scale-up", "900GB/s").unwrap();
    assert_eq!(fabric(&catalog).unwrap(), 8);
}

#[test]
fn bad_overrides_say_what_is_wrong() {
    let mut catalog = Catalog::builtin().unwrap();
    let mut error = |path: &str, text: &str| {
        catalog.set("atlas-950-superpod", path, text).unwrap_err().to_string()
    };
    assert!(error("pod.latancy", "3us").contains("did you mean `pod.latency`"));
    assert!(error("pod.latency", "3").contains("cannot set `pod.latency`: `3` has no unit"));
    assert!(error("pod.efficiency", "1.5").contains("a share between 0 and 1"));
    assert!(error("vr-nvl144.rack.latncy", "3us").contains("`vr-nvl144.rack.latency`"));
    assert!(error("h100.memory.bandwith", "3us").contains("`h100.memory.bandwidth`"));
    assert!(error("", "3us").contains("is no value that can be set"));
}
