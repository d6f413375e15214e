//! The suite: HTTP to the real router, on a real database, with clock, randomness and mailbox handed in.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod accept;
mod access_table;
mod account;
mod api_cost;
mod ascent;
mod bad_input;
mod browser;
mod bucket;
mod bulk;
mod connections;
mod crash;
mod cross_site;
mod database_away;
mod deployment;
mod description;
mod domains;
mod encodings;
mod handovers;
mod harness;
mod housekeeping;
mod images;
mod invitations;
mod kept;
mod letters;
mod many_processes;
mod members;
mod moving;
mod organizations;
mod pages;
mod races;
mod roles;
mod scan;
mod session_tokens;
mod sessions;
mod shapes;
mod simulation;
mod smtp;
mod verification;
mod workspaces;
