//! What speaks against the numbers: a busy machine, a build without optimization, rounds that differ.

use super::machine::Machine;
use super::result::{Input, Row, Warning};
use super::statistics::median;

/// Threads that wait for more than this part of their time share the machine with others.
const WAITING: f64 = 0.02;
/// A median that is known no better than this is not known well.
const UNCERTAINTY: f64 = 0.05;
/// A change of all rows from the first half of the rounds to the second.
const DRIFT: f64 = 0.05;

/// What is known of the machine before and after.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    /// The part of the processors' time that the machine below took, if that is known.
    pub stolen: Option<f64>,
    /// The most threads that were asked for.
    pub threads: usize,
}

/// What a reader must know.
pub(super) fn warnings(
    machine: &Machine,
    around: Around,
    rows: &[Row],
    input: Option<&Input>,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |code, message: String| warnings.push(Warning { code, message });
    if !machine.optimized {
        warn(
            "not-optimized",
            "this program was built without optimization: build with --release".into(),
        );
    }
    #[allow(clippy::cast_precision_loss)] // a number of processors
    let processors = machine.processors as f64;
    if let Some(load) = machine.load.filter(|&load| load > processors / 2.0) {
        warn(
            "busy",
            format!(
                "the machine was busy before this began: a load of {load:.2} on {}",
                count(machine.processors as u64, "processor")
            ),
        );
    }
    let waiting = rows.iter().filter_map(|row| row.waiting);
    if let Some(waiting) = mean(waiting).filter(|&waiting| waiting > WAITING) {
        let message = format!(
            "other programs ran meanwhile: {:.0} % of the time was spent waiting for a processor, \
             which rates leave out and latencies do not",
            waiting * 100.0
        );
        warn("waiting", message);
    }
    if let Some(stolen) = around.stolen.filter(|&stolen| stolen > 0.01) {
        let message = format!("the host took {:.0} % of this machine's time", stolen * 100.0);
        warn("stolen", message);
    }
    if around.threads > machine.processors {
        let message = format!(
            "{} threads on {}: they take turns",
            around.threads,
            count(machine.processors as u64, "processor")
        );
        warn("more-threads-than-processors", message);
    }
    if let Some(governor) = machine.governor.as_deref().filter(|&name| name != "performance") {
        let message =
            format!("the governor is {governor}: the clock rate follows the load, and not at once");
        warn("governor", message);
    }
    if let Some(drift) = drift(rows).filter(|drift| drift.abs() > DRIFT) {
        let word = if drift < 0.0 { "slower" } else { "faster" };
        let message = format!(
            "the machine became {word} meanwhile: by {:.0} % from the first half of the rounds to the \
             second, all rows alike",
            drift.abs() * 100.0
        );
        warn("drift", message);
    }
    let is_noisy = |row: &&Row| row.per_second.uncertainty() > UNCERTAINTY;
    if let Some(noisy) = some(rows.iter().filter(is_noisy).count()) {
        let message = format!(
            "{} of {} known to no better than ±{:.0} %: give more --time, or a quieter machine",
            noisy,
            if rows.len() == 1 { "1 row is".into() } else { format!("{} rows are", rows.len()) },
            UNCERTAINTY * 100.0
        );
        warn("noisy", message);
    }
    if let Some(outliers) = some(rows.iter().map(|row| row.outliers).sum::<u64>()) {
        let all: usize = rows.iter().map(|row| row.rounds.len()).sum();
        let message = format!(
            "{outliers} of {} lie far from the others of their row; medians are not moved by them",
            count(all as u64, "round")
        );
        warn("outliers", message);
    }
    if let Some(left_out) = input.and_then(|input| some(input.left_out)) {
        let message = format!(
            "{left_out} of {} signatures did not fit --max-held, and are taken to be like the others",
            input.map_or(0, |input| input.signatures)
        );
        warn("left-out", message);
    }
    let parts = rows.iter().filter_map(|row| row.audit.as_ref().map(|audit| audit.part));
    if let Some(least) = parts.min_by(f64::total_cmp).filter(|&part| part < 0.995) {
        let message = format!(
            "seconds are extrapolated: a round verified as little as {:.1} % of the signatures; more \
             --time makes it more",
            least * 100.0
        );
        warn("extrapolated", message);
    }
    warnings
}

fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn some<N: PartialEq + Default>(number: N) -> Option<N> {
    (number != N::default()).then_some(number)
}

#[allow(clippy::cast_precision_loss)] // a number of rows
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// By which part the second half of the rounds is faster than the first, in the median of all rows.
fn drift(rows: &[Row]) -> Option<f64> {
    let of_row = |row: &Row| {
        let (first, second) = row.rounds.split_at(row.rounds.len() / 2);
        // Of few rounds the halves differ by chance.
        if first.len() < 4 {
            return None;
        }
        let rate =
            |rounds: &[super::result::Round]| median(rounds.iter().map(|round| round.per_second));
        rate(first).zip(rate(second)).map(|(before, after)| after / before - 1.0)
    };
    let drifts: Vec<f64> = rows.iter().filter_map(of_row).collect();
    // All alike: fewer rows tell nothing.
    if drifts.len() < 3 { None } else { median(drifts) }
}
