//! The hardware behind published measurements, and the words that a library's tuning depends on.

use std::collections::BTreeSet;

use supernode_catalog::{Catalog, Cpu, End, SystemKind, Transport};
use supernode_chip::Architecture;

#[test]
fn every_measured_hardware_has_one_system() {
    let catalog = Catalog::builtin().unwrap();
    let mut names = BTreeSet::new();
    for system in catalog.systems() {
        for hardware in &system.measured_as {
            assert!(names.insert(hardware.as_str()), "{hardware} is claimed twice");
            assert_eq!(catalog.measured_as(hardware).unwrap().id, system.id);
        }
    }
    assert_eq!(names.len(), 56);
    let of = |hardware| catalog.measured_as(hardware).map(|system| system.id.as_str());
    assert_eq!(of("8x A800 server"), Some("hgx-a800"));
    assert_eq!(of("AWS p5.48xlarge: HGX H100, 32x100G EFAv2"), Some("p5"));
    assert_eq!(of("an abacus"), None);
}

#[test]
fn every_chip_of_the_catalog_has_an_architecture() {
    let catalog = Catalog::builtin().unwrap();
    for chip in catalog.chips() {
        assert!(chip.architecture.is_some(), "{}", chip.id);
    }
    let of = |id| catalog.chip(id).unwrap().architecture.unwrap();
    assert_eq!(of("h800"), Architecture::Hopper);
    assert_eq!(of("l40s"), Architecture::Ada);
    // A library tunes the workstation Blackwell for other paths than the one with NVLink.
    assert_eq!(of("rtx-pro-6000"), Architecture::BlackwellClient);
    assert_eq!(of("b300"), Architecture::Blackwell);
    assert_eq!(of("atlas-350"), Architecture::Ascend950);
}

#[test]
fn servers_say_what_carries_their_messages() {
    let catalog = Catalog::builtin().unwrap();
    for system in catalog.systems().filter(|system| system.kind == SystemKind::Server) {
        let known = system.scale_up_transport().is_some();
        assert_eq!(known, system.chips() > 1, "{}", system.id);
    }
    let of = |id| {
        let system = catalog.system(id).unwrap();
        (system.scale_up_transport(), system.scale_out_transport(), system.cpu)
    };
    let nvlink = Some(Transport::Nvlink);
    assert_eq!(of("dgx-h100"), (nvlink, Some(Transport::Infiniband), Some(Cpu::Intel)));
    assert_eq!(of("p5"), (nvlink, Some(Transport::EfaV2), Some(Cpu::Amd)));
    assert_eq!(of("alps"), (nvlink, Some(Transport::Slingshot), Some(Cpu::Grace)));
    assert_eq!(of("gb200-ib"), (None, Some(Transport::Infiniband), Some(Cpu::Grace)));
    // A cluster grows at its outermost level.
    assert_eq!(of("colossus"), (nvlink, Some(Transport::Roce), None));
}

#[test]
fn servers_with_a_network_can_be_joined() {
    let catalog = Catalog::builtin().unwrap();
    let mut alone = Vec::new();
    for system in catalog.systems().filter(|system| system.kind == SystemKind::Server) {
        if system.scale_out.is_none() {
            alone.push(system.id.as_str());
            continue;
        }
        let chip = catalog.chip_of(system).unwrap();
        for end in [End::Best, End::Middle, End::Worst] {
            let pair = system.replicated(chip, 2, end);
            let pair = pair.unwrap_or_else(|error| panic!("{}: {error}", system.id));
            assert_eq!(pair.devices(), 2 * system.chips() * chip.devices);
        }
    }
    let expected =
        ["arc-pro-b60-x4", "cerebras-cs3", "h100-pcie-x2", "mlu590-x8", "rtx-pro-6000d-x8"];
    assert_eq!(alone, expected);
}

/// Without a switch, a chip's links are dealt out among its peers.
#[test]
fn a_mesh_of_four_gives_every_pair_a_third_of_the_links() {
    let catalog = Catalog::builtin().unwrap();
    // Payload of a link of 25 GB/s, by NCCL's constants of each generation.
    let meshes = [
        ("nig-v100", 2, 20_000_000_000),
        ("polaris", 4, 20_000_000_000),
        ("snellius-h100", 6, 20_600_000_000),
        ("alps", 6, 20_600_000_000_u64),
    ];
    for (id, links, payload) in meshes {
        let system = catalog.system(id).unwrap();
        let fabric = system.fabric(catalog.chip_of(system).unwrap(), End::Middle).unwrap();
        for peer in 1..4 {
            let route = fabric.route(0, peer);
            assert_eq!(
                (route.level, route.rate.bytes_per_s()),
                (0, links * payload),
                "{id} to {peer}"
            );
        }
    }
}

#[test]
fn words_are_spelled_as_they_are_printed() {
    for (words, count) in [
        (Architecture::ALL.iter().map(ToString::to_string).collect::<BTreeSet<_>>(), 24),
        (Transport::ALL.iter().map(ToString::to_string).collect(), 18),
        (Cpu::ALL.iter().map(ToString::to_string).collect(), 4),
    ] {
        assert_eq!(words.len(), count, "a word is there twice, or the lists have changed");
        assert!(words.iter().all(|word| !word.contains(char::is_whitespace)));
    }
    assert_eq!(Architecture::Davinci910b.as_str(), "davinci-910b");
}

const SERVER: &str = r#"
[system.mine]
name = "My machine"
vendor = "me"
kind = "server"
year = 2026
status = "imagined"
chip = "h100"
chips = 8
cpu = "amd"
measured-as = ["my bench", "the other bench"]
source = "my own measurements"
confidence = "measured"

[[system.mine.level]]
name = "node"
kind = "switch"
transport = "nvlink"
size = 8
bandwidth = "450GB/s"
latency = "700ns"
"#;

#[test]
fn a_users_machine_has_the_same_words() {
    let mut catalog = Catalog::builtin().unwrap();
    catalog.add("mine.toml", SERVER).unwrap();
    let system = catalog.measured_as("the other bench").unwrap();
    assert_eq!((system.id.as_str(), system.cpu), ("mine", Some(Cpu::Amd)));
    assert_eq!(system.scale_up_transport(), Some(Transport::Nvlink));
    assert_eq!(system.scale_out_transport(), None);
}

/// The error after replacing `from` by `to` contains all of `parts`.
#[track_caller]
fn check(from: &str, to: &str, parts: &[&str]) {
    assert!(SERVER.contains(from), "{from}");
    let text = SERVER.replacen(from, to, 1);
    let mut catalog = Catalog::builtin().expect("the catalog loads");
    let error = catalog.add("mine.toml", &text).expect_err("the text is wrong").to_string();
    for part in parts {
        assert!(error.contains(part), "`{part}` is not in `{error}`");
    }
}

#[test]
fn unknown_words_and_names_that_are_taken_show_line_and_column() {
    check("\"nvlink\"", "\"nvlnk\"", &["line 18, column 13", "unknown variant `nvlnk`", "`efa`"]);
    check("\"amd\"", "\"via\"", &["line 10, column 7", "unknown variant `via`", "`grace`"]);
    check("the other bench", "my bench", &["mine.toml:11:28", "lists `my bench` twice"]);
    check("my bench", "", &["mine.toml:11:16", "is empty"]);
    check("my bench", "my\\nbench", &["mine.toml:11:16", "a control character"]);
    let parts = ["mine.toml:11:28", "`hgx-a800` stands for the measurements of `8x A800 server`"];
    check("the other bench", "8x A800 server", &parts);
    let chip = "[chip.tiny]\nname = \"Tiny\"\nvendor = \"me\"\nyear = 2026\nstatus = \"imagined\"\n\
                architecture = \"hoper\"\nsource = \"me\"\nconfidence = \"user\"\n";
    let error = Catalog::builtin().unwrap().add("tiny.toml", chip).unwrap_err().to_string();
    assert!(error.contains("line 6, column 16") && error.contains("`hopper`"), "{error}");
}
