//! Integration tests: HTTP requests to the real router, on a real database, with injected clock, randomness and
//! mailbox.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod accept_invitation;
mod access_table;
mod account;
mod address_claims;
mod api_cost;
mod api_documents;
mod bad_input;
mod browser;
mod bulk_invitations;
mod cleanup;
mod connections;
mod copy_database;
mod crash;
mod cross_site_requests;
mod database_outages;
mod deployment;
mod domains;
mod emails;
mod encodings;
mod harness;
mod image_bucket;
mod images;
mod invitations;
mod mail_queues;
mod members;
mod multiple_processes;
mod openapi;
mod organizations;
mod ownership_transfers;
mod pages;
mod privilege_escalation;
mod races;
mod recovery_delay;
mod response_bodies;
mod response_cache;
mod roles;
mod secret_scan;
mod session_tokens;
mod sessions;
mod simulation;
mod smtp;
mod verification;
mod workspaces;
