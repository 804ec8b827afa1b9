//! Memory for tables, in pages as large as the system has.
//!
//! Each row of a table that is fetched lies in another page, and the processor remembers the places of
//! few small ones; large ones spare it most of the look-ups.
#![allow(unsafe_code, reason = "advice about memory has no safe form")]

/// So many of one row, in large pages if the system has them to give.
pub fn filled<T: Copy>(row: T, count: usize) -> Vec<T> {
    let mut rows = Vec::with_capacity(count);
    ask_for_large_pages(rows.spare_capacity_mut());
    rows.resize(count, row);
    rows
}

/// Octets of a large page, on all processors that have them by this advice but few.
#[cfg(target_os = "linux")]
const LARGE_PAGE: usize = 2 << 20;

/// Asks for large pages where whole ones fit. Whether that is heeded makes no difference but in time.
#[cfg(target_os = "linux")]
fn ask_for_large_pages<T>(memory: &mut [T]) {
    let octets = size_of_val(memory);
    let memory = memory.as_mut_ptr().cast::<u8>();
    let before = memory.align_offset(LARGE_PAGE);
    let Some(whole) = octets.checked_sub(before).map(|rest| rest - rest % LARGE_PAGE) else {
        return;
    };
    if whole > 0 {
        // SAFETY: `before` and `whole` octets lie in the memory that is borrowed; the advice leaves what
        // is in it as it is.
        unsafe { libc::madvise(memory.add(before).cast(), whole, libc::MADV_HUGEPAGE) };
    }
}

/// Other systems give them of their own accord, or not at all.
#[cfg(not(target_os = "linux"))]
fn ask_for_large_pages<T>(_: &mut [T]) {}
