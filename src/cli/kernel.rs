//! The choice of a kernel for our own arithmetic, which every command that verifies has.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use sigmill::crypto::backend;

use super::exit::{Failure, note};

/// Has the kernel run that `--kernel` names, or else heeds the environment, if it can be heeded.
pub(crate) fn choose(kernel: Option<&str>) -> Result<(), Failure> {
    match kernel {
        Some(name) => backend::force_kernel(name).map_err(Failure::usage)?,
        None => {
            if let Err(error) = backend::check_kernel_variable() {
                note(&format!("SIGMILL_KERNEL is not heeded: {error}"));
            }
        }
    }
    Ok(())
}

/// Takes the name of a kernel that this machine can run.
#[derive(Clone, Debug)]
pub(crate) struct KernelParser;

impl TypedValueParser for KernelParser {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        let check = |name: String| backend::check_kernel(&name).map(|()| name);
        StringValueParser::new().try_map(check).parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values = [
            PossibleValue::new("auto").help("For each algorithm the fastest"),
            PossibleValue::new("portable").help("64-bit words, everywhere"),
            PossibleValue::new("adx").help("64-bit words, with BMI2 and ADX"),
            PossibleValue::new("avx2").help("Four lanes of 64-bit words, with AVX2"),
            PossibleValue::new("ifma").help("AVX-512 IFMA"),
        ];
        Some(Box::new(values.into_iter()))
    }
}
