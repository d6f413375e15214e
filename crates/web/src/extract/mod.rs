//! Extractors for bodies, queries and path ids, whose rejections use the API's error envelope.
//!
//! Forms, multipart bodies and JSON all become a [`FieldMap`]. A call's type takes its fields from a [`FieldReader`];
//! remaining fields are rejected, unless the type allows unknown fields.

mod body;
mod errors;
mod fields;
mod json;
mod large_bodies;
mod path;
mod reader;

pub(crate) use body::{
    Admission, Body, FromFields, MAX_IMAGE_BODY_BYTES, Query, content_type, read_body, read_form_body, read_small_body,
};
pub(crate) use errors::{BODY_ERRORS, ExtractorErrors, HandlerErrors};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use fields::Value;
pub(crate) use fields::{FieldMap, essence};
pub(crate) use large_bodies::{LargeBodies, LargeBodyPermit};
pub(crate) use path::Path;
pub(crate) use reader::FieldReader;
