//! Draws what `scripts/measure-scale` measured, as SVG: cost and memory of a record by the size of the
//! zone. Reads `records,wall_ns,cpu_ns,text_mib,peak_mib` from standard input, a line for each size,
//! under a line of headings; writes the picture to the path given.

use std::io::{self, Read as _};
use std::ops::Range;

use anyhow::{Context as _, Result, bail, ensure};
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;

/// What was measured at one size: nanoseconds for a record, and MiB of the text and of memory.
#[derive(Clone, Copy, Debug)]
struct Row {
    records: f64,
    wall: f64,
    cpu: f64,
    text: f64,
    peak: f64,
}

/// A line of the picture: its name, its colour, and what it shows.
type Line = (&'static str, RGBColor, fn(&Row) -> f64);

const BLUE: RGBColor = RGBColor(31, 98, 172);
const ORANGE: RGBColor = RGBColor(205, 96, 24);
const GREY: RGBColor = RGBColor(120, 120, 120);
const GREEN: RGBColor = RGBColor(46, 125, 64);

fn main() -> Result<()> {
    let path = std::env::args_os().nth(1).context("usage: plot_scale OUTPUT.svg < measured.csv")?;
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
    let rows = read(&text)?;
    let root = SVGBackend::new(&path, (960, 400)).into_drawing_area();
    root.fill(&WHITE)?;
    let (left, right) = root.split_horizontally(480);
    let times: [Line; 2] =
        [("wall time", BLUE, |row| row.wall), ("processor time", ORANGE, |row| row.cpu)];
    let most = highest(&rows, &times) * 1.15;
    panel(&left, "Nanoseconds for a record", &rows, &times, 0.0..most)?;
    let sizes: [Line; 2] =
        [("text of the zone", GREY, |row| row.text), ("memory at its peak", GREEN, |row| row.peak)];
    let decades = decades(sizes.iter().flat_map(|line| rows.iter().map(line.2)));
    panel(&right, "MiB", &rows, &sizes, decades.log_scale())?;
    root.present().context("cannot write the picture")?;
    Ok(())
}

fn read(text: &str) -> Result<Vec<Row>> {
    let row = |line: &str| -> Result<Row> {
        let numbers: Vec<f64> = line
            .split(',')
            .map(|field| field.trim().parse().with_context(|| format!("not a number: {field}")))
            .collect::<Result<_>>()?;
        let [records, wall, cpu, text, peak] = numbers[..] else {
            bail!("not five numbers: {line}")
        };
        ensure!(numbers.iter().all(|number| *number > 0.0), "not above zero: {line}");
        Ok(Row { records, wall, cpu, text, peak })
    };
    let rows: Vec<Row> = text.lines().skip(1).map(row).collect::<Result<_>>()?;
    ensure!(!rows.is_empty(), "there is nothing to draw");
    Ok(rows)
}

/// The highest value that the lines reach.
fn highest(rows: &[Row], lines: &[Line]) -> f64 {
    lines.iter().flat_map(|line| rows.iter().map(line.2)).fold(0.0, f64::max)
}

/// One diagram: records on a logarithmic axis, values on the one given.
fn panel<'a, B, V>(
    area: &DrawingArea<B, Shift>,
    title: &str,
    rows: &[Row],
    lines: &[Line],
    values: V,
) -> Result<()>
where
    B: DrawingBackend + 'a,
    B::ErrorType: 'static,
    V: AsRangedCoord<Value = f64>,
    V::CoordDescType: ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .margin_right(28)
        .x_label_area_size(42)
        .y_label_area_size(58)
        .build_cartesian_2d(decades(rows.iter().map(|row| row.records)).log_scale(), values)?;
    chart
        .configure_mesh()
        .x_desc("records in the zone")
        .x_label_formatter(&|records| in_words(*records))
        .y_labels(6)
        .y_label_formatter(&|value| in_words(*value))
        .label_style(("sans-serif", 13))
        .axis_desc_style(("sans-serif", 14))
        .light_line_style(WHITE)
        .draw()?;
    for (name, colour, value) in lines {
        let points: Vec<(f64, f64)> = rows.iter().map(|row| (row.records, value(row))).collect();
        let dots = points.clone();
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(*name)
            .legend(|(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        chart.draw_series(dots.into_iter().map(|at| Circle::new(at, 3, colour.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE)
        .border_style(BLACK.mix(0.3))
        .label_font(("sans-serif", 13))
        .draw()?;
    Ok(())
}

/// Whole powers of ten around numbers.
fn decades(numbers: impl Iterator<Item = f64> + Clone) -> Range<f64> {
    let logarithms = numbers.map(f64::log10);
    let least = logarithms.clone().fold(f64::MAX, f64::min).floor();
    let most = logarithms.fold(f64::MIN, f64::max).ceil().max(least + 1.0);
    10f64.powf(least)..10f64.powf(most)
}

/// 10,000 as `10 k`, 1,500,000 as `1.5 M`.
fn in_words(number: f64) -> String {
    let (unit, name) = match number {
        1e9.. => (1e9, " G"),
        1e6.. => (1e6, " M"),
        1e3.. => (1e3, " k"),
        _ => (1.0, ""),
    };
    format!("{}{name}", (number / unit * 10.0).round() / 10.0)
}
