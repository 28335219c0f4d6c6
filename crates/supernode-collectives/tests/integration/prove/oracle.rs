//! Rounds, volumes and messages of newer algorithms against what an independent generator counted,
//! in `tests/data/oracle.csv`: volumes are multiples of the large buffer, to three digits.

use supernode_collectives::prove::{Options, prove_algorithm};
use supernode_collectives::{Algorithm, Collective, Tuning};

const ORACLE: &str = include_str!("../../data/oracle.csv");

#[test]
fn proofs_count_what_the_generator_counted() {
    let mut rows = 0;
    for line in ORACLE.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(',').collect();
        let [name, collective, ranks, rounds, _, sent, received, messages, fan, identical] =
            fields[..]
        else {
            panic!("{line}: ten fields");
        };
        // A number after a colon is that of slices, or the radix.
        let (name, number) = name.split_once(':').unwrap_or((name, "1"));
        let number = number.parse().unwrap();
        let algorithm: Algorithm = name.parse().unwrap();
        let collective: Collective = collective.parse().unwrap();
        let ranks: u32 = ranks.parse().unwrap();
        let tuning = Tuning { slices: number, radix: number, ..Tuning::default() };
        let proof = prove_algorithm(algorithm, collective, ranks, &tuning, &Options::default());
        let proof = proof.unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(proof.holds(), "{line}: {:?}", proof.findings);
        let cost = &proof.cost;
        // The generator lets all ranks wait for what folds, and few of them have to.
        let (rounds, waits) = (rounds.parse::<u32>().unwrap(), Algorithm::RecursiveMultiplying);
        assert!(cost.rounds == rounds || algorithm == waits && cost.rounds < rounds, "{line}");
        // Swing sends each block by itself, where the generator counts rounds.
        if algorithm != Algorithm::Swing {
            assert_eq!(cost.messages, messages.parse::<u64>().unwrap(), "{line}");
        }
        // Lanes send side by side.
        let peers = cost.fan_out.max(cost.fan_in) * proof.shape.lanes;
        let fan = fan.parse::<u32>().unwrap();
        assert!(peers == fan || algorithm == waits && peers > fan, "{line}: {peers}");
        for (chunks, volume) in [(cost.sent, sent), (cost.received, received)] {
            let counted = chunks as f64 / cost.chunks as f64;
            let volume: f64 = volume.parse().unwrap();
            assert!((counted - volume).abs() < 6e-4, "{line}: {counted}");
        }
        if let Ok(identical) = identical.to_ascii_lowercase().parse::<bool>() {
            assert_eq!(proof.summation.bit_identical, identical, "{line}");
        }
        rows += 1;
    }
    assert!(rows > 0);
}
