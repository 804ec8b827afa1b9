//! The part of a line that shows a fault to a person.

use serde::Serialize;

/// A line of input with the part that is wrong, for drawing a caret under it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Excerpt {
    /// The line, or the part of a long one around the fault; unprintable octets as `\DDD`.
    pub line: String,
    /// Where in `line` the fault begins, in characters from 0.
    pub caret: usize,
    /// How many characters it spans, at least 1.
    pub len: usize,
}

/// Octets of a line shown at most.
const WIDTH: usize = 100;
/// Octets shown before the fault when the line is longer than that.
const BEFORE: usize = 40;

impl Excerpt {
    /// Cuts the excerpt for the fault at `start..end` out of `line`, which holds no newline.
    #[must_use]
    pub fn new(line: &[u8], start: usize, end: usize) -> Self {
        let start = start.min(line.len());
        let end = end.clamp(start, line.len());
        let from = if line.len() <= WIDTH { 0 } else { start.saturating_sub(BEFORE) };
        let to = line.len().min(from + WIDTH);
        let mut text = String::from(if from > 0 { "…" } else { "" });
        append_printable(&line[from..start], &mut text);
        let caret = text.chars().count();
        append_printable(&line[start..end.min(to)], &mut text);
        let len = (text.chars().count() - caret).max(1);
        append_printable(&line[end.min(to)..to], &mut text);
        if to < line.len() {
            text.push('…');
        }
        Self { line: text, caret, len }
    }
}

/// Appends octets so that each is visible and a terminal obeys none of them.
fn append_printable(octets: &[u8], text: &mut String) {
    use std::fmt::Write as _;
    for &octet in octets {
        match octet {
            b'\t' | b'\r' => text.push(' '),
            0x20..=0x7e => text.push(char::from(octet)),
            _ => {
                let _ = write!(text, "\\{octet:03}"); // writing to a String cannot fail
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_fault() {
        let excerpt = Excerpt::new(b"a\tIN A 1.2.3.4.5", 7, 16);
        assert_eq!((excerpt.line.as_str(), excerpt.caret, excerpt.len), ("a IN A 1.2.3.4.5", 7, 9));
        let at_end = Excerpt::new(b"a A", 3, 4);
        assert_eq!((at_end.caret, at_end.len), (3, 1));
    }

    #[test]
    fn long_lines_are_cut_around_the_fault_and_noise_is_made_visible() {
        let line = [b"\x1b[31m\0", &b"x".repeat(500)[..]].concat();
        let excerpt = Excerpt::new(&line, 300, 301);
        assert!(excerpt.line.chars().count() <= WIDTH + 2);
        assert_eq!(excerpt.line.chars().nth(excerpt.caret), Some('x'));
        assert_eq!(Excerpt::new(b"\x1b[1m", 0, 1).line, "\\027[1m");
    }
}
