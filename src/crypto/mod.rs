//! Ground floor: public keys as DNSKEY carries them, digests, and the backends that verify.
//!
//! All inputs are public, so nothing here needs constant time. Nothing here knows of zones,
//! RRsets or files: octets go in, "holds" or "does not hold" comes out.
//!
//! ```
//! use sigmill::crypto::{BackendChoice, Item, PublicKey, backend};
//! use sigmill::dns::Algorithm;
//!
//! // RFC 8032 §7.1, test 2.
//! let octets = [
//!     0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e,
//!     0xbc, 0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4,
//!     0x66, 0x0c,
//! ];
//! let signature = [
//!     0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25,
//!     0x40, 0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb,
//!     0x69, 0xda, 0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0,
//!     0xf1, 0x1d, 0x8c, 0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16,
//!     0x12, 0xbb, 0x0c, 0x00,
//! ];
//!
//! let key = PublicKey::from_dnskey(Algorithm::ED25519, &octets)?;
//! key.check_signature(&signature)?;
//! let prepared = backend::prepare(BackendChoice::Auto, &key, 1)?;
//! let mut holds = [false];
//! prepared.key.verify_batch(&[Item { message: &[0x72], signature: &signature }], &mut holds);
//! assert!(holds[0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod backend;
pub mod digest;
pub mod hash_step;
pub mod key;
pub mod nsec3;
pub mod signer;

mod aws_lc;
mod lanes;
mod ring;
mod rustcrypto;

pub use backend::{Backend, BackendChoice, Item, Prepared, PreparedKey, Refusal};
pub use digest::{Digest, ZoneDigest, ZonemdHash, ds_digest};
pub use hash_step::HashStep;
pub use key::{KeyError, PublicKey, RsaHash, RsaKey, SignatureError};
pub use nsec3::{nsec3_hash, nsec3_hashes};
pub use signer::{KeyShape, Signer, SignerError};
