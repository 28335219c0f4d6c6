//! What does a session cost another simulator: the first time it is asked, and every time after?
//!
//! The limits it is held against: 5 ms for a first call of a built-in algorithm on up to 16,384 ranks,
//! 100 us for a repeated one.

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use supernode_catalog::{Catalog, End};
use supernode_collectives::{Algorithm, Collective, Group};
use supernode_engine::choose::Patience;
use supernode_engine::{Ask, Groups, Session};
use supernode_fabric::{CostModel, Placement, Profile};
use supernode_units::Time;

fn cost(ranks: u32) -> CostModel {
    let catalog = Catalog::builtin().expect("the catalog is sound");
    let system = catalog.system("atlas-960-supercluster").expect("it is in the catalog");
    let chip = catalog.chip_of(system).expect("it is in the catalog");
    let fabric = system.fabric(chip, End::Middle).expect("it has levels");
    let fabric = fabric.place(Placement::Packed, ranks).expect("they fit");
    let rates = system.device_rates(chip, End::Middle).expect("they are known");
    CostModel::new(fabric, Profile::wire(), rates).expect("it is fast enough")
}

fn ask(algorithm: Option<Algorithm>) -> Ask {
    Ask { collective: Collective::AllReduce, count: 1 << 24, element_bytes: 2, algorithm }
}

fn first_call(c: &mut Criterion) {
    let mut group = c.benchmark_group("first call, 16,384 ranks");
    group.sample_size(10);
    let cost = cost(16_384);
    let session = || Session::new(cost.clone(), Patience::PER_LAYER);
    let all = Algorithm::ALL.into_iter().map(Some).chain([None]);
    for algorithm in all.filter(|algorithm| session().time(ask(*algorithm)).is_ok()) {
        let name = algorithm.map_or("auto", Algorithm::name);
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter_batched(
                session,
                |session| session.time(ask(algorithm)),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// Tensor groups of 8 and data groups of the rest, all at once.
fn groups(ranks: u32) -> [Groups; 2] {
    let ring = ask(Some(Algorithm::Ring));
    let tensor = Group { first: 0, stride: 1, count: 8 }.copies([(ranks / 8, 8)]);
    let data = Group { first: 0, stride: 8, count: ranks / 8 }.copies([(8, 1)]);
    // The data groups begin when the tensor groups have finished.
    let late = Time::from_us(1_000_000);
    [
        Groups { ask: ring, groups: tensor, start: Time::ZERO },
        Groups { ask: ring, groups: data, start: late },
    ]
}

fn repeated_call(c: &mut Criterion) {
    let mut group = c.benchmark_group("repeated call");
    for ranks in [1024, 16_384] {
        let session = Session::new(cost(ranks), Patience::PER_LAYER);
        let ask = ask(Some(Algorithm::Ring));
        session.time(ask).expect("it has an answer");
        group
            .bench_function(BenchmarkId::new("all ranks", ranks), |b| b.iter(|| session.time(ask)));
        let calls = groups(ranks);
        session.at_once(&calls).expect("it has an answer");
        let name = format!("{} groups", calls[0].groups.len() + calls[1].groups.len());
        group.bench_function(BenchmarkId::new(name, ranks), |b| b.iter(|| session.at_once(&calls)));
    }
    group.finish();
}

fn thousands_of_groups(c: &mut Criterion) {
    let mut group = c.benchmark_group("first call, groups at once");
    group.sample_size(10);
    for ranks in [1024, 16_384] {
        let (cost, calls) = (cost(ranks), groups(ranks));
        let session = || Session::new(cost.clone(), Patience::PER_LAYER);
        group.bench_function(BenchmarkId::from_parameter(ranks), |b| {
            b.iter_batched(session, |session| session.at_once(&calls), BatchSize::PerIteration);
        });
    }
    group.finish();
}

criterion_group!(benches, first_call, repeated_call, thousands_of_groups);
criterion_main!(benches);
