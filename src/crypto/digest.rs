//! Digests over DNSKEYs.

/// The digest that a DS of this type would carry (RFC 4034 §5.1.4).
#[must_use]
pub fn ds_digest(
    _t: crate::dns::DigestType,
    _owner: &crate::dns::Name,
    _dnskey_rdata: &[u8],
) -> Option<Vec<u8>> {
    None
}
