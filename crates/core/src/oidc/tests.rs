//! The client against a provider without a network, which can say anything.

mod cache;
mod claims;
mod discovery;
mod fixtures;
mod flow;
mod github;
mod id_token;
mod jws;
