//! Copies that may bypass the cache.

#![allow(unsafe_code, reason = "non-temporal stores exist only as intrinsics on raw pointers")]

/// Copies of at least this many bytes bypass the cache: the destination would push out data that
/// is still needed, and a normal store reads every line before it overwrites it.
pub const STREAMING_MIN_BYTES: usize = 32 << 10;

/// Copies `src` to `dst`, bypassing the cache from [`STREAMING_MIN_BYTES`] on.
///
/// # Panics
/// If the lengths differ: a bug of the caller.
pub fn copy(dst: &mut [u8], src: &[u8]) {
    if dst.len() >= STREAMING_MIN_BYTES {
        copy_streaming(dst, src);
    } else {
        dst.copy_from_slice(src);
    }
}

/// Copies `src` to `dst` with non-temporal stores where the processor has them.
///
/// # Panics
/// If the lengths differ: a bug of the caller.
pub fn copy_streaming(dst: &mut [u8], src: &[u8]) {
    assert_eq!(dst.len(), src.len(), "a copy has equal lengths");
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2, as just checked; lengths are equal.
            unsafe { x86::stream(dst, src) };
            return;
        }
    }
    dst.copy_from_slice(src);
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
mod x86 {
    use std::arch::x86_64::{__m256i, _mm_sfence, _mm256_loadu_si256, _mm256_stream_si256};

    /// Bytes of one cache line: two vectors.
    const LINE: usize = 64;

    /// Copies whole aligned lines with streaming stores and the ragged ends normally.
    #[target_feature(enable = "avx2")]
    pub(super) fn stream(dst: &mut [u8], src: &[u8]) {
        let head = dst.as_ptr().align_offset(LINE).min(dst.len());
        let lines = (dst.len() - head) / LINE;
        let tail = head + lines * LINE;
        dst[..head].copy_from_slice(&src[..head]);
        let (to, from) = (dst[head..tail].as_mut_ptr(), src[head..tail].as_ptr());
        for line in 0..lines {
            let at = line * LINE;
            #[expect(
                clippy::cast_ptr_alignment,
                reason = "loads are unaligned, stores aligned above"
            )]
            // SAFETY: `at + LINE <= lines * LINE`, the length of both ranges; `to` is aligned to a
            // line, and loads may be unaligned. The ranges come from disjoint borrows.
            unsafe {
                let low = _mm256_loadu_si256(from.add(at).cast::<__m256i>());
                let high = _mm256_loadu_si256(from.add(at + 32).cast::<__m256i>());
                _mm256_stream_si256(to.add(at).cast::<__m256i>(), low);
                _mm256_stream_si256(to.add(at + 32).cast::<__m256i>(), high);
            }
        }
        dst[tail..].copy_from_slice(&src[tail..]);
        // Streaming stores are weakly ordered: make them visible before anyone is told.
        _mm_sfence();
    }
}
