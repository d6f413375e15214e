//! Transferring an organization: choosing the new owner, the open offer, and the answer to it.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::id::MembershipId;
use vestibule_core::listing::{ListSort, Position};
use vestibule_core::membership::{ListMembers, MemberFilter, ShowMember};
use vestibule_core::offboarding::CountSentInvitations;
use vestibule_core::ownership_transfer::{Accept, Decline, ShowOpen, Transferred, Withdraw};
use vestibule_core::search::SearchTerm;

use super::super::super::context::{PageContext, PageResult};
use super::super::super::form::Form;
use super::super::super::organizations;
use super::super::OrganizationPage;
use super::super::person::Person;
use super::{or_page_with_error, parse_id, run_and_redirect};

/// Members that the search for the new owner shows.
const MAX_FOUND: u32 = 8;

/// The transfer section of the settings.
pub(super) struct TransferView {
    pub(super) offer: Option<OfferView>,
    /// Pending invitations of the caller, which are suspended if the offer is accepted.
    pub(super) invitations: i64,
    pub(super) search: String,
    pub(super) found: Vec<(MembershipId, Person)>,
}

pub(super) struct OfferView {
    pub(super) name: String,
    pub(super) expires: String,
}

pub(super) async fn view(cx: &PageContext, org: &OrganizationPage) -> PageResult<TransferView> {
    let offer = match cx.query(ShowOpen { organization: org.id }).await? {
        Some(offer) => {
            let found = cx.query(ShowMember { organization: org.id, membership: offer.membership_id }).await?;
            let expires = cx.words.time_html(offer.expires_at, cx.now());
            Some(OfferView { name: Person::from_member(cx, &found.member).name, expires })
        }
        None => None,
    };
    let member = org.membership.get().into();
    let search = cx.query_param("new_owner").trim().to_owned();
    Ok(TransferView {
        invitations: cx.query(CountSentInvitations { organization: org.id, member }).await?,
        found: if offer.is_none() && !search.is_empty() { find(cx, org, &search).await? } else { Vec::new() },
        offer,
        search,
    })
}

async fn find(cx: &PageContext, org: &OrganizationPage, search: &str) -> PageResult<Vec<(MembershipId, Person)>> {
    let filter = MemberFilter { search: Some(SearchTerm::new(search)), ..MemberFilter::default() };
    let (sort, position) = (ListSort::Newest, Position::Page(1));
    // One more, because the caller may be among them.
    let list = ListMembers { organization: org.id, filter, sort, position, limit: MAX_FOUND + 1 };
    let found = cx.query(list).await?.members.into_iter();
    let others = found.filter(|found| found.member.id != org.membership);
    Ok(others.take(MAX_FOUND as usize).map(|found| (found.member.id, Person::from_member(cx, &found.member))).collect())
}

/// If invitations of the former owner are suspended now, the list of them follows, where all can be resent at once.
pub(super) async fn accept(cx: PageContext, Path(organization): Path<String>, _: Form) -> Response {
    let organization = match parse_id(&cx, &organization) {
        Ok(organization) => organization,
        Err(response) => return response,
    };
    match cx.run(Accept { organization }).await {
        Ok(Transferred { suspended_invitations: 0, .. }) => cx.redirect_with_flash("/organizations", "taken_over"),
        Ok(Transferred { former_owner, suspended_invitations }) => {
            let list = format!("/organizations/{organization}/-/invitations?inviter={former_owner}");
            cx.redirect_with_flash(&list, &format!("taken_over_suspended.{suspended_invitations}"))
        }
        Err(problem) => organizations::page(&cx, Some(&problem)).await,
    }
}

pub(super) async fn decline(cx: PageContext, Path(organization): Path<String>, _: Form) -> Response {
    match parse_id(&cx, &organization) {
        Ok(organization) => organizations::run_from_list(&cx, Decline { organization }, "offer_declined").await,
        Err(response) => response,
    }
}

pub(super) async fn withdraw(cx: PageContext, Path(organization): Path<String>, _: Form) -> Response {
    let id = match parse_id(&cx, &organization) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let path = format!("/organizations/{id}/-/settings");
    let withdrawn = run_and_redirect(&cx, Withdraw { organization: id }, &path, "withdrawn").await;
    or_page_with_error(&cx, &organization, None, withdrawn).await
}
