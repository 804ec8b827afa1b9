//! What can be wrong with the text of an entry, and where in it.

use crate::dns::RType;
use crate::dns::name::NameError;
use crate::dns::schema::WireError;

/// A fault in one entry of a zone file. The entry is skipped and reading goes on behind it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{kind}")]
pub struct SyntaxError {
    /// What is wrong.
    pub kind: SyntaxErrorKind,
    /// The first octet concerned, as an offset into the entry's text.
    pub start: u32,
    /// One past the last octet concerned.
    pub end: u32,
}

/// The ways in which an entry can be wrong.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SyntaxErrorKind {
    /// The entry ends where something must follow.
    #[error("expected {expected}, but the record ends here")]
    Missing {
        /// What must follow.
        expected: &'static str,
    },
    /// A word is not what must stand in its place.
    #[error("expected {expected}")]
    Unexpected {
        /// What must stand here.
        expected: &'static str,
    },
    /// A number is too large for its field.
    #[error("expected {expected}, but the number is above {max}")]
    TooLarge {
        /// What must stand here.
        expected: &'static str,
        /// The largest value allowed.
        max: u64,
    },
    /// A part is longer than its field can hold.
    #[error("{what} is longer than {max} octets")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// The most octets allowed.
        max: usize,
    },
    /// A domain name that is none.
    #[error("expected a domain name, but {0}")]
    Name(#[from] NameError),
    /// More words than the type has fields.
    #[error("expected the end of the {rtype} record")]
    Trailing {
        /// The record's type.
        rtype: RType,
    },
    /// RDATA whose octets do not fit the schema of its type.
    #[error("{rtype} {error}")]
    Wire {
        /// The record's type.
        rtype: RType,
        /// Where the octets fail.
        error: WireError,
    },
    /// `\#` with a length that is not that of the octets that follow.
    #[error("the RDATA has {found} octets, but \\# says {stated}")]
    UnknownLength {
        /// The length stated.
        stated: u16,
        /// The octets there are.
        found: usize,
    },
    /// A type that is only written as `\# …` and is not.
    #[error("type {rtype} has no presentation format: expected \\# and hexadecimal (RFC 3597)")]
    NoPresentation {
        /// The record's type.
        rtype: RType,
    },
    /// A type that exists in messages only.
    #[error("{rtype} cannot stand in a zone file")]
    MetaType {
        /// The type.
        rtype: RType,
    },
    /// An entry begins with a blank, and no owner came before.
    #[error("the owner is omitted, but no record came before")]
    NoOwner,
    /// No TTL on the record, none before, and no `$TTL`.
    #[error("no TTL: expected a TTL here, a $TTL directive, or a record with a TTL before")]
    NoTtl,
    /// A closing parenthesis without an opening one.
    #[error("unexpected ')': no '(' is open")]
    UnopenedParenthesis,
    /// The input ends inside parentheses.
    #[error("'(' is never closed")]
    UnclosedParenthesis,
    /// More parentheses within parentheses than anybody means.
    #[error("parentheses nest deeper than {max}")]
    NestedTooDeep {
        /// The limit.
        max: u32,
    },
    /// A line or the input ends inside a quoted string.
    #[error("'\"' is never closed")]
    UnclosedQuote,
    /// An entry that exceeds the limit on an entry's size.
    #[error("the entry is longer than {max} octets (--max-entry)")]
    EntryTooLong {
        /// The limit.
        max: usize,
    },
    /// A `$` word that is no directive.
    #[error("unknown directive: expected $ORIGIN, $TTL, $INCLUDE or $GENERATE")]
    UnknownDirective,
    /// `$INCLUDE` without leave.
    #[error("$INCLUDE is not allowed here (use --allow-include)")]
    IncludeForbidden,
    /// `$INCLUDE` too deep, or of a file that is being read.
    #[error("$INCLUDE goes deeper than {max} files")]
    IncludeTooDeep {
        /// The limit.
        max: usize,
    },
    /// A file that includes itself, directly or through others.
    #[error("$INCLUDE of a file that is being read already")]
    IncludeLoop,
    /// More files than a zone may consist of.
    #[error("the zone consists of more than {max} files")]
    IncludeTooMany {
        /// The limit.
        max: usize,
    },
    /// The included file could not be read.
    #[error("the included file cannot be read: {reason}")]
    IncludeUnreadable {
        /// What the system says.
        reason: String,
    },
    /// `$GENERATE` that would make too many records.
    #[error("$GENERATE makes more than {max} records")]
    GenerateTooMany {
        /// The limit.
        max: u64,
    },
    /// `$GENERATE` with a template whose modifiers are wrong.
    #[error(
        "expected a $GENERATE modifier ${{offset[,width[,base]]}} with base d, o, x, X, n or N"
    )]
    GenerateModifier,
    /// A record that `$GENERATE` made is wrong.
    #[error("the record that $GENERATE makes for {iteration} is wrong: {reason}")]
    Generated {
        /// The value of the iteration.
        iteration: u64,
        /// What is wrong with the record.
        reason: Box<SyntaxErrorKind>,
    },
}
