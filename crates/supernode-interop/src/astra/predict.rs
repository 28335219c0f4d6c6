//! Chunks, dimensions, and which form applies.

use super::model::Model;
use super::{
    AstraError, Backend, Collective, Network, Optimization, System, direct, halving, ring,
};

/// What a collective takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prediction {
    /// When it is over, on every NPU, in nanoseconds ("cycles" of ASTRA-sim).
    pub finish_ns: u64,
    /// NPUs that take part.
    pub npus: u32,
    /// Number of chunks.
    pub chunks: u64,
    /// Bytes of each; a remainder is rounded up to a whole one.
    pub chunk_bytes: u64,
}

/// Times one collective of `bytes` on all NPUs as ASTRA-sim does.
///
/// ```
/// use supernode_interop::astra::{Backend, Collective, Network, System, predict};
///
/// let network = Network::from_yaml(
///     "topology: [ Switch ]\nnpus_count: [ 8 ]\nbandwidth: [ 50 ]\nlatency: [ 500 ]\n",
/// )?;
/// let system = System::from_json(
///     r#"{"endpoint-delay": 10, "preferred-dataset-splits": 1, "local-mem-bw": 1600,
///         "all-reduce-implementation": ["ring"]}"#,
/// )?;
/// let mebibyte = 1 << 20;
/// let unaware = predict(&network, &system, Backend::Unaware, Collective::AllReduce, mebibyte)?;
/// assert_eq!(unaware.finish_ns, 50_025);
/// # Ok::<(), supernode_interop::astra::AstraError>(())
/// ```
///
/// # Errors
/// If the system says nothing about the collective, or if no exact form is known.
pub fn predict(
    network: &Network,
    system: &System,
    backend: Backend,
    collective: Collective,
    bytes: u64,
) -> Result<Prediction, AstraError> {
    let dimensions = &network.dimensions;
    if let Some(one) = dimensions.iter().find(|one| one.npus < 2) {
        let what = format!("a dimension has {} NPUs; give it 2 or more", one.npus);
        return Err(AstraError::network(what));
    }
    if system.splits == 0 || system.active_chunks == 0 {
        return Err(AstraError::system("chunks are split by 0 or none is active; give 1 or more"));
    }
    let names = system.implementation(collective);
    if names.len() != dimensions.len() {
        return Err(AstraError::system(format!(
            "`{collective}-implementation` has {} names and the network {} dimensions (ASTRA-sim \
             silently leaves out the others); give one per dimension",
            names.len(),
            dimensions.len()
        )));
    }
    let npus = network.npus();
    let (chunk_bytes, chunks) = split(system, collective, bytes, npus)?;
    let models: Vec<Model> =
        dimensions.iter().map(|dimension| Model::new(backend, *dimension, system)).collect();
    let time = match (models.as_slice(), names) {
        ([model], [name]) => one_dimension(model, name, system, collective, (chunk_bytes, chunks))?,
        _ => several(&models, names, system, collective, (chunk_bytes, chunks))?,
    };
    let finish_ns = u64::try_from(time).ok().filter(|ns| *ns < 1 << 63);
    Ok(Prediction { finish_ns: finish_ns.ok_or(AstraError::TooLong)?, npus, chunks, chunk_bytes })
}

/// Size and number of chunks.
fn split(
    system: &System,
    collective: Collective,
    bytes: u64,
    npus: u32,
) -> Result<(u64, u64), AstraError> {
    let chunk = bytes / system.splits;
    if chunk < u64::from(npus) && collective != Collective::AllGather {
        return Ok((npus.into(), system.splits));
    }
    if chunk == 0 {
        let what = format!("{bytes} bytes in {} chunks are less than a byte each", system.splits);
        return Err(AstraError::system(format!("{what}; lower `preferred-dataset-splits`")));
    }
    Ok((chunk, bytes.div_ceil(chunk)))
}

fn one_dimension(
    model: &Model,
    name: &str,
    system: &System,
    collective: Collective,
    (chunk, chunks): (u64, u64),
) -> Result<u128, AstraError> {
    match name {
        "ring" => {
            let alone = ring::time(model, collective, chunk)?;
            in_waves(model, alone, system, collective, (chunk, chunks))
        }
        "direct" | "halvingDoubling" if chunks > 1 => Err(AstraError::unsupported(
            format!("`{name}` with {chunks} chunks"),
            "set `preferred-dataset-splits` to 1, or use `ring`",
        )),
        "direct" => direct::time(model, collective, chunk),
        "halvingDoubling" => halving::time(model, collective, chunk),
        _ => Err(AstraError::unsupported(
            format!("`{name}` for {collective}"),
            "use `ring`, `direct` or `halvingDoubling`",
        )),
    }
}

/// Chunks of a ring, as many at a time as the system allows.
///
/// The unaware model runs a wave in the time of one chunk. In the aware one, chunks that meet at a
/// link delay each other by one serialisation each, once, as long as all of a wave fit one step.
fn in_waves(
    model: &Model,
    alone: u128,
    system: &System,
    collective: Collective,
    (chunk, chunks): (u64, u64),
) -> Result<u128, AstraError> {
    let active = system.active_chunks.min(chunks);
    let waves = u128::from(chunks.div_ceil(active));
    let total = waves.checked_mul(alone).ok_or(AstraError::TooLong)?;
    if model.backend == Backend::Unaware || active == 1 {
        return Ok(total);
    }
    let bytes = ring::message_bytes(model, collective, chunk);
    let (step, serial) = (ring::step(model, bytes)?, model.serial(bytes)?);
    if chunks % active != 0 || u128::from(active) * serial >= step {
        return Err(AstraError::unsupported(
            format!(
                "congestion-aware `ring` with {active} of {chunks} chunks in flight, which queue"
            ),
            "set `active-chunks-per-dimension` to 1",
        ));
    }
    total.checked_add(u128::from(active - 1) * serial).ok_or(AstraError::TooLong)
}

/// Reduce-scatter inwards, all-reduce on the last dimension, all-gather back.
fn several(
    models: &[Model],
    names: &[String],
    system: &System,
    collective: Collective,
    (chunk, chunks): (u64, u64),
) -> Result<u128, AstraError> {
    let what = |what: &str| format!("{what} on {} dimensions", models.len());
    let refuse = |text: String, instead| Err(AstraError::unsupported(text, instead));
    let Some((last, inner)) = models.split_last() else {
        return Err(AstraError::network("there is no dimension; give one or more"));
    };
    if last.backend == Backend::Aware {
        return refuse(what("congestion-aware"), "ASTRA-sim has one; use the unaware back end");
    }
    if collective != Collective::AllReduce {
        return refuse(what(collective.name()), "use all-reduce or one dimension");
    }
    if let Some(name) = names.iter().find(|name| *name != "ring") {
        return refuse(what(&format!("`{name}`")), "use `ring` on all");
    }
    if system.optimization != Some(Optimization::LocalBwAware) {
        let instead = "set `collective-optimization` to `localBWAware`";
        return refuse(what("all-reduce without `localBWAware`"), instead);
    }
    if chunks > 1 {
        let instead = "set `preferred-dataset-splits` to 1";
        return refuse(what(&format!("{chunks} chunks")), instead);
    }
    let (mut data, mut time) = (chunk, 0);
    for model in inner {
        time += ring::time(model, Collective::ReduceScatter, data)?;
        data /= u64::from(model.dimension.npus);
        // The way back gathers what this dimension passes on.
        time += ring::time(model, Collective::AllGather, data)?;
    }
    Ok(time + ring::time(last, Collective::AllReduce, data)?)
}
