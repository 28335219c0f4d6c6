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
bandwidth = "100GB/s"
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
    check("chips = 32", "chips = 32\ncabinets = 1\nnetwork-cabinets = 2", &["cannot be more"]);
    check("size = 8", "size = 0", &["mine.toml:16:8", "size 0"]);
    check("dims = [2, 2]", "dims = [2, 3]", &["mine.toml:24:8", "multiply to 6"]);
    check("dims = [2, 2]\n", "", &["torus and needs `dims`"]);
    check("name = \"pod\"", "name = \"node\"", &["two levels are called `node`"]);
    check("size = 8", "size = 8\nplanes = 2", &["`node` is a switch, which has no `planes`"]);
    check("size = 8", "size = 8\noversubscription = \"2:1\"", &["has no `oversubscription`"]);
    check(
        "chip = \"h100\"",
        "chip = \"h101\"",
        &["mine.toml:8:8", "unknown chip `h101`", "`h100`"],
    );
    let taken = error(&GOOD.replace("system.mine", "system.dgx-h100"));
    assert!(taken.contains("mine.toml:2:1: a system called `dgx-h100` exists already"), "{taken}");
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
