//! The error codes of a handler's extractors, found by the types of its arguments. Only the OpenAPI document uses them.

use axum::extract::State;
use vestibule_core::Code;

use super::body::{Body, FromFields, Query};
use super::fields::FieldMap;
use super::path::Path;
use super::reader::FieldReader;
use crate::app::{App, CurrentCaller};

/// An extractor with the codes of its rejections.
pub(crate) trait ExtractorErrors {
    fn errors() -> Vec<Code> {
        Vec::new()
    }
}

impl ExtractorErrors for State<App> {}

impl ExtractorErrors for CurrentCaller {}

impl<T> ExtractorErrors for Path<T> {
    fn errors() -> Vec<Code> {
        vec![Code::InvalidId]
    }
}

impl<T: FromFields> ExtractorErrors for Query<T> {
    fn errors() -> Vec<Code> {
        [&[Code::BadRequestBody], &*field_errors::<T>()].concat()
    }
}

impl<T: FromFields> ExtractorErrors for Body<T> {
    fn errors() -> Vec<Code> {
        let image = [
            Code::Unauthorized,
            Code::TooManyRequests,
            Code::ImageUnreadable,
            Code::ImageTooLarge,
            Code::ImagesNotAvailable,
        ];
        [BODY_ERRORS, &*field_errors::<T>(), if T::ACCEPTS_IMAGE { &image } else { &[] }].concat()
    }
}

/// The codes for a body that cannot be read.
pub(crate) const BODY_ERRORS: &[Code] =
    &[Code::BadRequestBody, Code::BodyTooLarge, Code::UnsupportedMediaType, Code::RequestTimeout];

fn field_errors<T: FromFields>() -> Vec<Code> {
    let mut codes = [&[Code::InvalidField], T::ERRORS].concat();
    if !T::ALLOW_UNKNOWN_FIELDS {
        codes.push(Code::UnknownField);
    }
    // Whether a field is required shows when there are none.
    if let Err(problem) = T::from_fields(&mut FieldReader::new(FieldMap::default())) {
        codes.push(problem.code());
    }
    codes
}

/// A handler with the codes of all its extractors.
pub(crate) trait HandlerErrors<T> {
    fn extractor_errors(&self) -> Vec<Code>;
}

macro_rules! handler_errors {
    ($($argument:ident),+) => {
        impl<F, R, $($argument: ExtractorErrors),+> HandlerErrors<($($argument,)+)> for F
        where
            F: Fn($($argument),+) -> R,
        {
            fn extractor_errors(&self) -> Vec<Code> {
                [$($argument::errors()),+].concat()
            }
        }
    };
}

handler_errors!(A);
handler_errors!(A, B);
handler_errors!(A, B, C);
handler_errors!(A, B, C, D);
handler_errors!(A, B, C, D, E);
