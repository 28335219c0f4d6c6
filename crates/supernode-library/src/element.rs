use supernode_units::DType;

/// The type of a message's elements as a library distinguishes them: [`DType`] and the eight-bit
/// types that multicast units cannot add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Element {
    /// IEEE 754 binary32.
    #[default]
    F32,
    /// IEEE 754 binary64.
    F64,
    /// IEEE 754 binary16.
    F16,
    /// Truncated binary32.
    Bf16,
    /// Eight-bit float, either kind.
    Fp8,
    /// Signed or unsigned 8-bit integer.
    I8,
    /// Signed or unsigned 32-bit integer.
    I32,
    /// Signed or unsigned 64-bit integer.
    I64,
}

impl Element {
    /// All element types.
    pub const ALL: [Self; 8] =
        [Self::F32, Self::F64, Self::F16, Self::Bf16, Self::Fp8, Self::I8, Self::I32, Self::I64];

    /// Bytes of one element.
    pub const fn bytes(self) -> u64 {
        match self {
            Self::F64 | Self::I64 => 8,
            Self::F32 | Self::I32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Fp8 | Self::I8 => 1,
        }
    }
}

impl From<DType> for Element {
    fn from(dtype: DType) -> Self {
        match dtype {
            DType::F32 => Self::F32,
            DType::F64 => Self::F64,
            DType::F16 => Self::F16,
            DType::Bf16 => Self::Bf16,
            DType::E4m3 | DType::E5m2 => Self::Fp8,
            DType::I32 | DType::U32 => Self::I32,
            DType::I64 | DType::U64 => Self::I64,
            DType::I8 | DType::U8 => Self::I8,
        }
    }
}
