//! The ids in a path.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use vestibule_core::id::NotAnId;
use vestibule_core::{Code, Problem};

use crate::envelope::Refusal;

/// The ids of a path in order. Error: `INVALID_ID`.
#[derive(Debug)]
pub(crate) struct Path<T>(pub(crate) T);

/// Ids that can be read from a path's texts.
pub(crate) trait FromTexts: Sized {
    /// Reads them.
    fn from_texts(texts: &[&str]) -> Option<Self>;
}

/// As many ids as a path has.
macro_rules! ids {
    ($($id:ident $text:ident),+) => {
        impl<$($id: FromStr<Err = NotAnId>),+> FromTexts for ($($id,)+) {
            fn from_texts(texts: &[&str]) -> Option<Self> {
                let [$($text),+] = texts else { return None };
                Some(($($text.parse().ok()?,)+))
            }
        }
    };
}

ids!(A a);
ids!(A a, B b);
ids!(A a, B b, C c);

impl<S: Send + Sync, T: FromTexts> FromRequestParts<S> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let refusal = || Refusal(Problem::from(Code::InvalidId));
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| refusal())?;
        let texts: Vec<&str> = params.iter().map(|(_, text)| text).collect();
        T::from_texts(&texts).map(Self).ok_or_else(refusal)
    }
}
