//! What stands around every handler.

pub(crate) mod cors;
pub(crate) mod cross_site;
pub(crate) mod headers;
