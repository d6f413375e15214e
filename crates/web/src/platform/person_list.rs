//! Lists whose rows have one address each: invitations to sign up, and the waitlist.

use utoipa::IntoParams;
use vestibule_core::person_list::{PersonListPage, PersonListParams, PersonSort};
use vestibule_core::{Code, Problem};

use super::page::{ListQuery, MAX_LIMIT, Page, SortOrder};
use crate::extract::{FieldReader, FromFields};

/// The query of these lists. Some clients cannot ask for another page, so the first one is as long as it can be.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PersonListQuery {
    /// The most items of the page, 1 to 1,000.
    #[param(required = false, default = 1000, minimum = 1, maximum = 1000)]
    limit: u16,
    /// How many items to skip, up to 100,000.
    #[param(required = false, default = 0, maximum = 100_000)]
    offset: u32,
    /// Where the page begins: `next_cursor` of the page before. Not together with `offset`.
    cursor: Option<String>,
    /// A part of a name or address.
    search: Option<String>,
    sort_key: Option<String>,
    sort_order: Option<SortOrder>,
}

impl FromFields for PersonListQuery {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidCursor];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let limit = fields.number_within("limit", 1..=MAX_LIMIT)?.unwrap_or(MAX_LIMIT);
        let ListQuery { offset, cursor, search, sort_key, sort_order, .. } = ListQuery::from_fields(fields)?;
        Ok(Self { limit, offset, cursor, search, sort_key, sort_order })
    }
}

impl From<PersonListQuery> for ListQuery {
    fn from(query: PersonListQuery) -> Self {
        let PersonListQuery { limit, offset, cursor, search, sort_key, sort_order } = query;
        Self { limit, offset, cursor, search, sort_key, sort_order }
    }
}

/// Converts a query.
///
/// # Errors
/// `INVALID_FIELD` for an unknown sort key; `INVALID_CURSOR`.
pub(super) fn person_list_params(query: &ListQuery) -> Result<PersonListParams, Problem> {
    let order = query.sort_order.unwrap_or_default();
    let sort = match (query.sort_key.as_deref().unwrap_or("created_at"), order) {
        ("created_at", SortOrder::Desc) => PersonSort::Newest,
        ("created_at", SortOrder::Asc) => PersonSort::Oldest,
        ("email", SortOrder::Asc) => PersonSort::Address,
        ("email", SortOrder::Desc) => PersonSort::AddressDescending,
        _ => return Err(Problem::field("sort_key", "use created_at or email.")),
    };
    let is_by_time = matches!(sort, PersonSort::Newest | PersonSort::Oldest);
    let after = match &query.cursor {
        Some(cursor) if is_by_time => Some(cursor.parse().map_err(|_| Code::InvalidCursor)?),
        Some(_) => return Err(Code::InvalidCursor.into()),
        None => None,
    };
    Ok(PersonListParams { sort, limit: query.limit, offset: query.offset, after, search: query.search_term() })
}

/// Converts a page. `id` is the position of a row, for the cursor.
pub(super) fn person_page<T, R>(
    listed: PersonListPage<T>,
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
