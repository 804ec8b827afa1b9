//! Who is compared.

use crate::crypto::{Backend, BackendChoice, PreparedKey, PublicKey, Refusal, backend};

/// One of those that are compared.
#[derive(Clone, Copy, Debug)]
pub enum Contender {
    /// For each key the backend that an audit takes.
    Auto,
    /// This one.
    Backend(&'static dyn Backend),
}

impl Contender {
    /// The contender of a name: `auto`, or a backend's.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        if name == "auto" { Some(Self::Auto) } else { backend::by_name(name).map(Self::Backend) }
    }

    /// Every backend that is built in.
    #[must_use]
    pub fn all_backends() -> Vec<Self> {
        backend::all().iter().copied().map(Self::Backend).collect()
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Backend(backend) => backend.name(),
        }
    }

    /// The choice that an audit would be given.
    pub(super) fn choice(self) -> BackendChoice {
        match self {
            Self::Auto => BackendChoice::Auto,
            Self::Backend(backend) => BackendChoice::Named(backend.name()),
        }
    }

    /// Prepares a key, and says which backend did.
    pub(super) fn prepare(
        self,
        key: &PublicKey,
        signatures: usize,
    ) -> Result<(&'static dyn Backend, Box<dyn PreparedKey>), Refusal> {
        match self {
            Self::Backend(backend) => Ok((backend, backend.prepare(key, signatures)?)),
            Self::Auto => {
                let prepared = backend::prepare(BackendChoice::Auto, key, signatures)?;
                let backend = backend::by_name(prepared.backend).ok_or(Refusal::Unsupported)?;
                Ok((backend, prepared.key))
            }
        }
    }
}
