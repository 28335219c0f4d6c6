//! Every impossible fabric is refused with what, where and what to do.

use supernode_fabric::{
    CostModel, DeviceRates, Fabric, FabricConfig, Level, LevelKind, Oversubscription, Profile,
    Spread, SwitchRate,
};
use supernode_units::Bandwidth;

use crate::machines::{fabric, level};

fn error(levels: Vec<Level>) -> String {
    let config = FabricConfig { levels, device_bandwidth: Some(Bandwidth::from_gb_per_s(150)) };
    Fabric::new(config).expect_err("it is impossible").to_string()
}

fn clos(tiers: u32, planes: u32, leaf: u32, down: u32, up: u32) -> Level {
    let oversubscription = Oversubscription { down, up };
    let kind =
        LevelKind::Clos { tiers, planes, leaf, oversubscription, spread: Spread::Ecmp { seed: 0 } };
    level("pod", kind, 4)
}

#[test]
fn impossible_levels() {
    assert_eq!(error(vec![]), "a fabric needs at least one level");
    let check = |level: Level, message: &str| {
        let text = error(vec![level]);
        assert!(text.contains(message), "`{text}` does not say `{message}`");
    };
    check(level("pod", LevelKind::Switch, 0), "`pod` has size 0");
    check(level("pod", LevelKind::FullMesh { dims: vec![] }, 4), "`pod`");
    check(level("pod", LevelKind::FullMesh { dims: vec![2, 3] }, 4), "multiply to 6");
    check(level("pod", LevelKind::Torus { dims: vec![2, 1, 2, 1] }, 4), "4 dimensions");
    check(
        Level { bandwidth: Bandwidth::new(0), ..level("pod", LevelKind::Switch, 4) },
        "no bandwidth",
    );
    check(Level { efficiency_ppm: 0, ..level("pod", LevelKind::Switch, 4) }, "0 millionths");
    check(
        Level { efficiency_ppm: 1_000_001, ..level("pod", LevelKind::Switch, 4) },
        "at most 1000000",
    );
    check(clos(4, 1, 1, 1, 1), "2 or 3 tiers");
    check(clos(2, 0, 1, 1, 1), "at least 1 plane");
    check(clos(2, 1, 0, 1, 1), "1 child per leaf");
    check(clos(2, 1, 1, 1, 2), "oversubscription of 1:2");
    let rail = LevelKind::Rail { leaf: 0, oversubscription: Oversubscription::NONE };
    check(level("pod", rail, 4), "1 child per leaf");
    let reducing = Some(SwitchRate { rate: Bandwidth::from_gb_per_s(1) });
    check(Level { in_switch: reducing, ..level("pod", LevelKind::Ring, 4) }, "only a switch can");
}

#[test]
fn impossible_compositions() {
    let two = |a: Level, b: Level| error(vec![a, b]);
    let mut mesh = level("pod", LevelKind::FullMesh { dims: vec![4] }, 4);
    mesh.port_group = "node".into();
    assert!(two(level("node", LevelKind::Switch, 4), mesh).contains("shares port group `node`"));
    let sum = two(level("node", LevelKind::Switch, 4), level("pod", LevelKind::Switch, 4));
    assert_eq!(sum, "the port groups add up to 200GB/s, but the device has 150GB/s");
    let huge = || level("pod", LevelKind::Switch, 70_000);
    assert!(two(huge(), huge()).contains("4900000000 devices"));
    let mesh = level("pod", LevelKind::FullMesh { dims: vec![70_000] }, 70_000);
    assert!(error(vec![mesh]).contains("69999 ports"));
}

#[test]
fn a_link_too_slow_to_time_is_refused() {
    let mut slow = level("wire", LevelKind::Switch, 2);
    slow.bandwidth = Bandwidth::new(1);
    let rates = DeviceRates { reduce: Bandwidth::new(1), copy: Bandwidth::new(1) };
    let error = CostModel::new(fabric(vec![slow]), Profile::wire(), rates).unwrap_err().to_string();
    assert!(error.contains("takes longer than 2^62 ps on level `wire` at 1B/s"), "{error}");
}

#[test]
fn engines_and_switches_too_slow_to_time_are_refused() {
    let model = |reduce, copy, in_switch| {
        let mut node = level("node", LevelKind::Switch, 2);
        node.in_switch = Some(SwitchRate { rate: Bandwidth::new(in_switch) });
        let rates = DeviceRates { reduce: Bandwidth::new(reduce), copy: Bandwidth::new(copy) };
        CostModel::new(fabric(vec![node]), Profile::wire(), rates).map_err(|e| e.to_string())
    };
    let fast = 1_000_000;
    assert!(model(fast, fast, fast).is_ok());
    let check = |result: Result<CostModel, String>, message: &str| {
        let error = result.expect_err("it is too slow");
        assert!(error.contains(message), "{error}");
    };
    for slow in [0, 1, 200_000] {
        check(model(slow, fast, fast), "the reduce engine takes longer than 2^62 ps for 1TiB at");
        check(model(fast, slow, fast), "the copy engine takes longer than 2^62 ps for 1TiB at");
        check(model(fast, fast, slow), "takes longer than 2^62 ps on level `node` at");
    }
}
