//! The service without HTTP: what Vestibule knows and decides.
//!
//! Rooms are named for nouns, files for verbs. Nothing here may know of requests, headers or pages; nothing outside
//! may write SQL.

pub mod access;
mod aside;
pub mod attempt;
pub mod context;
pub mod db;
pub mod deployment;
pub mod domain;
pub mod email_address;
pub mod error;
pub mod handover;
pub mod housekeeping;
pub mod id;
pub mod images;
pub mod invitation;
pub mod join_request;
pub mod keys;
pub mod language;
pub mod limit;
pub mod mail;
pub mod membership;
pub mod names;
pub mod node;
pub mod organization;
pub mod outbox;
pub mod password;
pub mod random;
pub mod revision;
pub mod secret;
pub mod service;
pub mod session;
pub mod session_token;
pub mod settings;
pub mod sign_in;
pub mod sign_up;
pub mod time;
pub mod user;
pub mod waitlist;
pub mod workspace;

pub use context::{Caller, Command, Query, Reply};
pub use error::{Code, Problem, Result};
pub use service::{Parts, Service, ServiceError};

/// Every room's statements, for the registry: see [`db::statements`].
const STATEMENTS: &[&[db::Declaration]] = &[
    access::sql::STATEMENTS,
    attempt::sql::STATEMENTS,
    deployment::sql::STATEMENTS,
    domain::sql::STATEMENTS,
    handover::sql::STATEMENTS,
    housekeeping::sql::STATEMENTS,
    images::sql::STATEMENTS,
    invitation::sql::STATEMENTS,
    invitation::sql::surroundings::STATEMENTS,
    join_request::sql::STATEMENTS,
    limit::sql::STATEMENTS,
    membership::sql::STATEMENTS,
    node::sql::STATEMENTS,
    organization::sql::STATEMENTS,
    outbox::sql::STATEMENTS,
    revision::sql::STATEMENTS,
    session::sql::STATEMENTS,
    user::sql::STATEMENTS,
    waitlist::sql::STATEMENTS,
    workspace::sql::STATEMENTS,
];
