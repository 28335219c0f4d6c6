//! A schedule whose steps are written out: what a program recorded, what a file says, what a test breaks.

use crate::{Action, CollectiveError, Ports, Rank, Schedule, Shape, Step, prove};

/// The steps of every lane of every rank. Unlike a function it grows with what it holds: about 100
/// bytes a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    shape: Shape,
    lanes: Vec<Vec<Step>>,
    in_flight: u64,
}

impl Table {
    /// The schedule in which lane `l` of rank `r` takes the steps `lanes[r * shape.lanes + l]`.
    ///
    /// What `shape` says of ports is worked out from the steps. Whether they compute what the
    /// collective asks for is for [`prove`](prove::prove) to say.
    ///
    /// # Errors
    /// [`CollectiveError::Table`] if there are more or fewer lanes, or a step makes no sense by itself:
    /// it names a rank, a chunk or a step that does not exist, or its halves differ in length.
    pub fn new(shape: Shape, lanes: Vec<Vec<Step>>) -> Result<Self, CollectiveError> {
        let error = |what: String| CollectiveError::Table { what };
        let wanted = u64::from(shape.ranks) * u64::from(shape.lanes);
        if lanes.len() as u64 != wanted {
            let given = lanes.len();
            return Err(error(format!("it has {given} lanes, but ranks x lanes is {wanted}")));
        }
        if let Some(lane) = lanes.iter().position(|steps| u32::try_from(steps.len()).is_err()) {
            return Err(error(format!("lane {lane} has 2^32 steps or more")));
        }
        let in_flight = lanes.iter().map(|steps| most_ahead(steps)).sum::<u64>();
        let in_flight = in_flight.div_ceil(u64::from(shape.ranks.max(1)));
        let ports = if is_fixed(shape, &lanes) { Ports::Fixed } else { Ports::Contended };
        let table = Self { shape: Shape { ports, ..shape }, lanes, in_flight };
        match prove::malformed(&table) {
            Some(finding) => Err(error(finding.to_string())),
            None => Ok(table),
        }
    }

    /// All steps of `schedule`, written out.
    ///
    /// # Errors
    /// As [`Table::new`].
    pub fn of(schedule: &dyn Schedule) -> Result<Self, CollectiveError> {
        let shape = schedule.shape();
        let steps = |rank, lane| {
            (0..schedule.steps(rank, lane)).map(move |i| schedule.step(rank, lane, i)).collect()
        };
        let lanes = (0..shape.ranks).flat_map(|rank| (0..shape.lanes).map(move |l| (rank, l)));
        Self::new(shape, lanes.map(|(rank, lane)| steps(rank, lane)).collect())
    }

    fn lane(&self, rank: Rank, lane: u32) -> &[Step] {
        &self.lanes[rank as usize * self.shape.lanes as usize + lane as usize]
    }
}

impl Schedule for Table {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn steps(&self, rank: Rank, lane: u32) -> u32 {
        self.lane(rank, lane).len() as u32
    }

    fn step(&self, rank: Rank, lane: u32, index: u32) -> Step {
        self.lane(rank, lane)[index as usize]
    }

    fn in_flight(&self) -> u64 {
        self.in_flight
    }
}

/// What a lane sends at most before it has taken as many.
fn most_ahead(steps: &[Step]) -> u64 {
    let mut now = 0_i64;
    let halves = steps.iter().flat_map(|step| step.action.messages());
    let most = halves.map(|change| {
        now += change;
        now
    });
    most.max().unwrap_or(0).max(0).unsigned_abs()
}

/// Whether messages reach every port in program order on any fabric: one lane, two-sided, and each rank
/// has one sender. Receives that are awaited together would do, too, but that is not looked for.
fn is_fixed(shape: Shape, lanes: &[Vec<Step>]) -> bool {
    let one_sender = |steps: &Vec<Step>| {
        let mut sender = None;
        steps.iter().all(|step| match step.action {
            _ if step.after.is_some() => false,
            Action::Recv { from, .. }
            | Action::Forward { from, .. }
            | Action::Exchange { from, .. } => *sender.get_or_insert(from) == from,
            Action::Send { .. } | Action::Copy { .. } | Action::Reduce { .. } => true,
            _ => false,
        })
    };
    shape.lanes == 1 && lanes.iter().all(one_sender)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::prove::{Options, prove};
    use crate::{Algorithm, Collective, Span, Tuning};

    proptest! {
        /// Written out, a schedule is the same to the prover.
        #[test]
        fn a_table_proves_what_its_function_proves(
            algorithm in prop::sample::select(Algorithm::ALL.to_vec()),
            collective in prop::sample::select(Collective::ALL.to_vec()),
            ranks in 1_u32..=17,
        ) {
            let tuning = Tuning { slices: 2, ..Tuning::default() };
            let Ok(schedule) = algorithm.schedule(collective, ranks, &tuning) else { return Ok(()) };
            let table = Table::of(&*schedule).unwrap();
            let ports = schedule.shape().ports;
            let mut proof = prove(&table, &Options::default()).unwrap();
            proof.shape.ports = ports;
            prop_assert_eq!(proof, prove(&*schedule, &Options::default()).unwrap());
        }
    }

    /// A schedule that is said to have fixed ports may do more than is looked for, never less.
    #[test]
    fn ports_that_look_fixed_are_said_to_be() {
        for algorithm in Algorithm::ALL {
            for collective in Collective::ALL {
                for (slices, ranks) in (1..4).flat_map(|slices| (1..=17).map(move |n| (slices, n)))
                {
                    let tuning = Tuning { slices, ..Tuning::default() };
                    let made = algorithm.schedule(collective, ranks, &tuning);
                    let Ok(schedule) = made else { continue };
                    let looks = Table::of(&*schedule).unwrap().shape().ports;
                    let said = schedule.shape().ports;
                    let case = format!("{algorithm} {collective} {slices} {ranks}");
                    assert!(looks != Ports::Fixed || said != Ports::Contended, "{case}");
                }
            }
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let shape =
            Shape { input_chunks: 1, output_chunks: 1, ..Shape::new(Collective::AllReduce, 2) };
        let error = Table::new(shape, vec![Vec::new()]).unwrap_err().to_string();
        assert_eq!(error, "this is no schedule: it has 1 lanes, but ranks x lanes is 2");
        let send = |to, first| vec![Action::Send { to, src: Span::input(first, 1) }.into()];
        let error = Table::new(shape, vec![send(1, 1), Vec::new()]).unwrap_err().to_string();
        assert!(error.contains("rank 0 lane 0 step 0"), "{error}");
        assert!(Table::new(shape, vec![send(2, 0), Vec::new()]).is_err());
        assert!(Table::new(Shape { ranks: 0, ..shape }, Vec::new()).is_err());
        assert!(Table::new(Shape { lanes: 0, ..shape }, Vec::new()).is_err());
    }
}
