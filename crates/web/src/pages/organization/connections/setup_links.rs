//! Setup links, with which an IT department sets up a connection without an account.

use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_core::Problem;
use vestibule_core::id::{OrganizationId, SetupLinkId};
use vestibule_core::names::SetupRecipient;
use vestibule_core::setup_link::{
    Create, List, NewSetupLink, Revoke, SetupLink, SetupLinkState, SetupPurpose, SetupPurposes,
};

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::layout::Layout;
use super::super::super::words::Words;
use super::super::confirm::Confirmation;
use super::super::{OrganizationPage, load_organization, page_or_response, parse_id};
use super::view::Badge;
use super::{PathIds, TAB, list};

/// The choices, in days.
const LIFETIMES: [u64; 4] = [1, 7, 14, 30];
const DEFAULT_LIFETIME: u64 = 7;

pub(super) struct LinkView {
    pub(super) id: SetupLinkId,
    pub(super) recipient: String,
    pub(super) purposes: String,
    pub(super) badge: Badge,
    pub(super) can_revoke: bool,
    /// HTML.
    pub(super) expires: String,
    /// HTML; empty if it was not used.
    pub(super) last_used: String,
}

/// What the form of a new link contains.
pub(super) struct LinkFields {
    pub(super) recipient: String,
    pub(super) has_sso: bool,
    pub(super) has_domains: bool,
    /// Days, label, and whether it is chosen.
    pub(super) lifetimes: Vec<(u64, String, bool)>,
}

impl LinkFields {
    /// `failed` is the form that was refused.
    pub(super) fn new(t: Words, failed: Option<&Form>) -> Self {
        let chosen = failed.map_or(DEFAULT_LIFETIME, lifetime);
        let has = |purpose: &str| failed.is_none_or(|form| form.texts("purpose").any(|name| name == purpose));
        Self {
            recipient: failed.map_or(String::new(), |form| form.text("recipient").to_owned()),
            has_sso: has(SetupPurpose::Sso.as_str()),
            has_domains: has(SetupPurpose::Domains.as_str()),
            lifetimes: LIFETIMES.map(|days| (days, t.setup_link_days(days), days == chosen)).into(),
        }
    }
}

/// The days that the form has, if they are one of the choices.
fn lifetime(form: &Form) -> u64 {
    form.text("days").parse().ok().filter(|days| LIFETIMES.contains(days)).unwrap_or(DEFAULT_LIFETIME)
}

/// The links of an organization, newest first. Only admins can load them.
pub(super) async fn load_links(cx: &PageContext, organization: OrganizationId) -> PageResult<Vec<LinkView>> {
    let links = cx.query(List { organization }).await?;
    Ok(links.into_iter().map(|link| view(cx, link)).collect())
}

fn view(cx: &PageContext, link: SetupLink) -> LinkView {
    let (t, now) = (cx.words, cx.now());
    let state = link.state(now);
    let badge = match state {
        SetupLinkState::Active => Badge::new(t.setup_link_valid(), "good"),
        SetupLinkState::Suspended => Badge::new(t.setup_link_suspended(), "warn"),
        SetupLinkState::Expired => Badge::new(t.setup_link_expired(), ""),
        SetupLinkState::Revoked => Badge::new(t.setup_link_revoked(), ""),
    };
    let mut purposes: Vec<_> = link.purposes.iter().map(|purpose| purpose_label(t, purpose)).collect();
    if state == SetupLinkState::Suspended {
        purposes.push(t.setup_link_suspended_hint());
    }
    LinkView {
        id: link.id,
        recipient: link.recipient,
        purposes: purposes.join(" · "),
        badge,
        can_revoke: matches!(state, SetupLinkState::Active | SetupLinkState::Suspended),
        expires: t.time_html(link.expires_at, now),
        last_used: link.last_used_at.map(|used| t.time_html(used, now)).unwrap_or_default(),
    }
}

fn purpose_label(t: Words, purpose: SetupPurpose) -> String {
    match purpose {
        SetupPurpose::Sso => t.setup_purpose_sso(),
        SetupPurpose::Domains => t.setup_purpose_domains(),
    }
}

#[derive(Template)]
#[template(path = "organization/connections/setup_link.html")]
struct CreatedPage {
    layout: Layout,
    org: OrganizationPage,
    path: String,
    /// The link itself, which is shown once.
    url: String,
    recipient: String,
    /// HTML.
    expires: String,
}

pub(super) async fn create(cx: PageContext, Path(organization): Path<String>, form: Form) -> Response {
    page_or_response(create_in(&cx, &organization, &form).await)
}

async fn create_in(cx: &PageContext, organization: &str, form: &Form) -> PageResult<Response> {
    let id = parse_id(cx, organization)?;
    let created = match parse(id, form) {
        Ok(create) => cx.run(create).await,
        Err(problem) => Err(problem),
    };
    match created {
        Ok(created) => created_page(cx, id, created).await,
        Err(problem) => list::page(cx, organization, Some((form, &problem))).await,
    }
}

fn purposes(form: &Form) -> impl Iterator<Item = SetupPurpose> {
    form.texts("purpose").filter_map(|name| name.parse().ok())
}

/// Whether the form of a new link says not what it is for.
pub(super) fn has_no_purpose(form: &Form) -> bool {
    form.has("recipient") && purposes(form).next().is_none()
}

fn parse(organization: OrganizationId, form: &Form) -> Result<Create, Problem> {
    let missing = || Problem::required("purposes");
    Ok(Create {
        organization,
        recipient: SetupRecipient::parse("recipient", form.text("recipient"))?,
        purposes: SetupPurposes::new(purposes(form)).ok_or_else(missing)?,
        lifetime: Duration::from_hours(24 * lifetime(form)),
    })
}

async fn created_page(cx: &PageContext, id: OrganizationId, created: NewSetupLink) -> PageResult<Response> {
    let org = load_organization(cx, id, TAB).await?;
    let NewSetupLink { link, token } = created;
    let page = CreatedPage {
        layout: cx.layout(cx.words.setup_link_created(), true),
        path: org.path(TAB),
        url: format!("{}/setup#token={}", cx.app.settings().public_url.as_str(), token.reveal()),
        recipient: link.recipient,
        expires: cx.words.time_html(link.expires_at, cx.now()),
        org,
    };
    Ok(cx.render(StatusCode::OK, &page))
}

pub(super) async fn revoke(cx: PageContext, Path((organization, link)): PathIds, form: Form) -> Response {
    page_or_response(revoke_it(&cx, (&organization, &link), &form).await)
}

async fn revoke_it(cx: &PageContext, (organization, link): (&str, &str), form: &Form) -> PageResult<Response> {
    let (t, id): (_, OrganizationId) = (cx.words, parse_id(cx, organization)?);
    let link: SetupLinkId = parse_id(cx, link)?;
    let path = format!("/organizations/{id}/-/{TAB}");
    let found = cx.query(List { organization: id }).await?.into_iter().find(|found| found.id == link);
    if let Some(found) = found {
        let heading = t.setup_link_revoke_title(&found.recipient);
        let action = format!("{path}/setup-links/{link}/revoke");
        Confirmation::new(heading, t.setup_link_revoke(), action, &path)
            .paragraph(t.setup_link_revoke_warning())
            .require(cx, form)?;
    }
    match cx.run(Revoke { organization: id, link }).await {
        Ok(_) => Ok(cx.redirect_with_flash(&path, "setup_link_revoked")),
        Err(problem) => list::page(cx, organization, Some((form, &problem))).await,
    }
}
