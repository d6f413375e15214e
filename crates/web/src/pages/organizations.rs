//! `/organizations`: what somebody belongs to, is invited to, or could come into.

use askama::Template;
use axum::response::Response;
use vestibule_core::domain::{Joinable, ListJoinable};
use vestibule_core::id::OrganizationId;
use vestibule_core::images;
use vestibule_core::invitation::{self, Accept, Decline, Outcome, OwnInvitation};
use vestibule_core::membership::{self, MembershipRole};
use vestibule_core::names::{Description, OrganizationName};
use vestibule_core::organization::{Create, ListDeleted};
use vestibule_core::secret::InvitationToken;
use vestibule_core::{Code, Problem, handover};

use super::asked::{Answered, Asked, see_other};
use super::form::Form;
use super::frame::Frame;
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        // Whoever types the host alone wants to look.
        .get("/", async || see_other("/organizations"))
        .get("/organizations", show)
        .post("/organizations/-/create", create)
        .post("/organizations/-/accept", accept)
        .post("/organizations/-/decline", decline)
}

struct Mine {
    id: OrganizationId,
    name: String,
    roles: String,
    members: i64,
    is_let_in: bool,
}

struct Invited {
    words: String,
    token: String,
    ends: String,
}

struct Offer {
    id: OrganizationId,
    words: String,
    ends: String,
}

struct Deleted {
    id: OrganizationId,
    name: String,
    erased: String,
}

struct Open {
    id: OrganizationId,
    name: String,
    domain: String,
}

#[derive(Template)]
#[template(path = "organizations.html")]
struct Page {
    frame: Frame,
    invitations: Vec<Invited>,
    offers: Vec<Offer>,
    mine: Vec<Mine>,
    joinable: Vec<Open>,
    deleted: Vec<Deleted>,
}

async fn show(asked: Asked) -> Response {
    page(&asked, None).await
}

pub(super) async fn page(asked: &Asked, trouble: Option<&Problem>) -> Response {
    match load(asked).await {
        Ok(mut page) => {
            page.frame = page.frame.troubled(trouble);
            asked.page_with(trouble, &page)
        }
        Err(response) => response,
    }
}

async fn load(asked: &Asked) -> Answered<Page> {
    let (t, now) = (asked.words, asked.now());
    let mine = asked.ask(membership::Mine).await?;
    let invitations = asked.ask(invitation::Mine).await?;
    let offers = asked.ask(handover::Mine).await?;
    let joinable = asked.ask(ListJoinable).await?;
    let deleted = asked.ask(ListDeleted).await?;
    let invited = |OwnInvitation { received, token, .. }: OwnInvitation| {
        let place = match &received.workspace_name {
            Some(workspace) => format!("{}, {workspace}", received.organization_name),
            None => received.organization_name.clone(),
        };
        let first = received.inviter_first_name.unwrap_or_default();
        let inviter = format!("{first} {}", received.inviter_last_name.unwrap_or_default()).trim().to_owned();
        let words = if inviter.is_empty() { t.you_are_invited(&place) } else { t.invites_you(&inviter, &place) };
        Invited { words, token: token.reveal(), ends: t.time(received.expires_at, now) }
    };
    Ok(Page {
        frame: asked.frame(t.organizations(), true),
        invitations: invitations.into_iter().filter(|one| !one.expired).map(invited).collect(),
        offers: offers
            .into_iter()
            .map(|one| {
                let giver = format!("{} {}", one.giver_first_name, one.giver_last_name);
                let words = t.offers_you(giver.trim(), &one.organization_name);
                Offer { id: one.organization_id, words, ends: t.time(one.expires_at, now) }
            })
            .collect(),
        mine: mine
            .into_iter()
            .map(|one| Mine {
                id: one.organization.id,
                name: one.organization.name,
                roles: names(&one.roles),
                members: one.organization.member_count,
                is_let_in: one.is_let_in,
            })
            .collect(),
        joinable: joinable
            .into_iter()
            .map(|Joinable { organization_id, name, domain, .. }| Open { id: organization_id, name, domain })
            .collect(),
        deleted: deleted
            .into_iter()
            .map(|one| Deleted {
                id: one.organization.id,
                name: one.organization.name,
                erased: t.time(one.erased_at, now),
            })
            .collect(),
    })
}

fn names(roles: &[MembershipRole]) -> String {
    roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>().join(", ")
}

async fn create(asked: Asked, form: Form) -> Response {
    let create = OrganizationName::parse("name", form.text("name")).and_then(|name| {
        Ok(Create { name, description: Description::parse("description", "")?, image: images::Change::Keep })
    });
    let created = match create {
        Ok(create) => asked.run(create).await,
        Err(problem) => Err(problem),
    };
    match created {
        Ok(created) => see_other(&format!("/organizations/{}/-/invitations?done=created", created.organization.id)),
        Err(problem) => page(&asked, Some(&problem)).await,
    }
}

/// The list holds the bare token, which is enough for whoever has proved the address.
async fn accept(asked: Asked, form: Form) -> Response {
    let accepted = match token(&form) {
        Ok(token) => asked.run(Accept { token }).await,
        Err(problem) => Err(problem),
    };
    match accepted {
        Ok(Outcome { refusal: None, organization: Some(organization), .. }) => {
            see_other(&format!("/organizations/{}?done=joined", organization.id))
        }
        Ok(Outcome { refusal, .. }) => page(&asked, Some(&refusal.unwrap_or(Code::Internal).into())).await,
        Err(problem) => page(&asked, Some(&problem)).await,
    }
}

async fn decline(asked: Asked, form: Form) -> Response {
    let declined = match token(&form) {
        Ok(token) => asked.run(Decline { token }).await,
        Err(problem) => Err(problem),
    };
    match declined {
        Ok(()) => see_other("/organizations?done=declined"),
        Err(problem) => page(&asked, Some(&problem)).await,
    }
}

fn token(form: &Form) -> Result<InvitationToken, Problem> {
    form.text("token").parse().map_err(|_| Code::InvalidInvitationToken.into())
}
