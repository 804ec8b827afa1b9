//! Master-file text (RFC 1035 §5, RFC 2308 §4, RFC 3597 §5, RFC 9460 §2.1) to records.
//!
//! The road inside: `scan` finds entries and their words, `parse` reads owner, TTL, class and type,
//! `field` reads RDATA by the schema table, `reader` drives files through the three, and `parts` has
//! many threads do so at once. `FORMAT.md` says what is accepted where master files are ambiguous.

pub mod error;
pub mod field;
pub mod print;
pub mod scan;
pub mod words;

mod excerpt;
mod feed;
mod generate;
mod heads;
mod parse;
mod parts;
mod reader;
mod stretch;
mod text;

pub use error::{SyntaxError, SyntaxErrorKind};
pub use excerpt::Excerpt;
pub use parse::{Again, Record};
pub use parts::{PartEvent, ReadError, Sink, read_parts};
pub use reader::{Event, Fault, ReadFacts, ReadOptions, read};
pub use text::{RecordAgain, RecordReader, ZoneText};
pub use words::{Token, Word, Words};
