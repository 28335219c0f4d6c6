//! The state of classes, a row each in one flat array.

use crate::Unfit;

use super::LATEST;
use super::classes::Axis;

/// When the lane goes on.
pub(super) const NOW: usize = 0;
/// When it may issue the next message.
pub(super) const ISSUER: usize = 1;
/// From here on, per port: when it may send; when it may receive; one more than the head of the message
/// that it received last.
pub(super) const PORTS: usize = 2;

/// All rows.
pub(super) struct Rows {
    pub(super) slots: usize,
    pub(super) width: usize,
    values: Vec<u64>,
}

impl Rows {
    /// `classes` rows that start at `start`.
    pub(super) fn new(classes: usize, slots: usize, start: u64) -> Self {
        let width = PORTS + 3 * slots;
        let mut values = vec![0; classes * width];
        for row in values.chunks_mut(width) {
            (row[NOW], row[ISSUER]) = (start, start);
        }
        Self { slots, width, values }
    }

    /// Lets every lane do something that takes `time`.
    pub(super) fn add(&mut self, time: u64) -> Result<(), Unfit> {
        for row in self.values.chunks_mut(self.width) {
            row[NOW] += time;
            if row[NOW] > LATEST {
                return Err(Unfit::Long);
            }
        }
        Ok(())
    }

    pub(super) fn gather(&self, base: usize, axis: &Axis, out: &mut Vec<u64>) {
        for class in axis.classes(base) {
            out.extend_from_slice(&self.values[class * self.width..][..self.width]);
        }
    }

    pub(super) fn scatter(&mut self, base: usize, axis: &Axis, rows: &[u64]) {
        for (class, row) in axis.classes(base).zip(rows.chunks(self.width)) {
            self.values[class * self.width..][..self.width].copy_from_slice(row);
        }
    }

    /// The clock of every class.
    pub(super) fn finish(self) -> Vec<u64> {
        self.values.chunks(self.width).map(|row| row[NOW]).collect()
    }
}
