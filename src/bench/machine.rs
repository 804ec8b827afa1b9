//! Where a comparison runs: what somebody must know to repeat it, or to see why it came out as it did.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::crypto::backend;

/// A machine and the program on it. What the system does not tell is absent.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Machine {
    /// The processor's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor: Option<String>,
    /// Its family, model and stepping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Instructions that matter here and that it has.
    pub features: Vec<&'static str>,
    /// Processors that the program may use.
    pub processors: usize,
    /// Whether cores run several threads at once (SMT).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smt: Option<bool>,
    /// Whether it is a virtual machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_virtual: Option<bool>,
    /// The operating system's kernel and its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// What decides about the clock rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub governor: Option<String>,
    /// Whether the clock may exceed its nominal rate when few cores work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boost: Option<bool>,
    /// Programs that were ready to run during the last minute, on average, before it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
    /// Nanoseconds that reading the clock takes. They are part of each call's time.
    pub clock_nanoseconds: u64,
    /// The target that the program was built for.
    pub target: String,
    /// Whether it was built with optimization.
    pub optimized: bool,
    /// The kernels of sigmill's own arithmetic that can run, the fastest first.
    pub lanes_kernels: Vec<&'static str>,
    /// Versions: of sigmill, and of the libraries as its Cargo.lock has them.
    pub versions: BTreeMap<String, String>,
}

impl Machine {
    /// Looks around.
    #[must_use]
    pub fn look() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let field = |name: &str| {
            let value = |line: &str| {
                let (key, value) = line.split_once(':')?;
                (key.trim() == name).then(|| value.trim().to_owned())
            };
            cpuinfo.lines().find_map(value)
        };
        let cpu = "/sys/devices/system/cpu";
        let is_one = |path: &str| line(&format!("{cpu}/{path}")).map(|text| text == "1");
        let model = match (field("cpu family"), field("model"), field("stepping")) {
            (Some(family), Some(model), Some(stepping)) => {
                Some(format!("family {family}, model {model}, stepping {stepping}"))
            }
            // ARM tells numbers of its own.
            _ => field("CPU implementer")
                .zip(field("CPU part"))
                .map(|(implementer, part)| format!("implementer {implementer}, part {part}")),
        };
        Self {
            processor: field("model name").or_else(|| field("Hardware")),
            model,
            features: features(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            smt: is_one("smt/active"),
            is_virtual: field("flags").map(|flags| has_word(&flags, "hypervisor")),
            kernel: kernel(),
            governor: line(&format!("{cpu}/cpu0/cpufreq/scaling_governor")),
            boost: is_one("cpufreq/boost")
                .or_else(|| is_one("intel_pstate/no_turbo").map(|disabled| !disabled)),
            load: load(),
            clock_nanoseconds: clock_nanoseconds(),
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            optimized: !cfg!(debug_assertions),
            lanes_kernels: backend::kernels(),
            versions: versions(),
        }
    }
}

fn line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn has_word(text: &str, word: &str) -> bool {
    text.split_ascii_whitespace().any(|other| other == word)
}

fn kernel() -> Option<String> {
    let release = line("/proc/sys/kernel/osrelease")?;
    Some(format!("{} {release}", line("/proc/sys/kernel/ostype")?))
}

fn load() -> Option<f64> {
    line("/proc/loadavg")?.split_ascii_whitespace().next()?.parse().ok()
}

/// The mean of many readings.
fn clock_nanoseconds() -> u64 {
    let start = Instant::now();
    let readings: Vec<Duration> = (0..1000).map(|_| start.elapsed()).collect();
    let all = readings.last().copied().unwrap_or_default();
    u64::try_from(all.as_nanos() / 1000).unwrap_or(u64::MAX)
}

/// What the libraries and our own kernels choose by.
fn features() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    {
        macro_rules! those_here {
            ($($name:tt)*) => {
                [$(($name, is_x86_feature_detected!($name))),*]
            };
        }
        let all = those_here!(
            "sse4.1" "ssse3" "avx" "avx2" "bmi1" "bmi2" "adx" "sha" "pclmulqdq" "vpclmulqdq"
            "avx512f" "avx512bw" "avx512dq" "avx512vl" "avx512ifma" "avx512vbmi"
        );
        all.into_iter().filter_map(|(name, here)| here.then_some(name)).collect()
    }
    #[cfg(target_arch = "aarch64")]
    {
        macro_rules! those_here {
            ($($name:tt)*) => {
                [$(($name, std::arch::is_aarch64_feature_detected!($name))),*]
            };
        }
        let all = those_here!("neon" "aes" "pmull" "sha2" "sha3" "sve" "sve2");
        all.into_iter().filter_map(|(name, here)| here.then_some(name)).collect()
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    Vec::new()
}

/// The libraries that compute.
const LIBRARIES: [&str; 11] = [
    "aws-lc-rs",
    "aws-lc-sys",
    "curve25519-dalek",
    "ed25519-dalek",
    "ed448-goldilocks",
    "num-bigint-dig",
    "p256",
    "p384",
    "ring",
    "rsa",
    "sha2",
];

fn versions() -> BTreeMap<String, String> {
    let mut versions = locked(include_str!("../../Cargo.lock"));
    versions.insert("sigmill".into(), env!("CARGO_PKG_VERSION").into());
    versions
}

/// The versions of the libraries in a Cargo.lock; of one that is there several times, all of them.
fn locked(lock: &str) -> BTreeMap<String, String> {
    let mut versions: BTreeMap<String, String> = BTreeMap::new();
    let mut name = "";
    for line in lock.lines() {
        if let Some(value) = value_of(line, "name") {
            name = value;
        } else if let Some(version) =
            value_of(line, "version").filter(|_| LIBRARIES.contains(&name))
        {
            let entry = versions.entry(name.to_owned()).or_default();
            if !entry.is_empty() {
                entry.push_str(", ");
            }
            entry.push_str(version);
        }
    }
    versions
}

fn value_of<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')
}

/// Ticks of all processors since the machine started: all, and those that the machine below took
/// (Linux, proc_stat(5)).
pub(super) fn stolen_ticks() -> Option<(u64, u64)> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let first = text.lines().next()?.strip_prefix("cpu ")?;
    // user, nice, system, idle, iowait, irq, softirq, steal; what guests took is part of user.
    let ticks: Vec<u64> =
        first.split_ascii_whitespace().map_while(|word| word.parse().ok()).collect();
    Some((ticks.iter().take(8).sum(), *ticks.get(7)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_around_tells_what_a_reader_must_know() {
        let machine = Machine::look();
        assert!(machine.processors >= 1 && !machine.target.is_empty());
        assert!(machine.clock_nanoseconds < 100_000, "{}", machine.clock_nanoseconds);
        assert_eq!(machine.lanes_kernels, backend::kernels());
        for library in LIBRARIES {
            assert!(machine.versions.contains_key(library), "{library}");
        }
        assert_eq!(machine.versions["sigmill"], env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn all_versions_of_a_library_are_told() {
        let lock = "[[package]]\nname = \"sha2\"\nversion = \"0.10.9\"\n\n[[package]]\n\
                    name = \"other\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"sha2\"\n\
                    version = \"0.11.0\"\n";
        let versions = locked(lock);
        assert_eq!(versions.len(), 1);
        assert_eq!(versions["sha2"], "0.10.9, 0.11.0");
    }
}
