//! Tables: a caption, heads with a scope, cells that line up.

use maud::{Markup, PreEscaped, html};

use crate::report::words::grouped;

use super::figure::Figure;

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Column {
    /// Words, from the left.
    Words(&'static str),
    /// Names, in letters of equal width.
    Names(&'static str),
    /// Codes of findings, which stay on one line.
    Codes(&'static str),
    /// Numbers, from the right.
    Numbers(&'static str),
}

/// A cell: what it shows, and by what it is sorted when that is not its text.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    content: Markup,
    sort: Option<String>,
    is_faint: bool,
}

impl Cell {
    /// A cell of any content.
    pub(super) fn of(content: Markup) -> Self {
        Self { content, sort: None, is_faint: false }
    }

    /// A cell of nothing.
    pub(super) fn none() -> Self {
        Self { is_faint: true, ..Self::of(html! { "–" }) }
    }

    /// A number that the JSON report does not have, such as a sum or a difference.
    pub(super) fn number(number: u64) -> Self {
        Self { is_faint: number == 0, ..Self::of(html! { (grouped(number)) }) }
    }

    /// The same with another key to sort by.
    pub(super) fn sorted_by(self, key: impl ToString + Copy) -> Self {
        Self { sort: Some(key.to_string()), ..self }
    }
}

impl From<Figure> for Cell {
    fn from(figure: Figure) -> Self {
        Self {
            is_faint: figure.is_nought(),
            sort: figure.sort_key().map(str::to_owned),
            content: html! { (figure) },
        }
    }
}

impl From<Option<Figure>> for Cell {
    fn from(figure: Option<Figure>) -> Self {
        figure.map_or_else(Self::none, Self::from)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::of(html! { (text) })
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::of(html! { (text) })
    }
}

impl From<Markup> for Cell {
    fn from(content: Markup) -> Self {
        Self::of(content)
    }
}

/// A table. The first cell of a row names the row.
#[derive(Debug)]
pub(super) struct Table {
    caption: String,
    columns: Vec<Column>,
    rows: String,
    len: usize,
    id: Option<&'static str>,
    is_sortable: bool,
}

impl Table {
    pub(super) fn new(caption: impl Into<String>, columns: &[Column]) -> Self {
        Self {
            caption: caption.into(),
            columns: columns.to_vec(),
            rows: String::new(),
            len: 0,
            id: None,
            is_sortable: false,
        }
    }

    /// A table that can be sorted by each column, and found by the page's script.
    pub(super) fn sortable(self, id: &'static str) -> Self {
        Self { id: Some(id), is_sortable: true, ..self }
    }

    /// Adds a row with a cell for each column.
    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.marked_row(&[], cells);
    }

    /// Adds a row with attributes that filters look at: `data-` names with their values.
    pub(super) fn marked_row(&mut self, marks: &[(&str, &str)], cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push_str("<tr");
        for (name, value) in marks {
            let value = html! { (value) }.0;
            self.rows.push_str(&format!(" data-{name}=\"{value}\""));
        }
        self.rows.push('>');
        for (at, (cell, column)) in cells.into_iter().zip(&self.columns).enumerate() {
            let class = match (column, cell.is_faint) {
                (Column::Words(_), false) => None,
                (Column::Words(_), true) => Some("nought"),
                (Column::Names(_), _) => Some("name"),
                (Column::Codes(_), _) => Some("code"),
                (Column::Numbers(_), false) => Some("number"),
                (Column::Numbers(_), true) => Some("number nought"),
            };
            let Cell { content, sort, .. } = cell;
            let cell = html! {
                @if at == 0 {
                    th scope="row" class=[class] data-sort=[sort] { (content) }
                } @else {
                    td class=[class] data-sort=[sort] { (content) }
                }
            };
            self.rows.push_str(&cell.0);
        }
        self.rows.push_str("</tr>");
        self.len += 1;
    }

    /// Rows so far.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The table in a box of its own, which scrolls where the page is narrower.
    pub(super) fn render(self) -> Markup {
        self.render_as("")
    }

    /// The same, with a class by which style sheets know it.
    pub(super) fn render_as(self, class: &str) -> Markup {
        let class = if self.is_sortable { format!("{class} sortable") } else { class.to_owned() };
        let class = Some(class.trim()).filter(|class| !class.is_empty());
        html! {
            div.scroll role="region" tabindex="0" aria-label=(self.caption) {
                table id=[self.id] class=[class] {
                    caption { span { (self.caption) } }
                    thead { tr {
                        @for column in &self.columns {
                            @match column {
                                Column::Words(head) | Column::Names(head) | Column::Codes(head) => th scope="col" { (head) },
                                Column::Numbers(head) => th scope="col" class="number" { (head) },
                            }
                        }
                    } }
                    tbody { (PreEscaped(self.rows)) }
                }
            }
        }
    }
}
