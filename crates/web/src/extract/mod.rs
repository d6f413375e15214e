//! From a request to what a handler wants, with every failure in our envelope.
//!
//! Bodies come as forms, as multipart or as JSON (contract A.6). All become [`Fields`], the fields are read by a
//! [`Reader`] into a type of the call's own, and what nobody read is refused unless the call is tolerant.

mod body;
mod fields;
mod path;
mod read;

pub(crate) use body::{Body, FromFields, Query, limit_for_members};
pub(crate) use fields::Fields;
pub(crate) use path::Path;
pub(crate) use read::Reader;
