//! Everything of Vestibule that speaks HTTP: it reads requests, has the core do what they ask, and writes answers. No
//! rule of the domain and no SQL is here.

mod answer;
mod api;
mod app;
mod client_address;
mod cookie;
mod docs;
mod envelope;
mod extract;
mod health;
mod images;
mod kept;
mod mail;
mod middleware;
mod openapi;
mod pages;
mod return_to;
mod router;
mod routes;
mod serve;
mod server;
mod well_known;

pub use router::description;
pub use serve::{Room, serve};
pub use server::Server;
