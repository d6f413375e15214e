//! Extractor for the ids in a path.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use vestibule_core::id::InvalidId;
use vestibule_core::{Code, Problem};

use crate::envelope::Refusal;

/// Extracts a path's ids as a tuple, in their order in the path.
///
/// # Errors
/// `INVALID_ID`.
#[derive(Debug)]
pub(crate) struct Path<T>(pub(crate) T);

/// A tuple of ids.
pub(crate) trait FromSegments: Sized {
    fn from_segments(segments: &[&str]) -> Option<Self>;
}

macro_rules! ids {
    ($($id:ident $text:ident),+) => {
        impl<$($id: FromStr<Err = InvalidId>),+> FromSegments for ($($id,)+) {
            fn from_segments(segments: &[&str]) -> Option<Self> {
                let [$($text),+] = segments else { return None };
                Some(($($text.parse().ok()?,)+))
            }
        }
    };
}

ids!(A a);
ids!(A a, B b);
ids!(A a, B b, C c);

impl<S: Send + Sync, T: FromSegments> FromRequestParts<S> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let invalid_id = || Refusal(Problem::from(Code::InvalidId));
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| invalid_id())?;
        let segments: Vec<&str> = params.iter().map(|(_, segment)| segment).collect();
        T::from_segments(&segments).map(Self).ok_or_else(invalid_id)
    }
}
