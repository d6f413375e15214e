//! The inviter filter of the list: anyone, the caller, the chosen member, and a picker of any other member.

use vestibule_core::Code;
use vestibule_core::id::MembershipId;
use vestibule_core::listing::{ListSort, Position};
use vestibule_core::membership::{ListMembers, MemberFilter, ShowMember};
use vestibule_core::search::SearchTerm;

use super::super::super::context::{PageContext, PageResult};
use super::super::OrganizationPage;
use super::super::person::Person;
use super::compose::SelectOption;
use super::filter::{ListState, PICK_INVITER};

/// Members that the picker shows.
const MAX_FOUND: u32 = 8;

/// The picker, which is open while no member is chosen.
pub(in super::super) struct InviterPicker {
    pub(super) search: String,
    /// What its form carries.
    pub(super) hidden_fields: Vec<(&'static str, String)>,
    /// Members with the URLs of their invitations.
    pub(super) found: Vec<(Person, String)>,
}

pub(super) async fn options(
    cx: &PageContext,
    org: &OrganizationPage,
    state: &ListState,
) -> PageResult<Vec<SelectOption>> {
    let t = cx.words;
    let mut options = vec![SelectOption::new(org.membership, t.invited_by_me(), state.inviter == Some(org.membership))];
    if let Some(other) = state.inviter.filter(|inviter| *inviter != org.membership) {
        options.push(SelectOption::new(other, name(cx, org, other).await?, true));
    }
    options.push(SelectOption::new(PICK_INVITER, t.other_inviter(), state.picks_inviter));
    Ok(options)
}

/// The name of a member, also of one who has sent no invitation in the list.
async fn name(cx: &PageContext, org: &OrganizationPage, inviter: MembershipId) -> PageResult<String> {
    match cx.try_query(ShowMember { organization: org.id, membership: inviter }).await {
        Ok(found) => Ok(Person::from_member(cx, &found.member).name),
        Err(problem) if problem.code() == Code::MemberNotFound => Ok(cx.words.former_member()),
        Err(problem) => Err(cx.error_page(&problem)),
    }
}

pub(super) async fn picker(
    cx: &PageContext,
    org: &OrganizationPage,
    state: &ListState,
    path: &str,
) -> PageResult<Option<InviterPicker>> {
    if !state.picks_inviter {
        return Ok(None);
    }
    let search = Some(state.picked.as_str()).filter(|search| !search.is_empty());
    let filter = MemberFilter { search: search.map(SearchTerm::new), ..MemberFilter::default() };
    let position = Position::default();
    let list = ListMembers { organization: org.id, filter, sort: ListSort::Name, position, limit: MAX_FOUND };
    let found = cx.query(list).await?.members.into_iter();
    let found = found.map(|found| (Person::from_member(cx, &found.member), state.inviter_url(path, found.member.id)));
    let found = found.collect();
    Ok(Some(InviterPicker { search: state.picked.clone(), hidden_fields: state.hidden_fields(), found }))
}
