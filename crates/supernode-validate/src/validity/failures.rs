//! What the model is known to get wrong, and why, each with its figures of today.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::Evidence;
use crate::{Class, Launch, Operation, Point};

/// Something that is missed.
struct Failure {
    title: &'static str,
    why: &'static str,
    keep: fn(&Point<'_>) -> bool,
}

fn on(point: &Point<'_>, machine: &str) -> bool {
    point.curve.hardware.contains(machine)
}

const FAILURES: [Failure; 13] = [
    Failure {
        title: "AWS p4de and p3dn, the first EFA",
        why: "p3dn has no GPUDirect (every byte goes through host memory) and a library older than the \
              tables; of p4de one source does not tell the version: both measure 160 us for small \
              messages, and the model has two times for them",
        keep: |point| on(point, "p4de") || on(point, "p3dn"),
    },
    Failure {
        title: "Polaris (Slingshot), all-gather, all-reduce and all-to-all of middle sizes",
        why: "where LL gets a second channel, from 128 KiB on, a step over this network takes several \
              times as long, and hardly more up to 4 MiB; on no other network, and why is not known",
        keep: |point| on(point, "Polaris") && point.class() == Class::Middle,
    },
    Failure {
        title: "PCIe boxes with another PCIe topology (\"5K Pro\", 2 x 8)",
        why: "its NICs and switches are not laid out as in the 8-GPU box it is predicted with, whose \
              halves meet in the host: the share of a link that is left there belongs to that box",
        keep: |point| on(point, "5K Pro"),
    },
    Failure {
        title: "other PCIe boxes below 64 KiB",
        why: "there are two, with other chips and other host processors; without its own rows a box has \
              what is published of PCIe in general",
        keep: |point| {
            (on(point, "L40S") || on(point, "RTX PRO 6000")) && point.class() == Class::Latency
        },
    },
    Failure {
        title: "rows of a torch harness",
        why: "the time of Python and of the framework's own launches is in them",
        keep: |point| point.curve.notes.contains("torch") || point.curve.library.contains("torch"),
    },
    Failure {
        title: "XLA rows",
        why: "a host runtime launches and waits for every call; that is one constant here, and \
              differs from call to call there",
        keep: |point| point.curve.launch == Some(Launch::Host),
    },
    Failure {
        title: "DGX-2, all-gather and reduce-scatter with blocks not aligned to 16 bytes",
        why: "with 12 ranks blocks are not aligned; the library then copies by a slow path at about \
              half the rate, which is not modelled",
        keep: |point| {
            let blocks = u64::from(point.curve.chips) * 16;
            let gathers = [Operation::AllGather, Operation::ReduceScatter];
            gathers.contains(&point.curve.operation) && !point.bytes.is_multiple_of(blocks)
        },
    },
    Failure {
        title: "RCCL below 1 KiB",
        why: "RCCL switches its protocol twice there, by rules that are not known here",
        keep: |point| point.curve.library.starts_with("RCCL") && point.bytes < 1024,
    },
    Failure {
        title: "RCCL from 1 KiB to 16 MiB",
        why: "its tables are not in the profile: it is taken to choose the fastest of what it has, which \
              it does not; three machines of one chip do not say what is typical of them",
        keep: |point| {
            point.curve.library.starts_with("RCCL")
                && point.bytes >= 1024
                && point.class() != Class::Bandwidth
        },
    },
    Failure {
        title: "A100-SXM4-80GB without its own rows",
        why: "the other single nodes of A100 are one process for 8 devices, whose launches hide the \
              kernels of small messages, so nothing holds the start and the steps of a kernel",
        keep: |point| on(point, "NVIDIA A100-SXM4-80GB") && point.class() != Class::Bandwidth,
    },
    Failure {
        title: "all-to-all over many nodes (NDv4 x 64, NIG)",
        why: "a single rate stands for every congestion of all with all, and NIG's nodes use 2 of 4 \
              devices on NICs that the source does not state",
        keep: |point| {
            point.curve.operation == Operation::AllToAll
                && (on(point, "NDv4 x64") || on(point, "NIG"))
        },
    },
    Failure {
        title: "a forced Tree between two nodes of B200",
        why: "a tree of two nodes should pass the NICs once and reach twice a ring's rate, as NVLSTree \
              does; the plain Tree is measured at a ring's rate, and what holds it is not known",
        keep: |point| {
            on(point, "B200")
                && point.curve.nodes == Some(2)
                && point.curve.algo.starts_with("Tree")
        },
    },
    Failure {
        title: "send and receive between devices of one node of B200",
        why: "the large messages measured there use more of the links than any other machine's do",
        keep: |point| {
            on(point, "B200")
                && point.curve.nodes == Some(1)
                && point.curve.operation == Operation::SendRecv
        },
    },
];

/// The section.
pub(super) fn known(evidence: &Evidence<'_>) -> String {
    let mut text = String::from(
        "## Known failures, and why\n\nFigures are those of rows predicted without their machine.\n\n",
    );
    for Failure { title, why, keep } in FAILURES {
        let group = evidence.machine.group(title, keep);
        if group.rows() > 0 {
            // Writing to a string does not fail.
            let _ = writeln!(text, "- **{title}**: {}. Why: {why}.", group.line());
        }
    }
    let bench = evidence.bench;
    let dated = bench.cases.iter().filter(|case| case.dated).map(|case| case.curve);
    let dated: BTreeSet<&str> = dated.map(|curve| bench.curves[curve].id.as_str()).collect();
    let group = evidence.machine.group("dated", |point| dated.contains(point.curve.id.as_str()));
    let _ = writeln!(
        text,
        "- **NCCL older than 2.12**: {}. Why: no tables of it are known; it is taken for 2.12.",
        group.line()
    );
    let silent = &evidence.machine.scores.unpredicted;
    let rows: usize = silent.iter().map(|group| group.rows).sum();
    let reasons: Vec<String> =
        silent.iter().map(|group| format!("{} ({} rows)", group.reason, group.rows)).collect();
    let _ = writeln!(
        text,
        "- **Not predicted at all**, {rows} rows: {}. MSCCL, DeepEP, vLLM, TensorRT-LLM, oneCCL and \
         Neuron run algorithms of their own, of which there is no profile.",
        reasons.join("; ")
    );
    text
}
