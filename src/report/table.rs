//! Columns that line up, whatever stands in them.

use std::io::{self, Write};

use anstyle::Style;

use super::palette::{Painted, Palette};
use super::words::wrap;

/// Columns that the label of a section takes on its first line, and blanks on the others.
pub(crate) const GUTTER: usize = 12;
/// Columns that a report uses at most, where it can choose.
pub(crate) const WIDTH: usize = 100;

/// One cell: a text and its style.
#[derive(Clone, Debug)]
pub(crate) struct Cell(pub(crate) Style, pub(crate) String);

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self(Style::new(), text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// To which side a column's cells are pushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// A table under column heads, with the section's label in the gutter, or without one.
#[derive(Debug)]
pub(crate) struct Table {
    label: &'static str,
    indent: usize,
    sides: Vec<Side>,
    heads: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new(label: &'static str, columns: &[(&'static str, Side)]) -> Self {
        Self { label, ..Self::indented(GUTTER, columns) }
    }

    /// A table without a label, so many columns from the left.
    pub(crate) fn indented(indent: usize, columns: &[(&'static str, Side)]) -> Self {
        Self {
            label: "",
            indent,
            sides: columns.iter().map(|column| column.1).collect(),
            heads: columns.iter().map(|column| column.0).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row with a cell for each column.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.sides.len());
        self.rows.push(cells);
    }

    pub(crate) fn write(&self, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
        let heads: Vec<Cell> =
            self.heads.iter().map(|&head| Cell(palette.faint, head.to_owned())).collect();
        let widths: Vec<usize> = (0..self.sides.len())
            .map(|column| {
                let cells = self.rows.iter().chain([&heads]).filter_map(|row| row.get(column));
                cells.map(|cell| cell.1.chars().count()).max().unwrap_or(0)
            })
            .collect();
        let indent = self.indent;
        match self.label {
            "" => write!(out, "{:indent$}", "")?,
            label => write_label(label, palette, out)?,
        }
        self.write_row(&heads, &widths, out)?;
        for row in &self.rows {
            // A row of nothing sets others apart.
            if row.iter().all(|cell| cell.1.is_empty()) {
                writeln!(out)?;
                continue;
            }
            write!(out, "{:indent$}", "")?;
            self.write_row(row, &widths, out)?;
        }
        Ok(())
    }

    fn write_row(&self, row: &[Cell], widths: &[usize], out: &mut dyn Write) -> io::Result<()> {
        // Blanks are owed until something follows them, so that no line ends in one.
        let mut owed = 0;
        for ((Cell(style, text), &width), side) in row.iter().zip(widths).zip(&self.sides) {
            let pad = width - text.chars().count().min(width);
            let (before, after) = if *side == Side::Right { (pad, 0) } else { (0, pad) };
            owed += before;
            if !text.is_empty() {
                write!(out, "{:owed$}{}", "", Painted(*style, text))?;
                owed = 0;
            }
            owed += after + 2;
        }
        writeln!(out)
    }
}

/// Writes a section's label and the blanks up to the gutter's end.
pub(crate) fn write_label(label: &str, palette: &Palette, out: &mut dyn Write) -> io::Result<()> {
    let pad = GUTTER.saturating_sub(label.chars().count());
    write!(out, "{}{:pad$}", Painted(palette.label, label), "")
}

/// Writes text beside a label, on as many lines as it needs.
pub(crate) fn write_paragraph(
    label: &str,
    text: &str,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_wrapped(label, text, WIDTH, palette, out)
}

/// Writes text beside a label, on as many lines of so many columns as it needs.
pub(crate) fn write_wrapped(
    label: &str,
    text: &str,
    width: usize,
    palette: &Palette,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_label(label, palette, out)?;
    for (at, line) in wrap(text, 0, width.saturating_sub(GUTTER)).iter().enumerate() {
        let indent = if at == 0 { 0 } else { GUTTER };
        writeln!(out, "{:indent$}{line}", "")?;
    }
    Ok(())
}
