//! A table on its way to a file: rows to batches, batches to a format.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{DictionaryHandling, FileWriter, IpcWriteOptions, StreamWriter};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use crate::report::entry::VERSION;

use super::TableFormat;

/// What a table consists of; see [`columns!`](super::column::columns).
pub(super) trait Columns: Default {
    /// The schema's name.
    const SCHEMA: &'static str;
    /// The schema's version: it grows when a column goes or changes its meaning.
    const VERSION: u32;

    /// The columns.
    fn fields() -> Vec<Field>;
    /// The rows so far; the next ones begin anew.
    fn finish(&mut self, schema: &Arc<Schema>) -> Result<RecordBatch, ArrowError>;
}

/// Where a file's metadata has the schema's name.
pub(super) const SCHEMA_KEY: &str = "sigmill.schema";
const VERSION_KEY: &str = "sigmill.schema_version";
const PROGRAM_KEY: &str = "sigmill.version";

/// Rows of a batch.
const BATCH: usize = 1 << 13;
/// Rows of a row group of Parquet: enough to compress well and to be skipped as a whole, few enough to
/// be held in memory.
const ROW_GROUP: usize = 1 << 16;

/// The schema of a table, with its name and version.
pub(super) fn schema<C: Columns>() -> Arc<Schema> {
    let metadata = HashMap::from([
        (SCHEMA_KEY.to_owned(), C::SCHEMA.to_owned()),
        (VERSION_KEY.to_owned(), C::VERSION.to_string()),
        (PROGRAM_KEY.to_owned(), VERSION.to_owned()),
    ]);
    Arc::new(Schema::new_with_metadata(C::fields(), metadata))
}

/// A table that is being written.
pub(super) struct Table<C, W: Write + Send> {
    columns: C,
    rows: usize,
    schema: Arc<Schema>,
    sink: Sink<W>,
}

enum Sink<W: Write + Send> {
    Parquet(Box<ArrowWriter<W>>),
    File(Box<FileWriter<W>>),
    Stream(Box<StreamWriter<W>>),
}

impl<C: Columns, W: Write + Send> Table<C, W> {
    /// A table without rows.
    pub fn new(format: TableFormat, out: W) -> io::Result<Self> {
        let schema = schema::<C>();
        let sink = match format {
            TableFormat::Parquet => {
                let properties = properties(&schema)?;
                let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties));
                Sink::Parquet(Box::new(writer.map_err(of_parquet)?))
            }
            TableFormat::ArrowFile => {
                let writer = FileWriter::try_new_with_options(out, &schema, ipc_options()?);
                Sink::File(Box::new(writer.map_err(of_arrow)?))
            }
            TableFormat::ArrowStream => {
                let writer = StreamWriter::try_new_with_options(out, &schema, ipc_options()?);
                Sink::Stream(Box::new(writer.map_err(of_arrow)?))
            }
        };
        Ok(Self { columns: C::default(), rows: 0, schema, sink })
    }

    /// Adds a row, for which `fill` pushes one value to every column.
    pub fn row(&mut self, fill: impl FnOnce(&mut C)) -> io::Result<()> {
        fill(&mut self.columns);
        self.rows += 1;
        if self.rows == BATCH { self.write_batch() } else { Ok(()) }
    }

    fn write_batch(&mut self) -> io::Result<()> {
        self.rows = 0;
        let batch = self.columns.finish(&self.schema).map_err(of_arrow)?;
        match &mut self.sink {
            Sink::Parquet(writer) => writer.write(&batch).map_err(of_parquet),
            Sink::File(writer) => writer.write(&batch).map_err(of_arrow),
            Sink::Stream(writer) => writer.write(&batch).map_err(of_arrow),
        }
    }

    /// Writes what is left, and the end.
    pub fn finish(mut self) -> io::Result<W> {
        if self.rows > 0 {
            self.write_batch()?;
        }
        match self.sink {
            Sink::Parquet(writer) => writer.into_inner().map_err(of_parquet),
            Sink::File(writer) => writer.into_inner().map_err(of_arrow),
            Sink::Stream(writer) => writer.into_inner().map_err(of_arrow),
        }
    }
}

fn properties(schema: &Schema) -> io::Result<WriterProperties> {
    // The schema of Arrow is written too, but only Arrow's readers look into it.
    let mut metadata: Vec<KeyValue> = schema
        .metadata()
        .iter()
        .map(|(key, value)| KeyValue::new(key.clone(), value.clone()))
        .collect();
    metadata.sort_by(|a, b| a.key.cmp(&b.key));
    let level = ZstdLevel::try_new(3).map_err(of_parquet)?;
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_created_by(format!("sigmill version {VERSION}"))
        .set_key_value_metadata(Some(metadata));
    // Names and lines differ from row to row: a dictionary of them would cost memory and save nothing.
    for field in schema.fields() {
        if matches!(field.data_type(), DataType::Utf8 | DataType::UInt64) {
            let column = field.name().as_str().into();
            properties = properties.set_column_dictionary_enabled(column, false);
        }
    }
    Ok(properties.build())
}

fn ipc_options() -> io::Result<IpcWriteOptions> {
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD));
    Ok(options.map_err(of_arrow)?.with_dictionary_handling(DictionaryHandling::Delta))
}

/// The error of the file beneath, where that is what it was.
fn of_arrow(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        error => io::Error::other(error),
    }
}

fn of_parquet(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        error => io::Error::other(error),
    }
}
