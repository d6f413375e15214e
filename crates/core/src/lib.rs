//! The service without HTTP: every rule of the domain, and every SQL statement.
//!
//! Modules are named for nouns, files for verbs. Dependencies point from the service to the domain nouns, from there to
//! the infrastructure, and from there to the types; `tests/it/layers.rs` enforces it.

// Types: validated when they are parsed.
pub mod assurance;
pub mod deployment;
pub mod email_address;
pub mod error;
mod grouping;
pub mod identity_provider;
pub mod language;
pub mod listing;
pub mod metadata;
pub mod names;
mod notification_kind;
pub mod password_refusal;
pub mod permission;
pub mod proof;
pub mod query_params;
pub mod random;
pub mod scope;
pub mod search;
pub mod secret;
pub mod settings;
pub mod setup_purpose;
pub use vestibule_db::{id, time};

// Infrastructure: what commands run on.
pub mod access;
mod background_pool;
pub mod cache;
pub mod caller;
pub mod challenge;
pub mod dns;
pub mod event;
pub mod execution;
pub mod http_client;
pub mod image_store;
pub mod images;
mod index_requests;
pub mod mail;
pub mod metrics;
pub mod node;
pub mod oidc;
pub mod outbox;
pub mod password;
pub mod person_list;
pub mod rate_limit;
mod request_rate;
pub mod search_index;
pub mod security_log;
pub mod webauthn;
mod webhook_requests;

// Domain nouns.
pub mod account;
pub mod api_key;
pub mod audit;
mod backup_code;
pub mod bootstrap;
pub mod cleanup;
pub mod deployment_invitation;
pub mod domain;
pub mod enterprise_connection;
pub mod identity;
pub mod impersonation;
pub mod invitation;
pub mod join_request;
pub mod mailer;
pub mod membership;
pub mod notification;
pub mod offboarding;
pub mod operator;
pub mod organization;
pub mod ownership_transfer;
pub mod passkey;
pub mod password_reset;
pub mod reauthentication;
pub mod second_factor;
pub mod security_notice;
pub mod session;
pub mod session_token;
pub mod setup_link;
pub mod sign_in;
pub mod sign_up;
pub mod single_sign_on;
mod totp;
pub mod user;
pub mod user_management;
pub mod verification;
pub mod waitlist;
pub mod webhook;
pub mod workspace;

// The service that assembles everything above.
pub mod service;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

pub use error::{Code, Problem, Result};
pub use execution::{Caller, Command, Dependencies, Executor, Query, Reply};
pub use service::{Service, ServiceError};

/// Returns every statement that the service can run. Tests plan each of them on both engines.
pub fn statements() -> impl Iterator<Item = &'static vestibule_db::Declaration> {
    STATEMENTS.iter().flat_map(|module| module.iter())
}

const STATEMENTS: &[&[vestibule_db::Declaration]] = &[
    access::sql::STATEMENTS,
    api_key::sql::STATEMENTS,
    audit::sql::STATEMENTS,
    backup_code::sql::STATEMENTS,
    bootstrap::sql::STATEMENTS,
    cache::sql::STATEMENTS,
    caller::sql::STATEMENTS,
    challenge::sql::STATEMENTS,
    cleanup::sql::STATEMENTS,
    deployment_invitation::sql::STATEMENTS,
    domain::sql::STATEMENTS,
    enterprise_connection::sql::STATEMENTS,
    event::sql::STATEMENTS,
    identity::sql::STATEMENTS,
    images::sql::STATEMENTS,
    impersonation::sql::STATEMENTS,
    invitation::sql::STATEMENTS,
    invitation::sql::idempotency::STATEMENTS,
    invitation::sql::lists::STATEMENTS,
    invitation::sql::references::STATEMENTS,
    invitation::sql::views::STATEMENTS,
    join_request::sql::STATEMENTS,
    membership::sql::STATEMENTS,
    membership::sql::management::STATEMENTS,
    membership::sql::lists::STATEMENTS,
    node::sql::STATEMENTS,
    notification::sql::STATEMENTS,
    operator::sql::STATEMENTS,
    organization::sql::STATEMENTS,
    organization::sql::management::STATEMENTS,
    organization::sql::mfa::STATEMENTS,
    outbox::sql::STATEMENTS,
    ownership_transfer::sql::STATEMENTS,
    passkey::sql::STATEMENTS,
    rate_limit::sql::STATEMENTS,
    reauthentication::sql::STATEMENTS,
    search_index::sql::STATEMENTS,
    second_factor::reset_sql::STATEMENTS,
    security_notice::sql::STATEMENTS,
    session::sql::STATEMENTS,
    session::sql::factors::STATEMENTS,
    session::sql::sso::STATEMENTS,
    setup_link::sql::STATEMENTS,
    session::profile_sql::STATEMENTS,
    single_sign_on::sql::STATEMENTS,
    totp::sql::STATEMENTS,
    user::sql::STATEMENTS,
    user::sql::claims::STATEMENTS,
    user::sql::second_factors::STATEMENTS,
    user_management::sql::STATEMENTS,
    verification::sql::STATEMENTS,
    waitlist::sql::STATEMENTS,
    webhook::sql::STATEMENTS,
    webhook::sql::cleanup::STATEMENTS,
    webhook::sql::log::STATEMENTS,
    workspace::sql::STATEMENTS,
    workspace::sql::management::STATEMENTS,
    workspace::sql::lists::STATEMENTS,
    workspace::sql::members::STATEMENTS,
    workspace::sql::own::STATEMENTS,
];
