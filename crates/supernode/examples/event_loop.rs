//! A toy simulator of one training step that asks supernode for the time of every collective.
//!
//! This example demonstrates in particular: a session per machine, tensor and data groups that run at
//! the same time, and answers that come from memory once a layer has been seen.
//!
//! ```text
//! forward   compute, all-reduce in the tensor groups, next layer
//! backward  compute, all-reduce in the tensor groups; the gradients of the layer before are reduced
//!           in the data groups at the same time
//! ```

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use supernode::catalog::{Catalog, End};
use supernode::collectives::{Collective, Group};
use supernode::engine::choose::Patience;
use supernode::engine::{Ask, EngineError, Groups, Session};
use supernode::fabric::{CostModel, Placement, Profile};
use supernode::units::Time;

const RANKS: u32 = 512;
const TENSOR: u32 = 8;
const LAYERS: u32 = 24;
/// Elements of two bytes: activations of a layer, and its gradients on one tensor rank.
const ACTIVATIONS: u64 = 4096 * 8192;
const GRADIENTS: u64 = 12 * 8192 * 8192 / TENSOR as u64;

/// What happens at a time; events at equal times happen in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// The forward pass is through so many layers.
    Forward(u32),
    /// The backward pass has so many layers left.
    Backward(u32),
    Done,
}

fn machine() -> Result<Session, Box<dyn std::error::Error>> {
    let catalog = Catalog::builtin()?;
    let system = catalog.system("atlas-950-superpod")?;
    let chip = catalog.chip_of(system)?;
    let fabric = system.fabric(chip, End::Middle)?.place(Placement::Packed, RANKS)?;
    let cost = CostModel::new(fabric, Profile::wire(), system.device_rates(chip, End::Middle)?)?;
    Ok(Session::new(cost, Patience { messages: 1 << 20, ..Patience::PER_LAYER }))
}

fn all_reduce(count: u64, groups: Vec<Group>) -> Groups {
    let collective = Collective::AllReduce;
    let ask = Ask { collective, count, element_bytes: 2, algorithm: None };
    Groups { ask, groups, start: Time::ZERO }
}

/// Runs the step; gives its time and how many collectives it asked for.
fn step(session: &Session) -> Result<(Time, u32), EngineError> {
    let data = RANKS / TENSOR;
    let tensor = Group { first: 0, stride: 1, count: TENSOR }.copies([(data, TENSOR)]);
    let tensor = all_reduce(ACTIVATIONS, tensor);
    let gradients = Group { first: 0, stride: TENSOR, count: data }.copies([(TENSOR, 1)]);
    let gradients = all_reduce(GRADIENTS, gradients);
    let compute = Time::from_us(900);

    let (mut asked, mut end) = (0, Time::ZERO);
    let mut events = BinaryHeap::from([Reverse((Time::ZERO, Event::Forward(0)))]);
    while let Some(Reverse((now, event))) = events.pop() {
        end = now;
        let mut at_once = |calls: &[Groups]| {
            asked += 1;
            session.at_once(calls).map(|done| done.time())
        };
        let next = match event {
            Event::Forward(LAYERS) => (now, Event::Backward(LAYERS)),
            Event::Forward(layer) => {
                let reduced = at_once(std::slice::from_ref(&tensor))?;
                (now + compute + reduced, Event::Forward(layer + 1))
            }
            // The gradients of the first layer have nothing to hide behind.
            Event::Backward(0) => (now + at_once(std::slice::from_ref(&gradients))?, Event::Done),
            Event::Backward(LAYERS) => {
                let reduced = at_once(std::slice::from_ref(&tensor))?;
                (now + compute * 2 + reduced, Event::Backward(LAYERS - 1))
            }
            Event::Backward(left) => {
                // Gradients begin with the layer; its activations follow when it is computed.
                let activations = Groups { start: compute * 2, ..tensor.clone() };
                (now + at_once(&[gradients.clone(), activations])?, Event::Backward(left - 1))
            }
            Event::Done => break,
        };
        events.push(Reverse(next));
    }
    Ok((end, asked))
}

#[expect(clippy::print_stdout, reason = "an example prints")]
pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let session = machine()?;
    let (time, asked) = step(&session)?;
    println!("one step of {LAYERS} layers on {RANKS} devices: {time}, {asked} times asked");
    // Everything is known by now, and threads may share it.
    std::thread::scope(|scope| {
        let again: Vec<_> = (0..2).map(|_| scope.spawn(|| step(&session))).collect();
        for thread in again {
            let same = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            assert_eq!(same, Ok((time, asked)));
        }
    });
    Ok(())
}
