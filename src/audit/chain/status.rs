//! The four states of data (RFC 4033 §5), and why.

use std::fmt;

use serde::Serialize;

use crate::audit::findings::{Code, KeyRef};
use crate::dns::{Name, RType};

/// What a validator with the given anchors could say of data (RFC 4033 §5, RFC 4035 §4.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// There is a chain of signatures from an anchor to it.
    Secure,
    /// There is a signed proof that it need not be signed, or nobody could verify it.
    Insecure,
    /// The input does not hold what would tell.
    Indeterminate,
    /// There ought to be a chain, and it is broken.
    Bogus,
}

impl Status {
    /// All of them, the best first.
    pub const ALL: [Self; 4] = [Self::Secure, Self::Insecure, Self::Indeterminate, Self::Bogus];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Secure => "secure",
            Self::Insecure => "insecure",
            Self::Indeterminate => "indeterminate",
            Self::Bogus => "bogus",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why data is not secure.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Reason {
    /// The fact.
    pub code: Code,
    /// The name it concerns: of what is missing, the name that is missing.
    pub owner: Name,
    /// The type of the RRset it concerns.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub rtype: Option<RType>,
    /// The key it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyRef>,
    /// What is particular about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Reason {
    pub(super) fn new(code: Code, owner: Name, rtype: impl Into<Option<RType>>) -> Self {
        Self { code, owner, rtype: rtype.into(), key: None, detail: None }
    }
}

/// As one line: the code, what it concerns, and the detail.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.owner)?;
        if let Some(rtype) = self.rtype {
            write!(f, " {rtype}")?;
        }
        if let Some(key) = self.key {
            write!(f, " key {}/{}", key.tag, key.algorithm.0)?;
        }
        self.detail.as_ref().map_or(Ok(()), |detail| write!(f, ": {detail}"))
    }
}

/// A status with its reason; there is none for what is secure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Judgement {
    /// The status.
    pub status: Status,
    /// Why it is not secure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl Judgement {
    pub(super) const SECURE: Self = Self { status: Status::Secure, reason: None };

    pub(super) fn new(status: Status, reason: Reason) -> Self {
        Self { status, reason: Some(reason) }
    }

    /// The worse of two; of equals the first.
    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        if other.status > self.status { other } else { self }
    }
}
