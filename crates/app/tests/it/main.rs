//! The binary as its operator meets it: started, misused, killed, and with its database taken away.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod command;
mod durability;
mod server;
