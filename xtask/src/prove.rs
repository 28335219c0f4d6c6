//! The long proof: schedules that a seed chooses, up to hundreds of ranks, for as long as one likes.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use supernode_collectives::prove::{Options, Order, memory_needed, prove_algorithm};
use supernode_collectives::{Algorithm, Collective, Inner, Tuning, fit_levels};
use xshell::{Shell, cmd};

const PAGE: &str = "docs/src/proof-run.md";
const MAX_RANKS: u64 = 300;
/// What one case may take, so that two of them fit a small machine.
const MAX_BYTES: u64 = 1 << 30;

/// What a run may take, and its seed.
pub(crate) struct Limits {
    pub(crate) minutes: u64,
    pub(crate) cases: u64,
    pub(crate) seed: u64,
}

/// One schedule to prove.
#[derive(Debug)]
struct Case {
    algorithm: Algorithm,
    collective: Collective,
    ranks: u32,
    tuning: Tuning,
    order: u64,
}

/// What was proved of one algorithm.
#[derive(Debug, Default, Clone, Copy)]
struct Proved {
    cases: u64,
    most_ranks: u32,
    messages: u64,
}

type Table = BTreeMap<&'static str, Proved>;

/// The finaliser of splitmix64.
pub(crate) fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Case {
    /// Case `index` of `seed`: the same whoever asks, and whenever.
    fn new(seed: u64, index: u64) -> Self {
        let mut state = mix(seed ^ mix(index));
        let mut below = |most: u64| {
            state = mix(state);
            state % most
        };
        let algorithm = Algorithm::ALL[below(Algorithm::ALL.len() as u64) as usize];
        let collective = Collective::ALL[below(Collective::ALL.len() as u64) as usize];
        // Half of them have few ranks, where most of what can be wrong is.
        let most = if below(2) == 0 { 32 } else { MAX_RANKS };
        let ranks = 1 + below(most) as u32;
        let collective = collective.with_root(below(u64::from(ranks)) as u32);
        let inners = [Inner::Ring, Inner::Direct, Inner::InSwitch];
        let mut level = || (2 + below(8) as u32, inners[below(3) as usize]);
        let levels = fit_levels(ranks, &[level(), level(), level()]);
        let (slices, radix) = (1 + below(4) as u32, 2 + below(7) as u32);
        let tuning = Tuning { slices, levels, radix };
        Self { algorithm, collective, ranks, tuning, order: below(u64::MAX) }
    }

    /// Proves the case in two orders of execution. None if there is no such schedule, or no room for it.
    fn check(&self) -> Result<Option<Proved>> {
        let Self { algorithm, collective, ranks, tuning, order } = self;
        let Ok(schedule) = algorithm.schedule(*collective, *ranks, tuning) else { return Ok(None) };
        if memory_needed(&*schedule).0 > MAX_BYTES {
            return Ok(None);
        }
        let prove = |order| {
            let options = Options { order, ..Options::default() };
            prove_algorithm(*algorithm, *collective, *ranks, tuning, &options)
        };
        let (fair, random) = (prove(Order::Fair)?, prove(Order::Random(*order))?);
        let wrong = |what: String| bail!("{what}: {self:?}");
        if let Some(finding) = fair.findings.first().or(random.findings.first()) {
            return wrong(finding.to_string());
        }
        let result = |proof: &supernode_collectives::prove::Proof| {
            (proof.summation, proof.cost, proof.least_depth)
        };
        if result(&fair) != result(&random) {
            return wrong("two orders of execution differ".to_owned());
        }
        if fair.summation.bit_identical != fair.shape.bit_identical {
            return wrong("what it promises of equal bits is not so".to_owned());
        }
        let shares = [fair.cost.latency_share(&fair.shape), fair.cost.bandwidth_share(&fair.shape)];
        if shares.iter().any(|share| *share > 1.0) {
            return wrong(format!("it beats a lower bound: {shares:?}"));
        }
        Ok(Some(Proved { cases: 1, most_ranks: *ranks, messages: fair.cost.messages }))
    }
}

/// Proves for the time given, and writes the page of the book.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let limits = Limits { minutes: 60, cases: 100_000, seed: 0 }.read("prove", arguments)?;
    let begin = now();
    let until = begin + Duration::from_secs(60 * limits.minutes);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    // Cases that were drawn, and those of them that exist.
    let (drawn, found) = (AtomicU64::new(0), AtomicU64::new(0));
    let parts: Vec<Result<Table>> = std::thread::scope(|scope| {
        let work = || work(&limits, &drawn, &found, until);
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let gone = |_| Err(anyhow::anyhow!("a proof panicked"));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(gone)).collect()
    });
    let mut table = Table::new();
    for part in parts {
        for (name, proved) in part? {
            table.entry(name).or_default().add(proved);
        }
    }
    let sh = Shell::new()?;
    let date = cmd!(sh, "date -u +%Y-%m-%d").read()?;
    sh.write_file(PAGE, page(&table, &limits, &date, now() - begin))?;
    Ok(())
}

/// Takes case after case until there are enough, time is over, or one fails.
fn work(limits: &Limits, drawn: &AtomicU64, found: &AtomicU64, until: Instant) -> Result<Table> {
    let mut table = Table::new();
    let mut proved = |index| -> Result<bool> {
        let case = Case::new(limits.seed, index);
        let what = || format!("case {index} of seed {}", limits.seed);
        let Some(proved) = case.check().with_context(what)? else { return Ok(false) };
        table.entry(case.algorithm.name()).or_default().add(proved);
        Ok(true)
    };
    while found.load(Ordering::Relaxed) < limits.cases && now() < until {
        match proved(drawn.fetch_add(1, Ordering::Relaxed)) {
            Ok(exists) => found.fetch_add(u64::from(exists), Ordering::Relaxed),
            Err(error) => {
                // Others need not go on.
                found.store(limits.cases, Ordering::Relaxed);
                return Err(error);
            }
        };
    }
    Ok(table)
}

impl Proved {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.most_ranks = self.most_ranks.max(other.most_ranks);
        self.messages += other.messages;
    }
}

impl Limits {
    /// These, unless the arguments of `chore` say otherwise.
    pub(crate) fn read(mut self, chore: &str, arguments: &[String]) -> Result<Self> {
        let usage = format!(
            "usage: cargo xtask {chore} [--minutes N] [--cases N] [--seed N], whole numbers"
        );
        for pair in arguments.chunks(2) {
            let [name, value] = pair else { bail!("{usage}") };
            let value: u64 = value.parse().with_context(|| usage.clone())?;
            match name.as_str() {
                "--minutes" if value <= 10_000 => self.minutes = value,
                "--cases" if value <= 1 << 30 => self.cases = value,
                "--seed" => self.seed = value,
                _ => bail!("{usage}"),
            }
        }
        Ok(self)
    }
}

#[expect(clippy::disallowed_methods, reason = "how long the host has worked is what is limited")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

fn page(table: &Table, limits: &Limits, date: &str, took: Duration) -> String {
    let mut all = Proved::default();
    for proved in table.values() {
        all.add(*proved);
    }
    let mut text = format!(
        "# The last long proof\n\n\
         Written by `cargo xtask prove --minutes {} --cases {} --seed {}` on {date}, in {} s.\n\n\
         **{} random schedules, {} messages, nothing wrong.** ",
        limits.minutes,
        limits.cases,
        limits.seed,
        took.as_secs(),
        all.cases,
        all.messages
    );
    if all.cases < limits.cases {
        let _ = write!(text, "Time was over before all {} were proved. ", limits.cases);
    }
    let _ = write!(
        text,
        "Each is an algorithm, a collective, a root, slices, a radix and levels that the seed chooses, on 1 to \
         {MAX_RANKS} ranks, half of them on at most 32; what does not exist, or would take more than 1 GiB, is \
         left out. Each is proved in two orders of execution: data, deadlock, races, the promise of equal bits, \
         the closed formulas, and that no lower bound is beaten; the two orders agree in the digest of all \
         results, in cost and in depth.\n\n\
         | algorithm | schedules | most ranks | messages |\n|---|---|---|---|\n"
    );
    for (name, Proved { cases, most_ranks, messages }) in table {
        let _ = writeln!(text, "| {name} | {cases} | {most_ranks} | {messages} |");
    }
    text
}
