//! Columns that grow row by row, and the macro that makes a table of them.
//!
//! Each `push` takes a value or `None`. That only columns which may hold nulls are given any is checked
//! when a batch is made.

use std::collections::HashMap;
use std::fmt::{Display, Write as _};
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, ListBuilder, PrimitiveBuilder, StringBuilder, StructBuilder,
    TimestampMicrosecondBuilder, UInt16Builder,
};
use arrow_array::types::{
    ArrowPrimitiveType, Int32Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, StringArray};
use arrow_schema::{DataType, Field, Fields, TimeUnit};

use crate::audit::chain::summary::ExtendedError;

/// A column that is being filled.
pub(super) trait Column: Default {
    /// What it holds.
    fn data_type() -> DataType;
    /// The rows so far. The next ones begin anew.
    fn finish(&mut self) -> ArrayRef;
}

/// Text, written as its display form.
#[derive(Debug, Default)]
pub(super) struct Text(StringBuilder);

impl Text {
    pub fn push(&mut self, value: Option<impl Display>) {
        match value {
            Some(value) => {
                // A string takes all that is written to it.
                let _ = write!(self.0, "{value}");
                self.0.append_value("");
            }
            None => self.0.append_null(),
        }
    }
}

impl Column for Text {
    fn data_type() -> DataType {
        DataType::Utf8
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// One of a few texts: a dictionary, to which later batches only add, as Arrow's file format demands.
#[derive(Debug, Default)]
pub(super) struct Word {
    keys: Vec<Option<i32>>,
    words: Vec<String>,
    known: HashMap<String, i32>,
    scratch: String,
}

impl Word {
    pub fn push(&mut self, value: Option<impl Display>) {
        let Some(value) = value else {
            self.keys.push(None);
            return;
        };
        self.scratch.clear();
        let _ = write!(self.scratch, "{value}");
        if let Some(&key) = self.known.get(&self.scratch) {
            self.keys.push(Some(key));
            return;
        }
        // Words are types, codes and the like: there are no 2³¹ of them.
        let key = i32::try_from(self.words.len()).unwrap_or(i32::MAX);
        self.known.insert(self.scratch.clone(), key);
        self.words.push(self.scratch.clone());
        self.keys.push(Some(key));
    }
}

impl Column for Word {
    fn data_type() -> DataType {
        DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
    }

    fn finish(&mut self) -> ArrayRef {
        let keys = Int32Array::from(std::mem::take(&mut self.keys));
        let words = StringArray::from_iter_values(&self.words);
        Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::new(words)))
    }
}

/// Yes or no.
#[derive(Debug, Default)]
pub(super) struct Flag(BooleanBuilder);

impl Flag {
    pub fn push(&mut self, value: impl Into<Option<bool>>) {
        self.0.append_option(value.into());
    }
}

impl Column for Flag {
    fn data_type() -> DataType {
        DataType::Boolean
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// Numbers of a width.
#[derive(Debug)]
pub(super) struct Number<T: ArrowPrimitiveType>(PrimitiveBuilder<T>);

pub(super) type U8 = Number<UInt8Type>;
pub(super) type U16 = Number<UInt16Type>;
pub(super) type U32 = Number<UInt32Type>;
pub(super) type U64 = Number<UInt64Type>;

impl<T: ArrowPrimitiveType> Default for Number<T> {
    fn default() -> Self {
        Self(PrimitiveBuilder::new())
    }
}

impl<T: ArrowPrimitiveType> Number<T> {
    pub fn push(&mut self, value: impl Into<Option<T::Native>>) {
        self.0.append_option(value.into());
    }
}

impl<T: ArrowPrimitiveType> Column for Number<T> {
    fn data_type() -> DataType {
        T::DATA_TYPE
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// Points in time, given in Unix seconds. Parquet has none of a second's resolution, and microseconds
/// are what its readers take for their own.
#[derive(Debug, Default)]
pub(super) struct Time(TimestampMicrosecondBuilder);

const ZONE: &str = "UTC";

impl Time {
    pub fn push(&mut self, seconds: impl Into<Option<i64>>) {
        self.0.append_option(seconds.into().map(|seconds| seconds.saturating_mul(1_000_000)));
    }
}

impl Column for Time {
    fn data_type() -> DataType {
        DataType::Timestamp(TimeUnit::Microsecond, Some(ZONE.into()))
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish().with_timezone(ZONE))
    }
}

/// Extended errors (RFC 8914): a list in each row.
pub(super) struct Errors(ListBuilder<StructBuilder>);

impl Errors {
    fn fields() -> Fields {
        let code = Field::new("code", DataType::UInt16, false);
        Fields::from(vec![code, Field::new("text", DataType::Utf8, false)])
    }

    fn item() -> Field {
        Field::new("item", DataType::Struct(Self::fields()), false)
    }

    pub fn push(&mut self, errors: &[ExtendedError]) {
        let items = self.0.values();
        for error in errors {
            if let Some(codes) = items.field_builder::<UInt16Builder>(0) {
                codes.append_value(error.code);
            }
            if let Some(texts) = items.field_builder::<StringBuilder>(1) {
                texts.append_value(&error.text);
            }
            items.append(true);
        }
        self.0.append(true);
    }
}

impl Default for Errors {
    fn default() -> Self {
        let items = StructBuilder::new(
            Self::fields(),
            vec![Box::new(UInt16Builder::new()), Box::new(StringBuilder::new())],
        );
        Self(ListBuilder::new(items).with_field(Self::item()))
    }
}

impl Column for Errors {
    fn data_type() -> DataType {
        DataType::List(Arc::new(Self::item()))
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// Whether a batch's column is as its field says.
pub(super) fn field(name: &str, data_type: DataType, nullable: bool) -> Field {
    Field::new(name, data_type, nullable)
}

/// Declares a table: its schema's name and version, and its columns, each with its name and kind, and
/// `?` where a row may have none.
macro_rules! columns {
    ($(#[$doc:meta])* $table:ident is $schema:literal version $version:literal {
        $($column:ident: $kind:ident $($null:literal)? = $name:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Default)]
        pub(super) struct $table { $(pub $column: $kind,)* }

        impl $crate::report::columns::table::Columns for $table {
            const SCHEMA: &'static str = $schema;
            const VERSION: u32 = $version;

            fn fields() -> Vec<arrow_schema::Field> {
                use $crate::report::columns::column::{Column as _, field};
                vec![$(field($name, $kind::data_type(), [$($null,)?].contains(&"?")),)*]
            }

            fn finish(
                &mut self,
                schema: &std::sync::Arc<arrow_schema::Schema>,
            ) -> Result<arrow_array::RecordBatch, arrow_schema::ArrowError> {
                use $crate::report::columns::column::Column as _;
                let columns = vec![$(self.$column.finish(),)*];
                arrow_array::RecordBatch::try_new(std::sync::Arc::clone(schema), columns)
            }
        }
    };
}
pub(super) use columns;

#[cfg(test)]
mod tests {
    use arrow_array::Array as _;
    use arrow_array::cast::AsArray as _;
    use arrow_array::types::TimestampMicrosecondType;

    use super::*;

    // Arrow's file format has one dictionary for all batches, to which it can only be added.
    #[test]
    fn a_dictionary_only_grows_from_batch_to_batch() {
        let mut column = Word::default();
        ["A", "MX"].iter().for_each(|word| column.push(Some(word)));
        let first = column.finish();
        column.push(Some("MX"));
        column.push(None::<&str>);
        column.push(Some("NS"));
        let second = column.finish();
        let words = |array: &ArrayRef| -> Vec<String> {
            let words = array.as_dictionary::<Int32Type>().values().as_string::<i32>().clone();
            words.iter().flatten().map(str::to_owned).collect()
        };
        assert_eq!(words(&first), ["A", "MX"]);
        assert_eq!(words(&second), ["A", "MX", "NS"]);
        let keys = second.as_dictionary::<Int32Type>().keys();
        assert_eq!(keys.iter().collect::<Vec<_>>(), [Some(1), None, Some(2)]);
    }

    #[test]
    fn seconds_become_microseconds_and_stay_in_range() {
        let mut column = Time::default();
        column.push(1);
        column.push(None);
        column.push(i64::MAX);
        let array = column.finish();
        let times = array.as_primitive::<TimestampMicrosecondType>();
        assert_eq!(times.value(0), 1_000_000);
        assert!(times.is_null(1));
        assert_eq!(times.value(2), i64::MAX);
        assert_eq!(*array.data_type(), Time::data_type());
    }
}
