//! Values in PostgreSQL's types.

use std::error::Error as StdError;

use bytes::BytesMut;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::error::{Error, ErrorKind, Result};
use crate::{Cell, Kind, Value};

/// The PostgreSQL types of arguments.
pub(super) fn types(kinds: &[Kind]) -> Vec<Type> {
    let types = kinds.iter().map(|kind| match kind {
        Kind::Integer => Type::INT8,
        Kind::Text => Type::TEXT,
        Kind::Bytes => Type::BYTEA,
    });
    types.collect()
}

impl ToSql for Value<'_> {
    fn to_sql(&self, r#type: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Integer(number) => number.to_sql(r#type, out),
            Value::Text(text) => text.to_sql(r#type, out),
            Value::Bytes(bytes) => bytes.to_sql(r#type, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A [`Value`] that is read from a column.
struct ColumnValue<'a>(Value<'a>);

impl<'a> FromSql<'a> for ColumnValue<'a> {
    fn from_sql(r#type: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(match *r#type {
            Type::INT8 => Value::Integer(i64::from_sql(r#type, raw)?),
            // Number literals in statements are 32 bits.
            Type::INT4 => Value::Integer(i32::from_sql(r#type, raw)?.into()),
            Type::BYTEA => Value::Bytes(raw),
            _ => Value::Text(<&str>::from_sql(r#type, raw)?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(r#type: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::TEXT, Type::BYTEA].contains(r#type)
    }
}

pub(crate) fn cell(row: &Row, index: usize) -> Result<Cell<'_>> {
    row.try_get(index)
        .map(|ColumnValue(value)| value)
        .map_err(|error| Error::with_source(ErrorKind::Internal, format!("column {index} cannot be read"), error))
}
