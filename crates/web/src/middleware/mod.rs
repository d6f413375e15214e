//! Parts of the request pipeline in [`crate::Server`].

pub(crate) mod cors;
pub(crate) mod cross_site;
pub(crate) mod headers;
pub(crate) mod loopback;
pub(crate) mod single_headers;
pub(crate) mod timeout;
