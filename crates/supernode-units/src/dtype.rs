use std::fmt;
use std::str::FromStr;

use crate::UnitError;

/// The type of a message's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DType {
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
    /// IEEE 754 binary16.
    F16,
    /// Truncated binary32: 8 bits of exponent, 8 bits of precision.
    Bf16,
    /// OCP 8-bit float, 4 bits of exponent and of precision: no infinities, largest 448.
    E4m3,
    /// OCP 8-bit float, 5 bits of exponent, 3 of precision: infinities, largest finite 57,344.
    E5m2,
    /// Signed 8-bit integer.
    I8,
    /// Signed 32-bit integer.
    I32,
    /// Signed 64-bit integer.
    I64,
    /// Unsigned 8-bit integer.
    U8,
    /// Unsigned 32-bit integer.
    U32,
    /// Unsigned 64-bit integer.
    U64,
}

impl DType {
    /// All element types.
    pub const ALL: [Self; 12] = [
        Self::F32,
        Self::F64,
        Self::F16,
        Self::Bf16,
        Self::E4m3,
        Self::E5m2,
        Self::I8,
        Self::I32,
        Self::I64,
        Self::U8,
        Self::U32,
        Self::U64,
    ];

    /// Bytes of one element.
    pub const fn bytes(self) -> u64 {
        match self {
            Self::F64 | Self::I64 | Self::U64 => 8,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::E4m3 | Self::E5m2 | Self::I8 | Self::U8 => 1,
        }
    }

    /// Whether addition rounds.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64 | Self::F16 | Self::Bf16 | Self::E4m3 | Self::E5m2)
    }

    /// Short name, as on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::E4m3 => "f8e4m3",
            Self::E5m2 => "f8e5m2",
            Self::I8 => "i8",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::U8 => "u8",
            Self::U32 => "u32",
            Self::U64 => "u64",
        }
    }

    /// The name nccl-tests prints in its `type` column.
    pub const fn nccl_name(self) -> &'static str {
        match self {
            Self::F32 => "float",
            Self::F64 => "double",
            Self::F16 => "half",
            Self::Bf16 => "bfloat16",
            Self::E4m3 => "f8e4m3",
            Self::E5m2 => "f8e5m2",
            Self::I8 => "int8",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::U8 => "uint8",
            Self::U32 => "uint32",
            Self::U64 => "uint64",
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for DType {
    type Err = UnitError;
    /// Accepts our short names and those of nccl-tests.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        Self::ALL.into_iter().find(|d| d.name() == text || d.nccl_name() == text).ok_or_else(|| {
            UnitError::UnknownName {
                text: text.to_owned(),
                what: "data type",
                known: Self::ALL.map(Self::name).join(", "),
            }
        })
    }
}

/// The arithmetic a compute rate is quoted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// 64-bit floating point on the vector units.
    Fp64,
    /// 64-bit floating point on the matrix units.
    Fp64Tensor,
    /// 32-bit floating point on the vector units.
    Fp32,
    /// TF32 (or the vendor's 32-bit matrix mode).
    Tf32,
    /// bf16 and fp16 matrix rate (the vendors of the catalog quote one figure for both).
    Bf16,
    /// 8-bit floating point matrix rate.
    Fp8,
    /// 8-bit integer matrix rate.
    Int8,
    /// 4-bit floating point matrix rate.
    Fp4,
}

impl Precision {
    /// All precisions, widest first.
    pub const ALL: [Self; 8] = [
        Self::Fp64,
        Self::Fp64Tensor,
        Self::Fp32,
        Self::Tf32,
        Self::Bf16,
        Self::Fp8,
        Self::Int8,
        Self::Fp4,
    ];

    /// The key in catalog files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fp64 => "fp64",
            Self::Fp64Tensor => "fp64-tensor",
            Self::Fp32 => "fp32",
            Self::Tf32 => "tf32",
            Self::Bf16 => "bf16",
            Self::Fp8 => "fp8",
            Self::Int8 => "int8",
            Self::Fp4 => "fp4",
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Precision {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        Self::ALL.into_iter().find(|p| p.name() == text).ok_or_else(|| UnitError::UnknownName {
            text: text.to_owned(),
            what: "precision",
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}
