//! Ground floor: names, types, classes, times, keys and signatures as the DNS writes them down.
//!
//! Pure data. Nothing here reads a file, knows of a zone, or verifies anything.

pub mod algorithm;
pub mod bitmap;
pub mod canonical;
pub mod class;
pub mod denial;
pub mod digest;
pub mod message;
pub mod name;
pub mod rdata;
pub mod rtype;
pub mod schema;
pub mod time;

pub use algorithm::Algorithm;
pub use bitmap::TypeBitmap;
pub use class::Class;
pub use digest::DigestType;
pub use name::Name;
pub use rtype::RType;
pub use time::Timestamp;
