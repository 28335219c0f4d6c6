//! What every rank ends with, for values and an operator of one's own.

use super::additions::Additions;
use super::expression::Value;
use super::verdict::Asked;
use super::{Options, among, run};
use crate::{CollectiveError, Rank, Schedule};

/// What `schedule` computes: for each rank the values of its output chunks, none where it has no output.
///
/// `input` gives what a rank contributes as a chunk. `combine(left, right)` is associative; if it does not
/// commute, `left` is what the lower ranks contribute. The sums are those that the schedule adds, in its
/// order: of floating-point values, bit for bit what the emulator computes.
///
/// Matrices do not commute:
///
/// ```
/// use supernode_collectives::prove::evaluate;
/// use supernode_collectives::{Chain, Collective, CollectiveError, Ring};
///
/// type Matrix = [[i64; 2]; 2];
/// let input = |rank, _chunk| [[1, i64::from(rank)], [0, 1 + i64::from(rank % 2)]];
/// let product = |a: &Matrix, b: &Matrix| {
///     [0, 1].map(|i| [0, 1].map(|j| a[i][0] * b[0][j] + a[i][1] * b[1][j]))
/// };
/// let chain = Chain::new(Collective::Reduce { root: 0 }, 5, 1)?;
/// let expected = (1..5).fold(input(0, 0), |left, rank| product(&left, &input(rank, 0)));
/// assert_eq!(evaluate(&chain, false, input, product)?[0], [expected]);
///
/// // A ring starts each chunk at another rank.
/// let ring = Ring::new(Collective::AllReduce, 5)?;
/// let refused = evaluate(&ring, false, input, product);
/// assert!(matches!(refused, Err(CollectiveError::OutOfOrder { .. })));
/// # Ok::<(), CollectiveError>(())
/// ```
///
/// # Errors
/// [`CollectiveError::Wrong`] if the schedule does not compute its collective, whatever the operator;
/// [`CollectiveError::OutOfOrder`] if the operator does not commute and a sum is not in rank order;
/// as [`super::prove`].
pub fn evaluate<T: Clone>(
    schedule: &dyn Schedule,
    commutes: bool,
    mut input: impl FnMut(Rank, u32) -> T,
    mut combine: impl FnMut(&T, &T) -> T,
) -> Result<Vec<Vec<T>>, CollectiveError> {
    let run = run(schedule, &Options { keep: 1, ..Options::default() }, false)?;
    if let Some(finding) = run.findings.list.first() {
        return Err(CollectiveError::Wrong { what: finding.to_string() });
    }
    let shape = among(schedule);
    if !commutes && !run.summation.in_rank_order {
        let (collective, ranks) = (shape.collective, shape.ranks);
        return Err(CollectiveError::OutOfOrder { collective, ranks });
    }
    let asked = Asked { shape, members: schedule.members() };
    let (memory, machine) = (&run.memory, schedule.shape().ranks);
    let additions = Additions::of(&memory.all, &asked, machine);
    let leaves = memory.all.leaf_count();
    let mut sums: Vec<T> = Vec::new();
    let mut value = |sums: &[T], value: Value| {
        let Some(sum) = value.checked_sub(leaves) else {
            let (rank, chunk) = memory.all.contribution(value);
            return input(rank, chunk);
        };
        sums[sum as usize].clone()
    };
    for (a, b) in memory.all.operands() {
        let (left, right) = additions.in_order(a, b).unwrap_or((a, b));
        let (left, right) = (value(&sums, left), value(&sums, right));
        sums.push(combine(&left, &right));
    }
    let mut outputs = vec![Vec::new(); machine as usize];
    for member in (0..shape.ranks).filter(|member| shape.collective.has_output(*member)) {
        let rank = asked.rank(member);
        let chunks = (0..shape.output_chunks).map(|chunk| memory.output(rank, chunk));
        outputs[rank as usize] = chunks.map(|chunk| value(&sums, chunk)).collect();
    }
    Ok(outputs)
}
