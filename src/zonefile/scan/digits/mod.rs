//! Long runs of digits to octets: base64 (RFC 4648 §4), base32hex (§7) and hexadecimal (§8).
//!
//! Signatures, keys, digests and hashes are most of a signed zone's text. What is here reads a run
//! that is nothing but digits, whole groups of them; beginnings, ends, padding and errors are for
//! the field that has the run, which reads octet by octet whatever is refused here.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(test)]
mod tests;

use super::Kernel;

/// Reads a run of base64 digits, without padding, and appends three octets for each four.
///
/// `false`, with `out` as it was, if the run is too short to be worth a kernel, has no whole number
/// of groups, or has an octet that is no digit.
#[inline]
pub fn base64(kernel: Kernel, text: &[u8], out: &mut Vec<u8>) -> bool {
    match kernel {
        Kernel::Plain => {
            let _ = (text, out);
            false
        }
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx2(available) => avx2::base64(available, text, out),
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx512(available) => avx2::base64(available.avx2(), text, out),
    }
}

/// Reads a run of base32hex digits in either case and appends five octets for each eight.
///
/// `false` as for [`base64`].
#[inline]
pub fn base32hex(kernel: Kernel, text: &[u8], out: &mut Vec<u8>) -> bool {
    match kernel {
        Kernel::Plain => {
            let _ = (text, out);
            false
        }
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx2(available) => avx2::base32hex(available, text, out),
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx512(available) => avx2::base32hex(available.avx2(), text, out),
    }
}

/// Reads a run of hexadecimal digits in either case and appends an octet for each two.
///
/// `false` as for [`base64`].
#[inline]
pub fn hexadecimal(kernel: Kernel, text: &[u8], out: &mut Vec<u8>) -> bool {
    match kernel {
        Kernel::Plain => {
            let _ = (text, out);
            false
        }
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx2(available) => avx2::hexadecimal(available, text, out),
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx512(available) => avx2::hexadecimal(available.avx2(), text, out),
    }
}
