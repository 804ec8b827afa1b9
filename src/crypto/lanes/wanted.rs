//! Which kernel the user asks for: one for the whole process, named before the first use of any.

use std::sync::OnceLock;

use super::kernels::Choice;

/// The environment variable that names a kernel.
const VARIABLE: &str = "SIGMILL_KERNEL";

/// What was asked for, once that is settled; `None` is the fastest of all.
static WANTED: OnceLock<Option<Choice>> = OnceLock::new();

/// Why a kernel that was asked for does not run.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KernelError {
    /// There is none of this name.
    #[error("there is no kernel '{name}'; this machine has {}", names().join(", "))]
    Unknown {
        /// The name.
        name: String,
    },
    /// The processor lacks instructions that it needs.
    #[error("this processor cannot run the kernel '{name}'; this machine has {}", names().join(", "))]
    Unusable {
        /// The name.
        name: &'static str,
    },
    /// Another one has run already, or was asked for before.
    #[error("the kernel '{name}' is asked for too late, when another is in use")]
    TooLate {
        /// The name.
        name: &'static str,
    },
}

/// The names of the kernels that this machine can run, the fastest first.
pub fn names() -> Vec<&'static str> {
    Choice::ALL.into_iter().filter(|choice| choice.is_here()).map(Choice::name).collect()
}

/// The kernel of this name, if it can run here.
fn by_name(name: &str) -> Result<Choice, KernelError> {
    let Some(choice) = Choice::ALL.into_iter().find(|choice| choice.name() == name) else {
        return Err(KernelError::Unknown { name: name.to_owned() });
    };
    let unusable = KernelError::Unusable { name: choice.name() };
    choice.is_here().then_some(choice).ok_or(unusable)
}

/// Whether the kernel of this name can run here; `auto` can.
///
/// # Errors
/// When there is no such kernel, or the processor cannot run it.
pub fn check(name: &str) -> Result<(), KernelError> {
    parse(name).map(|_| ())
}

fn parse(name: &str) -> Result<Option<Choice>, KernelError> {
    if name == "auto" { Ok(None) } else { by_name(name).map(Some) }
}

/// Takes the kernel of this name for all that is computed from now on; an algorithm that has none of
/// this name takes its fastest below it. `auto` is the fastest of each, whatever the environment says.
///
/// # Errors
/// When there is no such kernel, the processor cannot run it, or another one may be in use already.
pub fn force(name: &str) -> Result<(), KernelError> {
    let choice = parse(name)?;
    if *WANTED.get_or_init(|| choice) == choice {
        return Ok(());
    }
    Err(KernelError::TooLate { name: choice.map_or("auto", Choice::name) })
}

/// Whether the environment variable `SIGMILL_KERNEL` names a kernel that can run here, or is not set.
///
/// # Errors
/// When it cannot; it counts as not set then.
pub fn from_environment() -> Result<(), KernelError> {
    asked_by_environment().map(|_| ())
}

fn asked_by_environment() -> Result<Option<Choice>, KernelError> {
    let Some(name) = std::env::var_os(VARIABLE) else { return Ok(None) };
    if name.is_empty() { Ok(None) } else { parse(&name.to_string_lossy()) }
}

/// Whether a kernel is not above the one that is asked for, by [`force`] or else by the environment.
pub fn may_run(choice: Choice) -> bool {
    let wanted = WANTED.get_or_init(|| asked_by_environment().unwrap_or_default());
    wanted.is_none_or(|wanted| choice <= wanted)
}

/// Whether the kernel of this name can run here and is not above the one that is asked for.
pub fn may_run_named(name: &str) -> bool {
    by_name(name).is_ok_and(may_run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_this_machine_has_are_taken() {
        let unknown = KernelError::Unknown { name: "turbo".into() };
        assert_eq!(check("turbo"), Err(unknown));
        assert_eq!(check("auto"), Ok(()));
        assert_eq!(names().last(), Some(&"portable"));
        for choice in Choice::ALL {
            let name = choice.name();
            let unusable = Err(KernelError::Unusable { name });
            assert_eq!(check(name), if names().contains(&name) { Ok(()) } else { unusable });
        }
    }

    // What has been used cannot be changed behind the back of what uses it.
    #[test]
    fn a_kernel_is_asked_for_before_the_first_use_or_too_late() {
        assert!(may_run(Choice::Portable));
        let settled = *WANTED.get().unwrap();
        for name in names() {
            let wanted = by_name(name).unwrap();
            let late = Err(KernelError::TooLate { name });
            assert_eq!(force(name), if settled == Some(wanted) { Ok(()) } else { late });
        }
        assert_eq!(*WANTED.get().unwrap(), settled);
        assert!(
            Choice::ALL.into_iter().all(|choice| {
                may_run(choice) == settled.is_none_or(|settled| choice <= settled)
            })
        );
    }
}
