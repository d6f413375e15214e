//! Coming in: contract B.9.

pub(crate) mod sign_in;
pub(crate) mod sign_up;
