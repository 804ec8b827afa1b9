//! Master-file text (RFC 1035 §5, RFC 2308 §4, RFC 3597 §5, RFC 9460 §2.1) to records.

pub mod error;
pub mod field;
pub mod print;
pub mod words;

pub use error::{SyntaxError, SyntaxErrorKind};
pub use words::{Token, Word, Words};
