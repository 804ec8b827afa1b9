//! Reports as one HTML page: what an operator opens, sends on, or prints.
//!
//! A page is one file. It asks the network for nothing, runs no script but its own, and says all it has
//! to say without one: the script sorts and filters tables, and chooses between light and dark. What
//! comes from outside is escaped by maud, which writes every value of a template as text unless it is
//! marked otherwise; control characters and marks that turn writing around are shown by
//! [`printable`](super::words::printable). Markup is a function of typed data here, so that a plot or a
//! table is checked by the compiler like everything else; the parts of a page that are no data, its style
//! sheet and its script, are files of their own.
//!
//! Every figure names its place in the JSON report ([`figure`]).

mod bench;
mod chain;
mod expiry;
mod figure;
mod findings;
mod latency;
mod marks;
mod page;
mod plot;
mod table;
mod zone;

pub(super) use bench::BenchPage;
pub(super) use chain::ChainPage;
pub(super) use zone::ZonePage;
