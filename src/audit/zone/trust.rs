//! Trust anchors for a zone: DS and DNSKEY, given or built in.

use crate::dns::Name;

/// A trust anchor: what the owner of a zone, or its parent, says its key is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Anchor {
    /// The zone it is for; `None` for the zone that is audited, whichever that is.
    pub owner: Option<Name>,
    /// The key it means.
    pub form: AnchorForm,
    /// Where it came from: `built in`, `--ds`, or a file's name.
    pub origin: String,
    /// Unix seconds before which and from which on it must not be used (RFC 9718 §2.1.1).
    pub valid_from: Option<i64>,
    /// See [`Anchor::valid_from`].
    pub valid_until: Option<i64>,
}

/// How an anchor names its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AnchorForm {
    /// By digest: wire-form DS RDATA, at least four octets.
    Ds(Vec<u8>),
    /// In full: wire-form DNSKEY RDATA, at least four octets.
    Dnskey(Vec<u8>),
}
