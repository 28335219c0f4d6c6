//! The command line of a benchmark, where a log shows it.

use super::Remark;
use super::nccl::operation_in;
use crate::{Operation, Place};

/// Options that say how calls are made and have no part in the model unless they are as by default.
const UNMODELLED: [(&str, &str, &str, &str); 4] = [
    ("-m", "--agg_iters", "1", "several calls in one group"),
    ("-z", "--blocking", "0", "the host waits for every call"),
    ("-R", "--local_register", "0", "buffers are registered"),
    ("-C", "--report_cputime", "0", "times are those of the processor"),
];

/// What a command line tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) operation: Option<Operation>,
    /// Threads of a process; 0 where it is not told.
    pub(super) threads: u32,
    /// GPUs of a thread; 0 where it is not told.
    pub(super) gpus: u32,
    pub(super) graph: bool,
    /// Options that have no part in the model.
    unmodelled: Vec<String>,
}

impl Command {
    /// Reads a line with the name of a benchmark program, which may be part of a launcher's line.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace().skip_while(|word| operation_in(word).is_none());
        let operation = operation_in(words.next()?);
        let mut command = Self { operation, ..Self::default() };
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            // `-g 8`, `-g8`, `--ngpus 8` or `--ngpus=8`.
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, value),
                None if !word.starts_with("--") && word.len() > 2 && word.is_char_boundary(2) => {
                    word.split_at(2)
                }
                None => (word, words.next_if(|next| !next.starts_with('-')).unwrap_or_default()),
            };
            let count = value.parse().unwrap_or(0);
            match name {
                "-t" | "--nthreads" => command.threads = count,
                "-g" | "--ngpus" => command.gpus = count,
                "-G" | "--cudagraph" | "--hipgraph" => command.graph = count > 0,
                _ => {}
            }
            let option =
                UNMODELLED.iter().find(|(short, long, ..)| [*short, *long].contains(&name));
            if let Some((_, _, usual, what)) = option
                && value != *usual
            {
                command.unmodelled.push(format!("{name} {value} ({what})"));
            }
        }
        // nccl-tests takes 1 for what is not given.
        if command.threads > 0 || command.gpus > 0 {
            command.threads = command.threads.max(1);
            command.gpus = command.gpus.max(1);
        }
        Some(command)
    }

    /// What of the command has no part in the model.
    pub(super) fn unmodelled(&self, place: Place) -> impl Iterator<Item = Remark> + '_ {
        let remark =
            move |option: &String| Remark { place, what: format!("{option}: not modelled") };
        self.unmodelled.iter().map(remark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_all_their_forms() {
        let check = |text: &str, threads: u32, gpus: u32, graph: bool, unmodelled: &[&str]| {
            let read = Command::read(text).unwrap();
            assert_eq!(read.operation, Some(Operation::AllReduce), "{text}");
            assert_eq!((read.threads, read.gpus, read.graph), (threads, gpus, graph), "{text}");
            assert_eq!(read.unmodelled, unmodelled, "{text}");
        };
        check("./build/all_reduce_perf -b 8 -e 8G -f 2 -g 8", 1, 8, false, &[]);
        check("$ mpirun -n 2 -g 3 ./all_reduce_perf -t8 --cudagraph=20", 8, 1, true, &[]);
        check("all_reduce_perf --ngpus=2 -m 1 -z 0", 1, 2, false, &[]);
        check(
            "all_reduce_perf -m 8 -z 1",
            0,
            0,
            false,
            &["-m 8 (several calls in one group)", "-z 1 (the host waits for every call)"],
        );
        assert_eq!(Command::read("all quiet"), None);
    }
}
