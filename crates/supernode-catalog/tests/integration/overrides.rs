//! `--set`.

use supernode_catalog::{Catalog, End};
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

#[test]
fn bad_overrides_say_what_is_wrong() {
    let mut catalog = Catalog::builtin().unwrap();
    let mut error = |path: &str, text: &str| {
        catalog.set("atlas-950-superpod", path, text).unwrap_err().to_string()
    };
    assert!(error("pod.latancy", "3us").contains("did you mean `pod.latency`"));
    assert!(error("pod.latency", "3").contains("cannot set `pod.latency`: `3` has no unit"));
    assert!(error("pod.efficiency", "1.5").contains("a share between 0 and 1"));
    assert!(error("", "3us").contains("is no value that can be set"));
}
