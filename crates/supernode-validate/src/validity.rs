//! The page that says how far to trust the library profiles: written by `cargo xtask validity`, and
//! by nobody's hand.

mod compared;
mod errors;
mod failures;
mod never;
mod parameters;

use std::fmt::Write;

use supernode_library::costs::Costs;

use crate::{Bench, By, Held, Section};

pub use compared::compared;
pub use never::never;
pub use parameters::parameters;

/// Where the overall figures stand on the page and in the README.
pub const MARKS: [&str; 2] = ["<!-- overall figures -->", "<!-- end of them -->"];

/// What the page is made from.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// All rows with their hardware.
    pub bench: &'a Bench<'a>,
    /// Predicted without the machine.
    pub machine: Held<'a>,
    /// Predicted without the family.
    pub family: Held<'a>,
    /// Predicted from up to 4 nodes.
    pub scale: Held<'a>,
    /// Fitted on.
    pub fitted: Held<'a>,
}

impl<'a> Evidence<'a> {
    /// Fits and predicts everything, on `threads`.
    pub fn gather(bench: &'a Bench<'a>, priors: &Costs, costs: &Costs, threads: usize) -> Self {
        let crossed = |by| Held::crossed(bench, priors, by, threads, &|_, _| ());
        Self {
            bench,
            machine: crossed(By::Machine),
            family: crossed(By::Family),
            scale: crossed(By::Scale(4)),
            fitted: Held::fitted(bench, costs),
        }
    }

    /// The page.
    pub fn page(&self, costs: &Costs) -> String {
        let bench = self.bench;
        let section = |held: &Held<'_>| held.section(bench.curves, 0);
        let [machine, family, scale, fitted] =
            [&self.machine, &self.family, &self.scale, &self.fitted].map(section);
        let mut text = String::from(
            "# How far to trust it\n\nThis page is written by `cargo xtask validity`; the figures are \
             those of `supernode validate`.\n\n",
        );
        let mut part = |part: &str| {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{}\n", part.trim_end());
        };
        part(&never(bench));
        part(&overall(&machine, &family, &scale, &fitted));
        part(&compared(bench));
        part(CHOSEN);
        part("## The errors, predicted");
        part(&errors::table(
            "Without its machine: every row from constants fitted without that machine.",
            &machine,
        ));
        part(&errors::table(
            "Without its family, all chips of its architecture: what other families have in common is left.",
            &family,
        ));
        part(&errors::table(
            "By scale: fitted on up to 4 nodes, predicted for 8 and more (to 64).",
            &scale,
        ));
        part(&errors::judged(&machine));
        part(&fitted_table(&fitted));
        part(&failures::known(self));
        part(&errors::beyond(&machine));
        part(&parameters(bench, costs));
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

/// What cross-validation does not undo.
const CHOSEN: &str = "\
## How the model was chosen

About forty forms of the cost model were tried on these same curves and their errors looked at each
time: how synchronisation and bytes combine, whether channels have a rate of their own, how pipelines
fill, which constants are leashed and how hard. The form that did well was kept. Rows to leave out of
fits, and priors that nobody published (NVLS, launches on CDNA, the payload of NICs), were settled the
same way. Every prediction below is made without its own rows, but the form was not: expect curves that
were not on the table to be missed by more than these figures say.

Scored, but not fitted on: NCCL before 2.12 where newer rows exist, MI300X virtual functions up to
16 MiB, RCCL below 1 KiB, gathers of blocks not aligned to 16 bytes, nodes without GPUDirect or with
unknown NICs, rows that launches of one process may hide, suspect and busbw-only rows.

**A forced ring with LL128 over nodes is where NCCL's own estimate and the rows contradict each other.**
NCCL counts 1.9 us for a step within a node and 4.0 us for one between nodes, with 2 (nodes - 1) of the
latter: 75 us for 1 KiB on 2 nodes of 8, 183 us on 5, 2.2 ms on 64. Measured are 157 us on 2 x 8 H100
(InfiniBand, 1 MiB, NVIDIA/nccl-tests issue 309) and 355 us on 5 x 8 (RoCE, 1 MiB, NVIDIA/nccl issue
1368), and 93 us with LL on 2 x 8 A100 (64 B, NVIDIA/nccl issue 812), where NCCL counts 22 us. A chunk
crosses 4 times on 2 nodes and 10 times on 5, as the ring's schedule does when it is run; with NCCL's
1.9 us for the other steps that leaves about 20 us a crossing for both H100 machines, twice what a tree
pays. Neither launches nor bases account for it: they are charged once. The model therefore says 4.5 ms
for 64 nodes, twice NCCL's figure, and no row of more than 5 nodes tells which is right.
";

/// The errors on rows that the shipped `costs` were fitted on, as the page has them.
pub fn fitted(bench: &Bench<'_>, costs: &Costs) -> String {
    fitted_table(&Held::fitted(bench, costs).section(bench.curves, 0))
}

fn fitted_table(section: &Section) -> String {
    let title = "The shipped constants on the rows that they were fitted on.";
    let table = errors::table(title, section);
    format!(
        "## The errors, fitted on\n\nNot a measure of trust: the constants have seen these rows.\n\n{table}"
    )
}

/// The overall figures, as the README has them, too.
fn overall(machine: &Section, family: &Section, scale: &Section, fitted: &Section) -> String {
    let [begin, end] = MARKS;
    let named = [
        ("predicted, without the machine", machine),
        ("predicted, without the family", family),
        ("predicted, 8 nodes and more from up to 4", scale),
        ("fitted on", fitted),
    ];
    let mut text = format!(
        "{begin}\nMedian over votes of |predicted / measured - 1|, and the error that nine tenths of them \
         do not pass:\n\n| all library rows | below 64 KiB | to 16 MiB | above 16 MiB |\n|---|---|---|---|\n"
    );
    for (name, section) in named {
        let cells = errors::short(&section.overall);
        let _ = writeln!(text, "| {name} | {cells} |");
    }
    for group in machine.targets.iter().filter(|group| group.group.starts_with("NVIDIA")) {
        let cells = errors::short(group);
        let _ = writeln!(text, "| {}, predicted without the machine | {cells} |", group.group);
    }
    text + end
}
