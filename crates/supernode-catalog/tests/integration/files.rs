//! A user's file: the schema of the catalog, and errors with line and column.

use supernode_catalog::Catalog;

const GOOD: &str = r#"
[system.mine]
name = "My machine"
vendor = "me"
kind = "pod"
year = 2026
status = "imagined"
chip = "h100"
chips = 32
source = "my own measurements"
confidence = "measured"

[[system.mine.level]]
name = "node"
kind = "switch"
size = 8
bandwidth = "450GB/s"
latency = "700ns"

[[system.mine.level]]
name = "pod"
kind = "torus"
size = 4
dims = [2, 2]
bandwidth = "50GB/s"
latency = { value = "1us..2us", confidence = "modelled", note = "a guess" }
"#;

fn error(text: &str) -> String {
    let mut catalog = Catalog::builtin().expect("the catalog loads");
    catalog.add("mine.toml", text).expect_err("the text is wrong").to_string()
}

/// The error after replacing `from` by `to` contains all of `parts`.
#[track_caller]
fn check(from: &str, to: &str, parts: &[&str]) {
    assert!(GOOD.contains(from), "{from}");
    let text = error(&GOOD.replacen(from, to, 1));
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in `{text}`");
    }
}

#[test]
fn a_users_system_is_loaded() {
    let mut catalog = Catalog::builtin().unwrap();
    assert_eq!(catalog.add("mine.toml", GOOD).unwrap(), ["mine"]);
    assert_eq!(catalog.system("mine").unwrap().chips(), 32);
}

#[test]
fn schema_errors_show_line_and_column() {
    check("year = 2026", "yaer = 2026", &["mine.toml", "line 6, column 1", "unknown field `yaer`"]);
    check(
        "kind = \"switch\"",
        "kind = \"swich\"",
        &["line 15, column 8", "unknown variant `swich`"],
    );
    check("\"450GB/s\"", "450", &["line 17, column 13", "`450` has no unit", "450GB/s"]);
    check("\"700ns\"", "\"700\"", &["line 18", "`700` has no unit"]);
    check("\"450GB/s\"", "\"450GBps\"", &["line 17", "450GBps"]);
    check("\"1us..2us\"", "\"2us..1us\"", &["line 26", "2us..1us"]);
    check(", note = \"a guess\"", "", &["line 26", "a modelled value needs a note"]);
    check("[[system.mine.level]]", "[[system.mine.level]", &["mine.toml", "line 13"]);
    check("confidence = \"measured\"", "confidence = \"sure\"", &["unknown variant `sure`"]);
}

#[test]
fn impossible_systems_show_line_and_column() {
    check("chips = 32", "chips = 33", &["mine.toml:9:9", "multiply to 32, but `chips` is 33"]);
    check(
        "chips = 32",
        "chips = 32\ncabinets = 1\nnetwork-cabinets = 2",
        &["11:20", "cannot be more"],
    );
    check("size = 8", "size = 0", &["mine.toml:16:8", "size 0"]);
    check("dims = [2, 2]", "dims = [2, 3]", &["mine.toml:24:8", "multiply to 6"]);
    check("dims = [2, 2]\n", "", &["torus and needs `dims`"]);
    check("name = \"pod\"", "name = \"node\"", &["two levels are called `node`"]);
    check("size = 8", "size = 8\nplanes = 2", &["`node` is a switch, which has no `planes`"]);
    check("size = 8", "size = 8\noversubscription = \"2:1\"", &["has no `oversubscription`"]);
    check("size = 8", "size = 8\ntiers = 7", &["`node` is a switch, which has no `tiers`"]);
    check(
        "chip = \"h100\"",
        "chip = \"h101\"",
        &["mine.toml:8:8", "unknown chip `h101`", "`h100`"],
    );
    let taken = error(&GOOD.replace("system.mine", "system.dgx-h100"));
    assert!(taken.contains("mine.toml:2:1: a system called `dgx-h100` exists already"), "{taken}");
}

#[test]
fn levels_that_no_fabric_has_show_line_and_column() {
    let clos = |key: &str| format!("kind = \"clos\"\n{key}");
    let torus = "kind = \"torus\"\nsize = 4\ndims = [2, 2]";
    check("kind = \"switch\"", &clos("tiers = 7"), &["mine.toml:16:9", "2 or 3 tiers"]);
    check("kind = \"switch\"", &clos("planes = 0"), &["mine.toml:16:10", "has `planes` 0"]);
    check("kind = \"switch\"", &clos("leaf = 0"), &["mine.toml:16:8", "has `leaf` 0"]);
    check("dims = [2, 2]", "dims = [2, 2, 1, 1]", &["mine.toml:24:8", "has 4 dims"]);
    check("dims = [2, 2]", "dims = [4, 0]", &["mine.toml:24:8", "not all 1 or more"]);
    let huge = "kind = \"full-mesh\"\nsize = 4\ndims = [8, 4294967295, 4294967295, 4294967295]";
    check(torus, huge, &["mine.toml:24:8", "multiply to more than 2^64"]);
    check("\"450GB/s\"", "\"0GB/s\"", &["mine.toml:17:13", "`bandwidth` is zero"]);
    check("\"700ns\"", "\"2s\"", &["mine.toml:18:11", "`latency` is above"]);
    check("\"700ns\"", "\"700ns\"\ncable = 4294967295", &["mine.toml:19:9", "`cable` is above"]);
    let lossy = "\"700ns\"\nefficiency = \"0\"";
    check("\"700ns\"", lossy, &["mine.toml:19:14", "`efficiency` is zero"]);
    check("\"50GB/s\"", "\"100GB/s\"", &["mine.toml:8:8", "add up to 550GB/s", "`h100` has 500"]);
    let shared = "port = \"node\"\nsize = 4\ndims = [2, 2]";
    check("size = 4\ndims = [2, 2]", shared, &["mine.toml:20:1", "shares port group `node`"]);
    let million = GOOD.replace("chips = 32", "chips = 4294967295").replace("size = 8", "size = 1");
    let million = million.replace("size = 4\ndims = [2, 2]", "size = 4294967295");
    let million = million.replace("\"torus\"", "\"switch\"");
    let mut catalog = Catalog::builtin().unwrap();
    catalog.add("mine.toml", &million).unwrap();
    let twice = error(&million.replace("system.mine", "system.big").replace("h100", "ascend-910c"));
    assert!(twice.contains("mine.toml:9:9: at most 2147483647 chips `ascend-910c`"), "{twice}");
    let totals = format!("{GOOD}\n[system.mine.published]\npower = \"0W\"\n");
    assert!(error(&totals).contains("mine.toml:29:9: `power` is zero"), "{}", error(&totals));
}

#[test]
fn names_can_be_printed_and_paths_split() {
    check("name = \"My machine\"", "name = \"My\\nmachine\"", &["mine.toml:3:8", "a line break"]);
    check("name = \"pod\"", "name = \"a pod\"", &["mine.toml:21:8", "`a pod` is no level name"]);
    check("name = \"pod\"", "name = \"scale-out\"", &["mine.toml:21:8", "something else"]);
    let quoted = error(&GOOD.replace("system.mine", r#"system."a,b\"c""#));
    assert!(quoted.contains(r#"mine.toml:2:1: `a,b"c` is no id"#), "{quoted}");
    let line = error(&GOOD.replace("system.mine", r#"system."a\nb""#));
    assert!(line.contains("mine.toml:2:1: `a?b` is no id"), "{line}");
    check(
        "chips = 32",
        "aliases = [\"x\", \"Y\"]\nchips = 32",
        &["mine.toml:9:17", "`Y` is no id"],
    );
}

#[test]
fn impossible_chips_show_line_and_column() {
    let chip = "[chip.tiny]\nname = \"Tiny\"\nvendor = \"me\"\nyear = 2026\nstatus = \"imagined\"\n\
                source = \"me\"\nconfidence = \"user\"\n";
    let check = |lines: &str, part: &str| {
        let text = error(&format!("{chip}{lines}"));
        assert!(text.contains(part), "`{part}` is not in `{text}`");
    };
    check("devices = 0", "mine.toml:8:11: a package has 1 to 1024 devices, not 0");
    check("devices = 2", "mine.toml:8:11: 2 devices need a [chip.tiny.on-package] table");
    check("dies = 0", "mine.toml:8:8: a package has at least 1 die");
    check(
        "[chip.tiny.memory]\nbandwidth = \"0TB/s\"",
        "mine.toml:9:13: `memory.bandwidth` is zero",
    );
    check("[chip.tiny.engines]\nreduce = \"0B/s..1GB/s\"", "9:10: `engines.reduce` is zero");
    check("[chip.tiny.economy]\npower = \"0W\"", "9:9: `economy.power` is zero");
    // No ports is a fact; nothing to launch is free.
    let none = "[chip.tiny.ports]\nscale-up = \"0GB/s\"\n[chip.tiny.launch]\nstream = \"0us\"\n";
    Catalog::builtin().unwrap().add("mine.toml", &format!("{chip}{none}")).unwrap();
}

#[test]
fn chips_can_be_added_and_may_not_collide() {
    let chip = "[chip.tiny]\nname = \"Tiny\"\nvendor = \"me\"\nyear = 2026\nstatus = \"imagined\"\n\
                source = \"me\"\nconfidence = \"user\"\n[chip.tiny.memory]\ncapacity = \"8GB\"\n";
    let mut catalog = Catalog::builtin().unwrap();
    assert!(catalog.add("tiny.toml", chip).unwrap().is_empty());
    assert_eq!(catalog.chip("tiny").unwrap().memory.capacity.value.to_string(), "8GB");
    assert!(error(&chip.replace("tiny", "h100")).contains("a chip called `h100` exists already"));
    assert!(error(&chip.replace("8GB", "-8GB")).contains("-8GB"));
}
