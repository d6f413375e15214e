//! The call sequences of Wacht's React SDK, one story per file. Every `POST` with a body is a multipart form. In
//! staging the session token travels in the query and in a response header, in production in a cookie. Each story runs
//! in both modes and checks every field that the SDK reads.

mod account;
mod accounts;
mod delete_account;
mod domains;
mod fields;
mod identify;
mod invitations;
mod members;
mod organizations;
mod sdk;
mod second_factors;
mod sign_in_code;
mod sign_in_link;
mod sign_in_password;
mod sign_up;
mod waitlist;
mod workspaces;

use self::sdk::{Sdk, both_modes};
