//! How long a chip takes: the slower of its arithmetic and its memory.

use supernode_units::{Bandwidth, FlopRate, Precision, Sourced, Time, Value};

use crate::{Chip, ChipError};

/// A sum of two operands reads both and writes the result: three passes over memory for each byte
/// of incoming operand.
const REDUCE_PASSES: u64 = 3;
/// A copy reads and writes.
const COPY_PASSES: u64 = 2;

impl Chip {
    /// Time of one package for `flops` operations at `precision` over `bytes` bytes of memory
    /// traffic: whichever takes longer. A range gives a range, fastest end first.
    ///
    /// # Errors
    /// [`ChipError::Unknown`] if the rate or the memory bandwidth is not known.
    pub fn time_for(
        &self,
        flops: f64,
        bytes: u64,
        precision: Precision,
    ) -> Result<Value<Time>, ChipError> {
        let rate = self.need(&self.compute.at(precision).value, || {
            (format!("compute.{precision}"), "1PFLOP/s")
        })?;
        let memory =
            self.need(&self.memory.bandwidth.value, || ("memory.bandwidth".to_owned(), "3.3TB/s"))?;
        let at = |rate: FlopRate, memory: Bandwidth| -> Result<Time, ChipError> {
            let compute = Time::from_secs_f64(flops / rate.per_second());
            Ok(compute.max(memory.time_for(bytes)?))
        };
        let fast = at(rate.1, memory.1)?;
        let slow = at(rate.0, memory.0)?;
        Ok(Value::between(fast, slow))
    }

    /// The precision the chip runs `wanted` in: itself, or the next wider one it has a rate for.
    ///
    /// # Errors
    /// [`ChipError::NoRate`] if there is none.
    pub fn native(&self, wanted: Precision) -> Result<Precision, ChipError> {
        let wider: &[Precision] = match wanted {
            Precision::Fp4 => &[Precision::Fp4, Precision::Fp8, Precision::Bf16, Precision::Tf32],
            Precision::Fp8 => &[Precision::Fp8, Precision::Bf16, Precision::Tf32],
            Precision::Int8 => &[Precision::Int8, Precision::Bf16],
            Precision::Bf16 => &[Precision::Bf16, Precision::Tf32],
            Precision::Tf32 => &[Precision::Tf32, Precision::Fp32],
            Precision::Fp32 => &[Precision::Fp32],
            Precision::Fp64 => &[Precision::Fp64],
            Precision::Fp64Tensor => &[Precision::Fp64Tensor, Precision::Fp64],
        };
        wider
            .iter()
            .copied()
            .find(|precision| !self.compute.at(*precision).value.is_unknown())
            .ok_or_else(|| ChipError::NoRate { chip: self.id.clone(), precision: wanted })
    }

    /// Bytes of incoming operand one device reduces per second. Where no engine rate is published
    /// this is the device's share of the memory bandwidth over three passes, marked modelled.
    pub fn reduce_rate(&self) -> Sourced<Bandwidth> {
        let note = "memory bandwidth / 3: a sum reads two operands and writes one";
        self.engine_rate(&self.engines.reduce, REDUCE_PASSES, note)
    }

    /// Bytes one device copies per second; modelled as half of its memory bandwidth where not
    /// published.
    pub fn copy_rate(&self) -> Sourced<Bandwidth> {
        let note = "memory bandwidth / 2: a copy reads and writes";
        self.engine_rate(&self.engines.copy, COPY_PASSES, note)
    }

    /// Time of one device to reduce `bytes` bytes of operand. A range gives a range, fastest first.
    ///
    /// # Errors
    /// [`ChipError::Unknown`] if neither the engine nor the memory bandwidth is known.
    pub fn reduce_time(&self, bytes: u64) -> Result<Value<Time>, ChipError> {
        let rate = self.reduce_rate().value;
        let (low, high) = self.need(&rate, || ("engines.reduce".to_owned(), "1TB/s"))?;
        let (fast, slow) = (high.time_for(bytes)?, low.time_for(bytes)?);
        Ok(Value::between(fast, slow))
    }

    fn engine_rate(
        &self,
        published: &Sourced<Bandwidth>,
        passes: u64,
        note: &str,
    ) -> Sourced<Bandwidth> {
        if !published.value.is_unknown() {
            return published.clone();
        }
        let share = passes * u64::from(self.devices.max(1));
        let rate = self.memory.bandwidth.value.map(|b| Bandwidth::new(b.bytes_per_s() / share));
        Sourced::modelled(rate, note)
    }

    /// Both ends of a value, or the error that says how to supply it.
    fn need<T: Copy>(
        &self,
        value: &Value<T>,
        key: impl Fn() -> (String, &'static str),
    ) -> Result<(T, T), ChipError> {
        let ends = value.low().zip(value.high());
        ends.ok_or_else(|| {
            let (key, example) = key();
            ChipError::Unknown { chip: self.id.clone(), key, example }
        })
    }
}

#[cfg(test)]
mod tests {
    use supernode_units::Confidence;

    use super::*;

    fn chip(devices: u32, memory: &str) -> Chip {
        let text = format!(
            "name = \"T\"\nvendor = \"T\"\nyear = 2026\nstatus = \"imagined\"\nsource = \"here\"\n\
             confidence = \"user\"\ndevices = {devices}\n[compute]\nbf16 = \"1PFLOP/s\"\n\
             fp4 = \"4PFLOP/s..8PFLOP/s\"\n[memory]\nbandwidth = \"{memory}\"\n"
        );
        let mut chip: Chip = toml::from_str(&text).expect("the schema is kept");
        chip.inherit();
        chip
    }

    #[test]
    fn the_slower_of_arithmetic_and_memory_decides() {
        let chip = chip(1, "2TB/s");
        let time = |flops, bytes| chip.time_for(flops, bytes, Precision::Bf16).unwrap();
        assert_eq!(time(1e12, 0), Value::Point(Time::from_us(1_000)));
        assert_eq!(time(1e12, 4_000_000_000), Value::Point(Time::from_us(2_000)));
        assert_eq!(time(0.0, 0), Value::Point(Time::ZERO));
        let range = chip.time_for(8e12, 0, Precision::Fp4).unwrap();
        assert_eq!(range, Value::Range(Time::from_us(1_000), Time::from_us(2_000)));
    }

    #[test]
    fn a_chip_falls_back_to_the_next_wider_precision() {
        let chip = chip(1, "2TB/s");
        assert_eq!(chip.native(Precision::Fp8).unwrap(), Precision::Bf16);
        assert_eq!(chip.native(Precision::Fp4).unwrap(), Precision::Fp4);
        let error = chip.native(Precision::Fp64).unwrap_err().to_string();
        assert!(error.contains("fp64"), "{error}");
    }

    #[test]
    fn unpublished_engines_share_the_memory_and_say_so() {
        let chip = chip(2, "3TB/s..6TB/s");
        let rate = chip.reduce_rate();
        assert_eq!(rate.confidence, Some(Confidence::Modelled));
        // 1 GB by one of two devices: three passes over half of 6 to 3 TB/s.
        let time = chip.reduce_time(1_000_000_000).unwrap();
        assert_eq!(time, Value::Range(Time::from_us(1_000), Time::from_us(2_000)));
        assert_eq!(chip.copy_rate().value.low(), Some(Bandwidth::from_gb_per_s(750)));
        let mut published = chip;
        published.set("engines.reduce", "1TB/s").expect("a key").expect("a rate");
        assert_eq!(published.reduce_rate().confidence, Some(Confidence::User));
    }

    #[test]
    fn an_unknown_that_is_needed_says_how_to_supply_it() {
        let mut chip = chip(1, "2TB/s");
        chip.set("memory.bandwidth", "unknown").expect("a key").expect("a value");
        let error = chip.time_for(1.0, 1, Precision::Bf16).unwrap_err().to_string();
        assert!(error.contains("memory.bandwidth") && error.contains("--set"), "{error}");
        assert!(chip.reduce_time(1).is_err());
    }
}
