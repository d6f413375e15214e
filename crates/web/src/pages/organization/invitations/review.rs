//! What would happen with each address of the list, before anything is sent.

use std::hash::{DefaultHasher, Hash, Hasher};

use vestibule_core::Code;
use vestibule_core::id::RoleId;
use vestibule_core::invitation::BulkResult;

use super::super::super::context::PageContext;
use super::super::super::words::Words;
use super::compose::{Choices, Values};
use crate::api::invitations::PastedList;

/// Chips on a page. The text above them has all addresses.
const MAX_PROBLEMS: usize = 200;
const MAX_READY: usize = 100;

/// An address of the list, and what would happen with it.
pub(in super::super) struct Chip {
    /// Its position in the list.
    pub(super) index: usize,
    pub(super) email: String,
    /// Empty if it can be invited.
    pub(super) reason: String,
    pub(super) class: &'static str,
}

pub(in super::super) struct Review {
    pub(super) summary: String,
    pub(super) chips: Vec<Chip>,
    /// The number of addresses without a chip.
    pub(super) hidden: usize,
    /// The number of addresses that can be invited.
    pub(super) ready: usize,
    /// Identifies the list and the roles that were reviewed.
    pub(super) fingerprint: String,
    /// The confirmation that an invitation of admins needs.
    pub(super) admin_confirmation: Option<String>,
    pub(super) ignored_columns: String,
}

impl Review {
    pub(super) fn new(
        cx: &PageContext,
        values: &Values,
        choices: &Choices,
        list: &PastedList,
        granted: &[RoleId],
        result: &BulkResult,
    ) -> Self {
        let t = cx.words;
        let rows = result.rows.iter().enumerate();
        let (ready, problems): (Vec<_>, Vec<_>) = rows.partition(|(_, row)| row.code().is_none());
        let chips = problems.iter().take(MAX_PROBLEMS).chain(ready.iter().take(MAX_READY));
        let chips: Vec<_> = chips
            .map(|(index, row)| Chip {
                index: *index,
                email: row.email.clone(),
                reason: row.code().map(|code| row_reason(t, code)).unwrap_or_default(),
                class: row.code().map_or("good", class),
            })
            .collect();
        Self {
            summary: summary(t, result),
            hidden: result.rows.len() - chips.len(),
            chips,
            ready: ready.len(),
            fingerprint: fingerprint(values),
            admin_confirmation: admin_confirmation(cx, choices, granted, result),
            ignored_columns: list.ignored_columns.join(", "),
        }
    }

    pub(super) fn has_hidden(&self) -> bool {
        self.hidden > 0
    }
}

/// Asks by name, or by number, before people become admins.
fn admin_confirmation(cx: &PageContext, choices: &Choices, granted: &[RoleId], result: &BulkResult) -> Option<String> {
    let rows = result.rows.iter().zip(granted);
    let admins: Vec<_> = rows
        .filter(|(row, _)| row.code().is_none())
        .filter_map(|(row, role)| Some((row.email.as_str(), choices.admin_role(*role)?)))
        .collect();
    let t = cx.words;
    match admins.as_slice() {
        [] => None,
        [(email, role)] => Some(t.confirm_one_admin(*email, *role)),
        [(_, role), ..] => Some(t.confirm_admins(admins.len(), *role)),
    }
}

fn summary(t: Words, result: &BulkResult) -> String {
    let count = |is_counted: fn(Option<Code>) -> bool| result.rows.iter().filter(|row| is_counted(row.code())).count();
    let parts = [
        (count(|code| code.is_none()), t.review_ready(count(|code| code.is_none()))),
        (count(is_member), t.review_members(count(is_member))),
        (count(is_invited), t.review_invited(count(is_invited))),
        (count(is_duplicate), t.review_duplicates(count(is_duplicate))),
        (count(is_wrong), t.review_wrong(count(is_wrong))),
    ];
    let parts = parts.into_iter().enumerate().filter(|(index, (count, _))| *index == 0 || *count > 0);
    parts.map(|(_, (_, text))| text).collect::<Vec<_>>().join(" · ")
}

fn is_member(code: Option<Code>) -> bool {
    code == Some(Code::AlreadyMember)
}

fn is_invited(code: Option<Code>) -> bool {
    code == Some(Code::InvitationExists)
}

fn is_duplicate(code: Option<Code>) -> bool {
    code == Some(Code::DuplicateRow)
}

fn is_wrong(code: Option<Code>) -> bool {
    code.is_some() && !is_member(code) && !is_invited(code) && !is_duplicate(code)
}

const fn class(code: Code) -> &'static str {
    match code {
        Code::DuplicateRow => "",
        Code::AlreadyMember | Code::InvitationExists => "warn",
        _ => "bad",
    }
}

/// Returns why an address cannot be invited, in a few words where there are some.
pub(super) fn row_reason(t: Words, code: Code) -> String {
    match code {
        Code::DuplicateRow => t.row_duplicate(),
        Code::AlreadyMember => t.row_member(),
        Code::InvitationExists => t.row_invited(),
        Code::InvalidEmail | Code::RequiredField => t.row_not_an_address(),
        Code::RoleNotFound | Code::InvalidId => t.row_unknown_role(),
        Code::RoleExceedsYours => t.row_role_exceeds(),
        Code::OrganizationFull => t.row_no_seat(),
        code => t.problem(&code.into()),
    }
}

/// Identifies a list with its roles, so that a confirmation counts only for what was shown.
pub(super) fn fingerprint(values: &Values) -> String {
    let mut hasher = DefaultHasher::new();
    // Browsers send line breaks as CR LF, and scripts as LF.
    values.emails.lines().map(str::trim).filter(|line| !line.is_empty()).for_each(|line| line.hash(&mut hasher));
    (values.role.map(RoleId::get), values.workspace.map(vestibule_core::id::WorkspaceId::get)).hash(&mut hasher);
    values.workspace_role.map(vestibule_core::id::WorkspaceRoleId::get).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
