//! Tables for programs that load data: findings, RRsets, signatures and responses as Parquet, or as
//! Arrow's file and stream formats (`DATA.md`).
//!
//! Rows are written as they come, in batches of a fixed number, so that memory does not depend on how
//! many there are.

mod chain;
mod column;
mod findings;
mod table;
mod zone;

use std::path::Path;
use std::sync::Arc;

use arrow_schema::Schema;

pub use chain::ChainTables;
pub use zone::ZoneTables;

/// The formats of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TableFormat {
    /// Apache Parquet, compressed by zstd.
    Parquet,
    /// Arrow's file format, which is also Feather's second version, compressed by zstd.
    ArrowFile,
    /// Arrow's stream format, compressed by zstd.
    ArrowStream,
}

/// The endings of file names, each with its format.
const ENDINGS: [(&str, TableFormat); 4] = [
    ("parquet", TableFormat::Parquet),
    ("arrow", TableFormat::ArrowFile),
    ("feather", TableFormat::ArrowFile),
    ("arrows", TableFormat::ArrowStream),
];

impl TableFormat {
    /// The format that a file's ending asks for, whatever the case of its letters.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?;
        let row = ENDINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending));
        row.map(|&(_, format)| format)
    }
}

/// The schemas of all tables, in the order in which `DATA.md` describes them. Their metadata has the
/// names and versions.
#[must_use]
pub fn schemas() -> Vec<Arc<Schema>> {
    vec![
        table::schema::<findings::FindingColumns>(),
        table::schema::<zone::RrsetColumns>(),
        table::schema::<zone::SignatureColumns>(),
        table::schema::<chain::ResponseColumns>(),
        table::schema::<chain::RrsetColumns>(),
        table::schema::<chain::SignatureColumns>(),
    ]
}

/// The name of a table's schema.
#[must_use]
pub fn name_of(schema: &Schema) -> Option<&str> {
    schema.metadata().get(table::SCHEMA_KEY).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::table::Columns;
    use super::*;

    #[test]
    fn the_ending_decides_the_format() {
        let of = |path: &str| TableFormat::of(Path::new(path));
        assert_eq!(of("a/b.parquet"), Some(TableFormat::Parquet));
        assert_eq!(of("b.PARQUET"), Some(TableFormat::Parquet));
        assert_eq!(of("b.feather"), Some(TableFormat::ArrowFile));
        assert_eq!(of("b.arrow"), Some(TableFormat::ArrowFile));
        assert_eq!(of("b.arrows"), Some(TableFormat::ArrowStream));
        for other in ["b.csv", "parquet", ".parquet", "-", "b.parquet.gz", "/dev/stdout"] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn no_table_names_a_column_twice() {
        for schema in schemas() {
            let mut names: Vec<_> = schema.fields().iter().map(|field| field.name()).collect();
            names.sort();
            let before = names.len();
            names.dedup();
            assert_eq!(names.len(), before, "{:?}", name_of(&schema));
            assert_eq!(schema.metadata()["sigmill.schema_version"], "1");
        }
    }

    #[test]
    fn every_table_can_be_made_of_no_rows() {
        fn rows<C: Columns>() -> usize {
            C::default().finish(&table::schema::<C>()).unwrap().num_rows()
        }
        assert_eq!(rows::<findings::FindingColumns>(), 0);
        assert_eq!(rows::<zone::RrsetColumns>() + rows::<zone::SignatureColumns>(), 0);
        assert_eq!(rows::<chain::RrsetColumns>() + rows::<chain::SignatureColumns>(), 0);
        assert_eq!(rows::<chain::ResponseColumns>(), 0);
    }
}
