//! The result of an action on several invitations, row by row.

use vestibule_core::id::InvitationId;

use super::super::super::context::PageContext;

/// Successful rows that a page shows. The list below has all.
const MAX_SUCCEEDED: usize = 50;

pub(in super::super) struct ResultRow {
    pub(super) email: String,
    /// Why it failed; empty if it succeeded.
    pub(super) reason: String,
    /// The invitation whose link can be copied.
    pub(super) invitation: Option<InvitationId>,
}

impl ResultRow {
    pub(super) fn has_failed(&self) -> bool {
        !self.reason.is_empty()
    }
}

pub(in super::super) struct ActionResult {
    pub(super) title: String,
    pub(super) rows: Vec<ResultRow>,
    /// The label of rows that succeeded.
    pub(super) succeeded_label: String,
    pub(super) hint: String,
}

impl ActionResult {
    pub(super) fn new(cx: &PageContext, rows: Vec<ResultRow>) -> Self {
        let (failed, succeeded) = counts(&rows);
        let t = cx.words;
        Self {
            title: format!("{} · {}", t.result_invited(succeeded), t.result_not_invited(failed)),
            rows: shown(rows),
            succeeded_label: t.result_row_invited(),
            hint: t.result_hint(),
        }
    }
}

/// Returns how many failed, and how many succeeded.
pub(super) fn counts(rows: &[ResultRow]) -> (usize, usize) {
    let failed = rows.iter().filter(|row| row.has_failed()).count();
    (failed, rows.len() - failed)
}

/// Failed rows first, because something has to be done about them.
pub(super) fn shown(rows: Vec<ResultRow>) -> Vec<ResultRow> {
    let (mut failed, succeeded): (Vec<_>, Vec<_>) = rows.into_iter().partition(ResultRow::has_failed);
    failed.extend(succeeded.into_iter().take(MAX_SUCCEEDED));
    failed
}
