//! Public keys as DNSKEY carries them.

/// A public key, split into its parts but not yet prepared by any backend.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PublicKey {}

/// Why the key field of a DNSKEY is no public key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {}

/// Why octets cannot be a signature under a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignatureError {}
