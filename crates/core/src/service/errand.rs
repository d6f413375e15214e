//! Commands and queries without their types, so that what surrounds them (transactions, attempts, time limits, tasks) is
//! compiled once and not once for each of a hundred. What came of one travels as [`Done`] and gets its type back at the
//! end, in the same function that took it away.

use std::any::Any;
use std::pin::Pin;

use crate::context::{Command, Context, Query, Reply};
use crate::db::Purpose;
use crate::error::{Problem, Result};
use crate::id::OrganizationId;
use crate::settings::Settings;

/// What came of an errand.
pub(super) type Done = Box<dyn Any + Send>;

/// A command or a query.
pub(super) trait Errand: Send + Sync {
    /// What it relies on its transaction for.
    fn purpose(&self, settings: &Settings) -> Purpose;

    /// The organization whose member the caller has to be, if one may ask what that is at.
    fn organization(&self, settings: &Settings) -> Option<OrganizationId>;

    /// Runs it.
    fn run<'a>(&'a self, cx: &'a mut Context<'_>) -> Pin<Box<dyn Future<Output = Result<Done>> + Send + 'a>>;
}

/// A command as an errand.
pub(super) struct Doing<C>(pub(super) C);

impl<C: Command> Errand for Doing<C> {
    fn purpose(&self, settings: &Settings) -> Purpose {
        self.0.purpose(settings)
    }

    fn organization(&self, settings: &Settings) -> Option<OrganizationId> {
        self.0.organization().filter(|_| self.0.purpose(settings) != Purpose::Command)
    }

    fn run<'a>(&'a self, cx: &'a mut Context<'_>) -> Pin<Box<dyn Future<Output = Result<Done>> + Send + 'a>> {
        Box::pin(async move { Ok(Box::new(self.0.run(cx).await?) as Done) })
    }
}

/// A query as an errand.
pub(super) struct Asking<'q, Q>(pub(super) &'q Q);

impl<Q: Query> Errand for Asking<'_, Q> {
    fn purpose(&self, _: &Settings) -> Purpose {
        Purpose::Query
    }

    fn organization(&self, _: &Settings) -> Option<OrganizationId> {
        self.0.organization()
    }

    fn run<'a>(&'a self, cx: &'a mut Context<'_>) -> Pin<Box<dyn Future<Output = Result<Done>> + Send + 'a>> {
        Box::pin(async move { Ok(Box::new(self.0.run(cx).await?) as Done) })
    }
}

/// Gives what came of an errand its type back.
pub(super) fn typed<T: 'static>(reply: Reply<Done>) -> Reply<T> {
    let Reply { session, result, cost, stale_session } = reply;
    let of_its_type = |done: Done| done.downcast().map_err(|_| Problem::internal("an errand gave something else"));
    Reply { session, result: result.and_then(of_its_type).map(|done| *done), cost, stale_session }
}
