//! Ground floor: public keys as DNSKEY carries them, digests, and the backends that verify.
//!
//! All inputs are public, so nothing here needs constant time. Nothing here knows of zones,
//! RRsets or files: octets go in, "holds" or "does not hold" comes out.

pub mod backend;
pub mod digest;
pub mod key;

mod aws_lc;
mod ring;
mod rustcrypto;

pub use backend::{Backend, BackendChoice, Item, PreparedKey, Refusal};
pub use key::{KeyError, PublicKey, SignatureError};
