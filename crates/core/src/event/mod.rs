//! Events: what changes who may do what, what opens an account, and what an admin asks about.
//!
//! A command emits its events with `cx.emit`, and the executor stores them in the command's transaction, each as an entry
//! of the audit log. Names of people, addresses and the like are [`Personal`] fields: they are stored apart from the
//! rest, so that they can be erased without it.

mod accounts;
mod catalogue;
mod connections;
mod entity;
mod fan_out;
mod field;
mod identities;
mod installation;
mod members;
mod organizations;
mod payload;
mod record;
mod schema;
mod second_factors;
pub(crate) mod sql;
mod workspaces;

pub use accounts::*;
pub use catalogue::{Event, EventType};
pub use connections::*;
pub use entity::EntityType;
pub use fan_out::CHECKPOINT_CREATED;
pub(crate) use fan_out::{Deliveries, name_in_filter, webhook_body};
pub use field::{Changed, Personal};
pub use identities::*;
pub use installation::*;
pub use members::*;
pub use organizations::*;
pub use payload::Payload;
pub(crate) use record::{ActorKind, EventContext, PendingEvent};
pub use second_factors::*;
pub use workspaces::*;
