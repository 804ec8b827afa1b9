//! What a comparison comes to in a sentence, for people.

use std::cmp::Reverse;

use crate::bench::result::{Input, Work};
use crate::bench::{Comparison, KeyUse, Row, Stage};
use crate::report::terms;
use crate::report::words::{count, grouped, three_digits, took};

/// The answer; `paint` sets off the names of those that win.
pub(crate) fn answer(comparison: &Comparison, paint: &dyn Fn(&str) -> String) -> String {
    match &comparison.input {
        Some(input) => of_audit(comparison, input, paint),
        None => of_matrix(comparison, paint),
    }
}

fn of_audit(comparison: &Comparison, input: &Input, paint: &dyn Fn(&str) -> String) -> String {
    let file = terms::file_names(&input.files);
    let signatures = count(input.signatures, "signature");
    let most = comparison.rows.iter().map(|row| row.threads).max();
    let rows = || comparison.rows.iter().filter(|row| Some(row.threads) == most);
    let auto = rows().find(|row| row.contender == "auto");
    let named = rows().filter(|row| row.contender != "auto");
    let best = named.min_by(|a, b| seconds(a).total_cmp(&seconds(b))).or(auto);
    let Some(best) = best else {
        return format!("{file}: nobody verifies its {signatures} rightly");
    };
    let baseline = comparison.settings.baseline;
    let mut answer = format!(
        "{file}: {signatures} take {} with {} on {}",
        took(seconds(best)),
        paint(best.contender),
        count(best.threads as u64, "thread"),
    );
    if let Some(ratio) = best.ratio.filter(|_| best.contender != baseline) {
        answer += &format!(", {} times as fast as {baseline}", three_digits(ratio));
    }
    if let Some(auto) = auto.filter(|auto| auto.contender != best.contender) {
        answer += &format!("; auto takes {}", took(seconds(auto)));
    }
    answer
}

fn of_matrix(comparison: &Comparison, paint: &dyn Fn(&str) -> String) -> String {
    let wins = wins(comparison);
    let works = wins.len() as u64;
    let mut by_contender: Vec<(&str, u64)> = Vec::new();
    for (_, row) in &wins {
        match by_contender.iter_mut().find(|(name, _)| *name == row.contender) {
            Some((_, count)) => *count += 1,
            None => by_contender.push((row.contender, 1)),
        }
    }
    by_contender.sort_by_key(|&(_, count)| Reverse(count));
    match by_contender.as_slice() {
        [] => "nothing was measured".into(),
        [(name, _)] if works == 1 => format!("{} is the fastest", paint(name)),
        [(name, _)] => {
            format!("{} is the fastest in all {works} comparisons", paint(name))
        }
        [(name, count), others @ ..] => {
            let other = |(name, count): &(&str, u64)| format!(", {} in {count}", paint(name));
            let others: String = others.iter().map(other).collect();
            format!("of {works} comparisons {} is the fastest in {count}{others}", paint(name))
        }
    }
}

/// For each work the fastest with the fewest threads.
pub(crate) fn wins(comparison: &Comparison) -> Vec<(Work, &Row)> {
    let rows = &comparison.rows;
    let fewest = rows.iter().map(|row| row.threads).min();
    rows.chunk_by(|a, b| a.work == b.work)
        .filter_map(|rows| {
            let rows = rows.iter().filter(|row| Some(row.threads) == fewest);
            let best = rows.max_by(|a, b| a.per_second.median.total_cmp(&b.per_second.median))?;
            Some((best.work, best))
        })
        .collect()
}

/// Whether nobody is faster at the same work with as many threads.
pub(crate) fn is_best(comparison: &Comparison, row: &Row) -> bool {
    let faster = |other: &Row| {
        other.work == row.work
            && other.threads == row.threads
            && other.per_second.median > row.per_second.median
    };
    !comparison.rows.iter().any(faster)
}

/// What is done, in a few words: the kind of keys, and what is done with them.
pub(crate) fn heading(work: &Work) -> (String, String) {
    let name = match work.kind {
        Some(kind) => kind.to_string(),
        None => "all of it".into(),
    };
    let what = match work.stage {
        Stage::Hash => "hashing what was signed",
        Stage::Verify => "verifying",
        Stage::Rrset => "from RRset to verdict",
        Stage::Audit => "keys prepared, signatures verified",
    };
    let mut text = what.to_owned();
    if let (Some(keys), Some(signatures)) = (work.keys, work.signatures_per_key) {
        let number = count(signatures as u64, "signature");
        text += &match keys {
            KeyUse::Ready => format!(", with a key made ready for {number}"),
            KeyUse::Fresh if signatures == 1 => ", with a new key for each signature".into(),
            KeyUse::Fresh => format!(", with a new key for each {number}"),
        };
    }
    if let Some(batch) = work.batch {
        text += &format!(", {} at a time", grouped(batch as u64));
    }
    (name, text)
}

fn seconds(row: &Row) -> f64 {
    row.audit.as_ref().map_or(f64::INFINITY, |audit| audit.seconds.median)
}
