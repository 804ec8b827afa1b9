//! What things take in memory besides their own octets, so that the bound on what is held means what it
//! says.

/// Octets that an entry of a hash table takes: right after it has grown, 7 of 16 places are taken, and
/// each has an octet of control.
pub(super) const fn in_table<T>() -> usize {
    (size_of::<T>() + 1) * 16 / 7
}

/// Octets that the allocator takes for so many: in units of sixteen, with a header.
pub(super) const fn allocated(len: usize) -> usize {
    (len + 8).next_multiple_of(16)
}
