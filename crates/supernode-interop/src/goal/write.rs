//! GOAL text from a schedule.

use std::fmt;

use super::{ANY, Goal, Kind, Op};

/// The operation as it stands in GOAL text.
impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, peer, .. } = *self;
        match self.kind {
            Kind::Send => write!(f, "send {size}b to {peer}")?,
            Kind::Recv if peer == ANY => write!(f, "recv {size}b from -1")?,
            Kind::Recv => write!(f, "recv {size}b from {peer}")?,
            Kind::Calc => write!(f, "calc {size}")?,
        }
        match self.tag {
            0 => {}
            ANY => f.write_str(" tag -1")?,
            tag => write!(f, " tag {tag}")?,
        }
        if self.cpu != 0 {
            write!(f, " cpu {}", self.cpu)?;
        }
        if self.nic != 0 {
            write!(f, " nic {}", self.nic)?;
        }
        Ok(())
    }
}

/// GOAL text, with labels `l1`, `l2` and so on in each rank.
impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "num_ranks {}", self.ranks())?;
        for rank in 0..self.ranks() {
            writeln!(f, "\nrank {rank} {{")?;
            let range = self.range(rank);
            let label = |op: usize| op - range.start + 1;
            for op in range.clone() {
                writeln!(f, "l{}: {}", label(op), self.ops[op])?;
            }
            for op in range.clone() {
                for (word, list) in
                    [("requires", self.after_end(op)), ("irequires", self.after_start(op))]
                {
                    for &after in list {
                        writeln!(f, "l{} {word} l{}", label(after as usize), label(op))?;
                    }
                }
            }
            writeln!(f, "}}")?;
        }
        Ok(())
    }
}
