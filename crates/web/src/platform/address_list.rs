//! Lists whose rows have one address each: invitations to sign up, and the waitlist.

use vestibule_core::listing::{AddressListPage, AddressListParams, AddressSort};
use vestibule_core::{Code, Problem};

use super::page::{ListQuery, Page, SortOrder};

/// Converts a query.
///
/// # Errors
/// `INVALID_FIELD` for an unknown sort key; `INVALID_CURSOR`.
pub(super) fn address_list_params(query: &ListQuery) -> Result<AddressListParams, Problem> {
    let order = query.sort_order.unwrap_or_default();
    let sort = match (query.sort_key.as_deref().unwrap_or("created_at"), order) {
        ("created_at", SortOrder::Desc) => AddressSort::Newest,
        ("created_at", SortOrder::Asc) => AddressSort::Oldest,
        ("email", SortOrder::Asc) => AddressSort::Address,
        ("email", SortOrder::Desc) => AddressSort::AddressDescending,
        _ => return Err(Problem::field("sort_key", "use created_at or email.")),
    };
    let is_by_time = matches!(sort, AddressSort::Newest | AddressSort::Oldest);
    let after = match &query.cursor {
        Some(cursor) if is_by_time => Some(cursor.parse().map_err(|_| Code::InvalidCursor)?),
        Some(_) => return Err(Code::InvalidCursor.into()),
        None => None,
    };
    Ok(AddressListParams { sort, limit: query.limit, offset: query.offset, after, search: query.search_term() })
}

/// Converts a page. `id` is the position of a row, for the cursor.
pub(super) fn address_page<T, R>(
    listed: AddressListPage<T>,
    query: &ListQuery,
    id: impl Fn(&T) -> i64,
    response: impl Fn(T) -> R,
) -> Page<R> {
    let is_by_time = query.sort_key.as_deref().unwrap_or("created_at") == "created_at";
    let last = listed.rows.last().map(id).filter(|_| is_by_time && listed.has_more);
    Page {
        total: listed.total,
        limit: query.limit,
        offset: query.offset,
        has_more: listed.has_more,
        next_cursor: last.map(|id| id.to_string()),
        data: listed.rows.into_iter().map(response).collect(),
    }
}
