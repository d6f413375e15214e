//! Members: who is in, as what, and who goes.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::handover::Offer;
use vestibule_core::id::{MembershipId, OrganizationId, RoleId};
use vestibule_core::membership::{GiveRole, List, Remove, Show, ShownMember, TakeRole};
use vestibule_core::organization::ListRoles;

use super::super::asked::{Answered, Asked};
use super::super::form::Form;
use super::super::frame::Frame;
use super::confirm::{Confirm, unless_sure};
use super::{House, done, either, house, id};

/// Members a page.
const LIMIT: u32 = 50;

struct Role {
    id: RoleId,
    name: String,
}

struct Member {
    id: MembershipId,
    name: String,
    email: String,
    roles: Vec<Role>,
    since: String,
}

#[derive(Template)]
#[template(path = "organization/members.html")]
struct Page {
    frame: Frame,
    house: House,
    members: Vec<Member>,
    total: i64,
    seats: Option<String>,
    search: String,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "organization/member.html")]
struct One {
    frame: Frame,
    house: House,
    name: String,
    email: String,
    roles: Vec<Role>,
    all_roles: Vec<Role>,
    here: String,
}

pub(super) async fn list(asked: Asked, Path(organization): Path<String>) -> Response {
    either(page(&asked, &organization).await)
}

async fn page(asked: &Asked, organization: &str) -> Answered<Response> {
    let house = house(asked, id(asked, organization)?, "members").await?;
    let search = asked.asked_for("search");
    let number = asked.query().number_within("page", 1..=100_000_u32).ok().flatten().unwrap_or(1);
    let sought = Some(search.clone()).filter(|search| !search.trim().is_empty());
    let list = List { organization: house.id, page: number, limit: LIMIT, search: sought };
    let found = asked.ask(list).await?;
    let has_more = found.total > i64::from(number) * i64::from(LIMIT);
    let next = has_more.then(|| {
        let search: String = form_urlencoded::byte_serialize(search.as_bytes()).collect();
        format!("{}?page={}&search={search}", house.path("members"), number + 1)
    });
    let page = Page {
        frame: asked.frame(format!("{} · {}", asked.words.members(), house.name), true),
        seats: found.seats.map(|seats| asked.words.seats(seats.used, seats.held, seats.free)),
        members: found.members.into_iter().map(|member| shown(asked, member)).collect(),
        total: found.total,
        house,
        search,
        next,
    };
    Ok(asked.page_with(None, &page))
}

fn shown(asked: &Asked, ShownMember { member, roles }: ShownMember) -> Member {
    let email = member.email.unwrap_or_default();
    let name = format!("{} {}", member.first_name, member.last_name).trim().to_owned();
    let name = [name, member.username.unwrap_or_default(), email.clone()].into_iter().find(|name| !name.is_empty());
    Member {
        id: member.id,
        name: name.unwrap_or_default(),
        email,
        roles: roles.into_iter().map(|role| Role { id: role.id, name: role.name }).collect(),
        since: asked.words.time(member.created_at, asked.now()),
    }
}

pub(super) async fn one(asked: Asked, Path((organization, member)): Path<(String, String)>) -> Response {
    either(member_page(&asked, &organization, &member, None).await)
}

async fn member_page(asked: &Asked, organization: &str, member: &str, trouble: Option<&Problem>) -> Answered<Response> {
    let house = house(asked, id(asked, organization)?, "members").await?;
    let member: MembershipId = id(asked, member)?;
    let found = asked.ask(Show { organization: house.id, membership: member }).await?;
    let all_roles = asked.ask(ListRoles { organization: house.id }).await?;
    let Member { name, email, roles, .. } = shown(asked, found);
    let page = One {
        frame: asked.frame(name.clone(), true).troubled(trouble),
        here: format!("{}/{member}", house.path("members")),
        all_roles: all_roles.into_iter().map(|role| Role { id: role.id, name: role.name }).collect(),
        house,
        name,
        email,
        roles,
    };
    Ok(asked.page_with(trouble, &page))
}

/// The ids of a member's path.
type Ids = Path<(String, String)>;

fn ids(asked: &Asked, (organization, member): (&str, &str)) -> Answered<(OrganizationId, MembershipId)> {
    Ok((id(asked, organization)?, id(asked, member)?))
}

/// What was done, or the member's page with the reason why not.
async fn answered(asked: &Asked, (organization, member): (&str, &str), done: Result<Response, Problem>) -> Response {
    match done {
        Ok(response) => response,
        Err(problem) => either(member_page(asked, organization, member, Some(&problem)).await),
    }
}

pub(super) async fn give_role(asked: Asked, Path((organization, member)): Ids, form: Form) -> Response {
    let (id, membership) = match ids(&asked, (&organization, &member)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let given = match form.id("role") {
        Ok(role) => {
            let give = GiveRole { organization: id, member: membership.get().into(), role };
            done(&asked, give, &format!("/organizations/{id}/-/members/{membership}"), "saved").await
        }
        Err(problem) => Err(problem),
    };
    answered(&asked, (&organization, &member), given).await
}

pub(super) async fn take_role(asked: Asked, Path((organization, member)): Ids, form: Form) -> Response {
    let (id, membership) = match ids(&asked, (&organization, &member)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let taken = match form.id("role") {
        Ok(role) => {
            let take = TakeRole { organization: id, member: membership.get().into(), role };
            done(&asked, take, &format!("/organizations/{id}/-/members/{membership}"), "saved").await
        }
        Err(problem) => Err(problem),
    };
    answered(&asked, (&organization, &member), taken).await
}

pub(super) async fn hand_over(asked: Asked, Path((organization, member)): Ids, form: Form) -> Response {
    let (id, membership) = match ids(&asked, (&organization, &member)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let back = format!("/organizations/{id}/-/members/{membership}");
    let confirm = Confirm {
        label: asked.words.hand_over(),
        words: asked.words.hand_over_words(),
        action: &format!("{back}/hand-over"),
        hidden: Vec::new(),
        back: &back,
    };
    if let Err(response) = unless_sure(&asked, &form, confirm) {
        return response;
    }
    let offer = Offer { organization: id, member: membership.get().into() };
    let offered = done(&asked, offer, &back, "offered").await;
    answered(&asked, (&organization, &member), offered).await
}

pub(super) async fn remove(asked: Asked, Path((organization, member)): Ids, form: Form) -> Response {
    let (id, membership) = match ids(&asked, (&organization, &member)) {
        Ok(ids) => ids,
        Err(response) => return response,
    };
    let back = format!("/organizations/{id}/-/members/{membership}");
    let confirm = Confirm {
        label: asked.words.remove(),
        words: asked.words.remove_member_words(),
        action: &format!("{back}/remove"),
        hidden: Vec::new(),
        back: &back,
    };
    if let Err(response) = unless_sure(&asked, &form, confirm) {
        return response;
    }
    let remove = Remove { organization: id, member: membership.get().into() };
    let removed = done(&asked, remove, &format!("/organizations/{id}/-/members"), "removed").await;
    answered(&asked, (&organization, &member), removed).await
}
