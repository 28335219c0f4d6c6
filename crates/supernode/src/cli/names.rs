//! Names and numbers as people type them: in any case, by the names of other tools, and with an
//! error that says what is wrong.

use std::str::FromStr;

use supernode::collectives::Collective;
use supernode::units::DType;

use super::Error;

/// Reads a name written in any case.
pub(super) fn any_case<T: FromStr>(text: &str) -> Result<T, T::Err> {
    text.to_ascii_lowercase().parse()
}

/// Reads an element type by our name, that of nccl-tests or that of numpy.
pub(super) fn dtype(text: &str) -> Result<DType, String> {
    let name = text.to_ascii_lowercase();
    let known = match name.as_str() {
        "float32" | "fp32" => Ok(DType::F32),
        "float64" | "fp64" => Ok(DType::F64),
        "float16" | "fp16" => Ok(DType::F16),
        "int" => Ok(DType::I32),
        "byte" => Ok(DType::U8),
        "char" => Ok(DType::I8),
        "fp8_e4m3" | "float8_e4m3fn" => Ok(DType::E4m3),
        "fp8_e5m2" | "float8_e5m2" => Ok(DType::E5m2),
        _ => name.parse(),
    };
    known.map_err(|error| match name.as_str() {
        "fp8" | "f8" | "float8" => {
            format!("`{text}` is two types; say which, `{}` or `{}`", DType::E4m3, DType::E5m2)
        }
        _ => error.to_string(),
    })
}

/// Whether a root was given to what has none.
pub(super) fn check_root(collective: Collective, root: Option<u32>) -> Result<(), Error> {
    if root.is_some() && collective.root().is_none() {
        let what = "--root is for broadcast, reduce, gather and scatter";
        return Err(format!("{what}; {collective} has none, leave it out").into());
    }
    Ok(())
}

/// Reads a whole number.
pub(super) fn whole<T: TryFrom<i128>>(text: &str) -> Result<T, String> {
    match text.parse::<i128>() {
        Err(_) => Err(format!("`{text}` is no whole number; write it like 8")),
        Ok(number) if number < 0 => Err(format!("`{text}` is negative; use 0 or more")),
        Ok(number) => T::try_from(number).map_err(|_| format!("`{text}` is too large")),
    }
}

/// A count with commas between thousands.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let first = digits.len() % 3;
    let (head, tail) = digits.split_at(first);
    let mut groups: Vec<&str> = if head.is_empty() { Vec::new() } else { vec![head] };
    groups.extend((0..tail.len()).step_by(3).map(|at| &tail[at..at + 3]));
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn element_types_by_the_names_of_others() {
        for (names, expected) in [
            (["f32", "float", "FLOAT32", "fp32"], DType::F32),
            (["f16", "half", "fp16", "Float16"], DType::F16),
            (["bf16", "bfloat16", "BF16", "BFloat16"], DType::Bf16),
            (["u8", "uint8", "byte", "UINT8"], DType::U8),
            (["i64", "int64", "I64", "Int64"], DType::I64),
            (["i8", "int8", "char", "INT8"], DType::I8),
            (["u32", "uint32", "U32", "UInt32"], DType::U32),
            (["u64", "uint64", "U64", "UInt64"], DType::U64),
            (["f8e4m3", "F8E4M3", "fp8_e4m3", "float8_e4m3fn"], DType::E4m3),
            (["f8e5m2", "F8E5M2", "fp8_e5m2", "float8_e5m2"], DType::E5m2),
        ] {
            assert!(names.iter().all(|name| dtype(name) == Ok(expected)), "{names:?}");
        }
        assert!(dtype("fp8").unwrap_err().contains("say which, `f8e4m3` or `f8e5m2`"));
        assert!(dtype("f7").unwrap_err().contains("unknown data type `f7`"));
    }

    #[test]
    fn whole_numbers_say_what_is_wrong() {
        assert_eq!(whole::<u32>("8"), Ok(8));
        assert!(whole::<u32>("-1").unwrap_err().contains("negative"));
        assert!(whole::<u32>("4294967296").unwrap_err().contains("too large"));
        assert!(whole::<u64>("1.5").unwrap_err().contains("no whole number"));
    }

    #[test]
    fn thousands_are_grouped() {
        let grouped = |count| grouped(count);
        assert_eq!([grouped(0), grouped(999), grouped(1000)], ["0", "999", "1,000"]);
        assert_eq!(grouped(471_826_048), "471,826,048");
    }
}
