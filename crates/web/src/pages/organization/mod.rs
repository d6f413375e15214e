//! `/organizations/{id}`: an organization as those see it who are in it, a tab for each noun. The API has its own calls right
//! below that path, so the pages are behind a dash.

mod confirm;
mod domains;
mod invitations;
mod invite;
mod members;
mod requests;
mod roles;
mod settings;
mod workspaces;

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::access::Need;
use vestibule_core::context::Command;
use vestibule_core::id::OrganizationId;
use vestibule_core::membership::{self, MembershipRole};
use vestibule_core::organization::Organization;
use vestibule_core::{Code, Problem};

use super::asked::{Answered, Asked, see_other};
use super::words::Words;
use crate::routes::Routes;
pub(super) use confirm::{Confirm, unless_sure};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/organizations/{id}", show)
        .merge(people())
        .get("/organizations/{id}/-/workspaces", workspaces::list)
        .post("/organizations/{id}/-/workspaces", workspaces::create)
        .get("/organizations/{id}/-/workspaces/{workspace}", workspaces::show)
        .post("/organizations/{id}/-/workspaces/{workspace}/add-member", workspaces::add_member)
        .post("/organizations/{id}/-/workspaces/{workspace}/remove-member", workspaces::remove_member)
        .post("/organizations/{id}/-/workspaces/{workspace}/rename", workspaces::rename)
        .post("/organizations/{id}/-/workspaces/{workspace}/leave", workspaces::leave)
        .post("/organizations/{id}/-/workspaces/{workspace}/delete", workspaces::delete)
        .get("/organizations/{id}/-/domains", domains::list)
        .post("/organizations/{id}/-/domains", domains::add)
        .post("/organizations/{id}/-/domains/{domain}/verify", domains::verify)
        .post("/organizations/{id}/-/domains/{domain}/joining", domains::joining)
        .post("/organizations/{id}/-/domains/{domain}/delete", domains::delete)
        .get("/organizations/{id}/-/requests", requests::list)
        .post("/organizations/{id}/-/requests/{request}/approve", requests::approve)
        .post("/organizations/{id}/-/requests/{request}/deny", requests::deny)
        .post("/organizations/{id}/-/come-in", requests::come_in)
        .get("/organizations/{id}/-/settings", settings::show)
        .post("/organizations/{id}/-/settings", settings::change)
        .post("/organizations/{id}/-/leave", settings::leave)
        .post("/organizations/{id}/-/delete", settings::delete)
        .post("/organizations/{id}/-/restore", settings::restore)
        .post("/organizations/{id}/-/handover/accept", settings::accept_handover)
        .post("/organizations/{id}/-/handover/decline", settings::decline_handover)
        .post("/organizations/{id}/-/handover/withdraw", settings::withdraw_handover)
}

fn people() -> Routes {
    Routes::default()
        .get("/organizations/{id}/-/members", members::list)
        .get("/organizations/{id}/-/members/{member}", members::one)
        .post("/organizations/{id}/-/members/{member}/give-role", members::give_role)
        .post("/organizations/{id}/-/members/{member}/take-role", members::take_role)
        .post("/organizations/{id}/-/members/{member}/hand-over", members::hand_over)
        .post("/organizations/{id}/-/members/{member}/remove", members::remove)
        .get("/organizations/{id}/-/invitations", invitations::list)
        .post("/organizations/{id}/-/invitations", invite::invite)
        .post("/organizations/{id}/-/invitations/{invitation}/resend", invitations::resend)
        .post("/organizations/{id}/-/invitations/{invitation}/discard", invitations::discard)
        .get("/organizations/{id}/-/roles", roles::list)
        .post("/organizations/{id}/-/roles", roles::define)
        .post("/organizations/{id}/-/roles/{role}/remove", roles::remove)
}

/// The organization that a page is about, as the caller is in it.
struct House {
    words: Words,
    id: OrganizationId,
    name: String,
    /// Which tab is open.
    tab: &'static str,
    manages: bool,
    is_admin: bool,
    roles: Vec<MembershipRole>,
    organization: Organization,
}

impl House {
    /// The tabs that the caller may open.
    fn tabs(&self) -> Vec<(&'static str, String)> {
        let t = self.words;
        let all = [
            (true, "members", t.members()),
            (self.manages, "invitations", t.invitations()),
            (true, "roles", t.roles()),
            (true, "workspaces", t.workspaces()),
            (self.may(Need::ManageSettings), "domains", t.domains()),
            (self.manages, "requests", t.requests()),
            (true, "settings", t.settings()),
        ];
        all.into_iter().filter(|(is_open, ..)| *is_open).map(|(_, path, label)| (path, label)).collect()
    }

    /// Whether one of the caller's roles allows it. The command asks again.
    fn may(&self, need: Need) -> bool {
        self.roles.iter().any(|role| role.permissions.satisfies(need))
    }

    fn path(&self, tab: &str) -> String {
        format!("/organizations/{}/-/{tab}", self.id)
    }
}

/// The organization of a page. Whoever is no member, or not let in from here, is told so.
async fn house(asked: &Asked, id: OrganizationId, tab: &'static str) -> Answered<House> {
    let mine = asked.ask(membership::Mine).await?;
    let found = mine.into_iter().find(|one| one.organization.id == id);
    let own = found.ok_or_else(|| asked.refused(&Code::Forbidden.into()))?;
    if !own.is_let_in {
        return Err(asked.refused(&Code::AddressNotAllowed.into()));
    }
    let holds = |need| own.roles.iter().any(|role| role.permissions.satisfies(need));
    Ok(House {
        words: asked.words,
        id,
        name: own.organization.name.clone(),
        tab,
        manages: holds(Need::ManageMembers),
        is_admin: holds(Need::Admin),
        roles: own.roles,
        organization: own.organization,
    })
}

/// On to the tab that is worth most to the caller.
async fn show(asked: Asked, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse() else {
        return asked.refused(&Code::Forbidden.into());
    };
    match house(&asked, id, "members").await {
        Ok(house) => {
            let tab = if house.manages { "invitations" } else { "members" };
            let done = asked.asked_for("done");
            let done = if done.is_empty() { done } else { format!("?done={done}") };
            // Only a word of ours goes on.
            let done = if asked.words.told(done.trim_start_matches("?done=")).is_some() { done } else { String::new() };
            see_other(&format!("{}{done}", house.path(tab)))
        }
        Err(response) => response,
    }
}

/// An id in a page's path. What is none is not there.
fn id<I: std::str::FromStr>(asked: &Asked, text: &str) -> Answered<I> {
    text.parse().map_err(|_| asked.refused(&Code::Forbidden.into()))
}

/// Has a command done: on to a page that says so, or the refusal.
async fn done<C: Command>(asked: &Asked, command: C, path: &str, word: &str) -> Result<Response, Problem> {
    asked.run(command).await.map(|_| see_other(&format!("{path}?done={word}")))
}

/// The response, whichever way it came.
fn either(answered: Answered<Response>) -> Response {
    answered.unwrap_or_else(|response| response)
}
