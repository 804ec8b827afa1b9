//! How long signatures last, in a text report.

use std::io::{self, Write};

use crate::audit::zone::Summary;
use crate::audit::zone::summary::{Expiry, LifetimeBucket};
use crate::report::palette::Palette;
use crate::report::table::{Cell, Side, Table, write_paragraph};
use crate::report::terms;
use crate::report::words::{span, utc};

use super::number;

/// The earliest and the latest expiration, and with `detailed` a histogram between them.
pub(super) fn write_expiry(
    summary: &Summary,
    detailed: bool,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let lifetime = &summary.lifetime;
    let from = summary.times.iter().find_map(|time| time.at);
    let Some(earliest) = &lifetime.earliest else { return Ok(()) };
    writeln!(out)?;
    write_paragraph("expiry", &expiry("earliest", earliest, from), palette, out)?;
    if let Some(latest) = lifetime.latest.as_ref().filter(|latest| latest.at != earliest.at) {
        write_paragraph("", &expiry("latest", latest, from), palette, out)?;
    }
    if detailed && !lifetime.remaining.is_empty() {
        writeln!(out)?;
        write_histogram(&lifetime.remaining, palette, out)?;
    }
    Ok(())
}

/// As in `earliest in 12 d 4 h (2020-11-01T00:00:00Z): ./SOA by 26116/8`.
fn expiry(which: &str, expiry: &Expiry, from: Option<i64>) -> String {
    let when = match from.map(|from| expiry.at.saturating_sub(from)) {
        None => utc(expiry.at),
        Some(left) if left < 0 => format!("{} ago ({})", span(left), utc(expiry.at)),
        Some(left) => format!("in {} ({})", span(left), utc(expiry.at)),
    };
    let Expiry { owner, rtype, key, .. } = expiry;
    format!("{which} {when}: {owner}/{rtype} by {}/{}", key.tag, key.algorithm.0)
}

/// The longest bar, in characters.
const BAR: u64 = 40;

/// One row a bucket, from the first that has any to the last.
fn write_histogram(
    buckets: &[LifetimeBucket],
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Table::new(
        "remaining",
        &[("lifetime", Side::Left), ("signatures", Side::Right), ("", Side::Left)],
    );
    let most = buckets.iter().map(|bucket| bucket.signatures).max().unwrap_or(0);
    let first = buckets.iter().position(|bucket| bucket.signatures > 0).unwrap_or(0);
    let last = buckets.iter().rposition(|bucket| bucket.signatures > 0).unwrap_or(0);
    for (at, bucket) in buckets.iter().enumerate().take(last + 1).skip(first) {
        let name = terms::lifetime(buckets, at);
        let bar = Cell(palette.good, bar(bucket.signatures, most));
        table.row(vec![name.into(), number(bucket.signatures), bar]);
    }
    table.write(palette, out)
}

/// A bar in eighths of a character; whatever is not zero shows.
fn bar(value: u64, most: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if value == 0 || most == 0 {
        return String::new();
    }
    let eighths = (u128::from(value) * u128::from(BAR) * 8 / u128::from(most)).max(1);
    let eighths = usize::try_from(eighths).unwrap_or(usize::MAX);
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion_and_never_hide_a_signature() {
        assert_eq!(bar(0, 1000), "");
        assert_eq!(bar(1, 1_000_000), "▏");
        assert_eq!(bar(1000, 1000), "█".repeat(40));
        assert_eq!(bar(u64::MAX, u64::MAX), "█".repeat(40));
        assert_eq!(bar(51, 1000), "██");
        assert_eq!(bar(1, 0), "");
    }
}
