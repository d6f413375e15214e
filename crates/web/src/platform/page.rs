//! Lists: the query that selects a part, and the page that has it.

use std::fmt::Display;
use std::str::FromStr;

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use vestibule_core::listing::{ListSort, Position, Start, Total, cut_to_metadata_budget};
use vestibule_core::search::{SearchTerm, fold};
use vestibule_core::{Code, Problem};

use crate::extract::{FieldReader, FromFields};

/// The most items of a page.
pub(super) const MAX_LIMIT: u16 = 1000;
pub(super) const DEFAULT_LIMIT: u16 = 50;
/// Clients that walk further use `cursor`, whose cost does not grow.
const MAX_OFFSET: u32 = 100_000;

/// A part of a list. All of its fields are always there: clients require them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Page)]
pub(crate) struct Page<T> {
    pub(crate) data: Vec<T>,
    /// The number of items on all pages; of more than 10,000, at least this many.
    pub(crate) total: i64,
    pub(crate) limit: u16,
    pub(crate) offset: u32,
    pub(crate) has_more: bool,
    /// The `cursor` of the next page; without it, there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub(crate) next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of a list. `next` is the position after it, if it is not the last one.
    pub(crate) fn new(data: Vec<T>, total: Total, next: Option<impl Display>, query: &ListQuery) -> Self {
        let next_cursor = next.map(|next| next.to_string());
        let (limit, offset, has_more) = (query.limit, query.offset, next_cursor.is_some());
        Self { data, total: total.count, limit, offset, has_more, next_cursor }
    }

    /// A page of a list that was loaded whole.
    pub(crate) fn of_whole(items: Vec<T>, query: &WholeListQuery) -> Self {
        Self::of_whole_with_metadata(items, query, |_| 0, |item| item)
    }

    /// A page of a list that was loaded whole, searched and sorted as [`WholeListQuery::select`] does.
    pub(crate) fn of_selected<I, K: Ord>(
        items: Vec<I>,
        query: &WholeListQuery,
        name: impl Fn(&I) -> &str,
        id: impl Fn(&I) -> K,
        to_response: impl Fn(I) -> T,
    ) -> Self {
        Self::of_whole_with_metadata(query.select(items, name, id), query, |_| 0, to_response)
    }

    /// Like [`Self::of_whole`], of items with metadata that has as many bytes as `length` returns. The page ends
    /// earlier if it is large.
    pub(crate) fn of_whole_with_metadata<I>(
        items: Vec<I>,
        query: &WholeListQuery,
        length: impl Fn(&I) -> usize,
        to_response: impl Fn(I) -> T,
    ) -> Self {
        let total = items.len();
        let mut part: Vec<I> = items.into_iter().skip(query.offset as usize).take(query.limit.into()).collect();
        cut_to_metadata_budget(&mut part, length);
        let end = query.offset as usize + part.len();
        let next_cursor = (end < total && !part.is_empty()).then(|| end.to_string());
        let (total, has_more) = (i64::try_from(total).unwrap_or(i64::MAX), next_cursor.is_some());
        let data = part.into_iter().map(to_response).collect();
        Self { data, total, limit: query.limit, offset: query.offset, has_more, next_cursor }
    }
}

/// The query of a list.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// The most items of the page, 1 to 1,000. A page with much metadata has fewer, although `has_more` is true.
    #[param(required = false, default = 50, minimum = 1, maximum = 1000)]
    pub(crate) limit: u16,
    /// How many items to skip, up to 100,000.
    #[param(required = false, default = 0, maximum = 100_000)]
    pub(crate) offset: u32,
    /// Where the page begins: `next_cursor` of the page before. Not together with `offset`.
    pub(crate) cursor: Option<String>,
    /// A part of a name or address.
    pub(crate) search: Option<String>,
    pub(crate) sort_key: Option<String>,
    pub(crate) sort_order: Option<SortOrder>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum SortOrder {
    Asc,
    #[default]
    Desc,
}

impl ListQuery {
    /// The order of a list that can be sorted by `created_at`, newest first by default, or by `name`.
    ///
    /// # Errors
    /// `INVALID_FIELD` for another key.
    pub(crate) fn sort(&self) -> Result<ListSort, Problem> {
        sort(self.sort_key.as_deref(), self.sort_order)
    }

    /// Whether it selects a page by its number from the whole list, in the list's own order.
    pub(crate) fn is_unsorted(&self) -> bool {
        let Self { limit: _, offset: _, cursor, search, sort_key, sort_order } = self;
        cursor.is_none() && search.is_none() && sort_key.is_none() && sort_order.is_none()
    }

    /// Where the page begins.
    ///
    /// # Errors
    /// `INVALID_CURSOR`.
    pub(crate) fn position<C: FromStr>(&self) -> Result<Position<C>, Problem> {
        Ok(match self.start()? {
            Start::After(cursor) => Position::After(cursor),
            Start::Offset(offset) => Position::Offset(offset),
        })
    }

    /// Like [`Self::position`], of a list that is only read forwards.
    ///
    /// # Errors
    /// `INVALID_CURSOR`.
    pub(crate) fn start<C: FromStr>(&self) -> Result<Start<C>, Problem> {
        match &self.cursor {
            Some(cursor) => Ok(Start::After(cursor.parse().map_err(|_| Problem::from(Code::InvalidCursor))?)),
            None => Ok(Start::Offset(self.offset)),
        }
    }

    /// What is searched for, if anything.
    pub(crate) fn search_term(&self) -> Option<SearchTerm> {
        search_term(self.search.as_deref())
    }
}

fn sort(key: Option<&str>, order: Option<SortOrder>) -> Result<ListSort, Problem> {
    match (key, order) {
        (None | Some("created_at"), None | Some(SortOrder::Desc)) => Ok(ListSort::Newest),
        (None | Some("created_at"), Some(SortOrder::Asc)) => Ok(ListSort::Oldest),
        (Some("name"), None | Some(SortOrder::Asc)) => Ok(ListSort::Name),
        (Some("name"), Some(SortOrder::Desc)) => Ok(ListSort::NameDescending),
        _ => Err(Problem::field("sort_key", "use created_at or name.")),
    }
}

/// Reads `sort_order`, in upper or lower case.
pub(super) fn sort_order(fields: &mut FieldReader) -> Result<Option<SortOrder>, Problem> {
    match fields.text("sort_order")?.unwrap_or_default().to_ascii_lowercase().as_str() {
        "" => Ok(None),
        "asc" => Ok(Some(SortOrder::Asc)),
        "desc" => Ok(Some(SortOrder::Desc)),
        _ => Err(Problem::field("sort_order", "use asc or desc.")),
    }
}

fn search_term(text: Option<&str>) -> Option<SearchTerm> {
    text.map(SearchTerm::new).filter(|term| !term.is_empty())
}

impl FromFields for ListQuery {
    /// Clients send further ones, which filter some lists.
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidCursor];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let text = |fields: &mut FieldReader, name| -> Result<Option<String>, Problem> {
            Ok(fields.text(name)?.filter(|text| !text.is_empty()))
        };
        let cursor = text(fields, "cursor")?;
        let limit = fields.number_within("limit", 1..=MAX_LIMIT)?.unwrap_or(DEFAULT_LIMIT);
        let offset = fields.number_within("offset", 0..=MAX_OFFSET)?.unwrap_or(0);
        if cursor.is_some() && offset > 0 {
            return Err(Problem::field("offset", "leave it out if there is a cursor."));
        }
        Ok(Self {
            limit,
            offset,
            cursor,
            search: text(fields, "search")?,
            sort_key: text(fields, "sort_key")?,
            sort_order: sort_order(fields)?,
        })
    }
}

/// The query of a list that is loaded whole. Clients get it without naming a limit, and do not look for another page:
/// the first one is as long as it can be.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WholeListQuery {
    /// The most items of the page, 1 to 1,000. A page with much metadata has fewer, although `has_more` is true.
    #[param(required = false, default = 1000, minimum = 1, maximum = 1000)]
    limit: u16,
    /// How many items to skip, up to 100,000.
    #[param(required = false, default = 0, maximum = 100_000)]
    offset: u32,
    /// Where the page begins: `next_cursor` of the page before. Not together with `offset`.
    #[expect(dead_code, reason = "it is the offset")]
    cursor: Option<String>,
    /// A part of the name.
    search: Option<String>,
    /// `created_at` or `name`. Without it and `sort_order`, the list has the order that the call describes.
    sort_key: Option<String>,
    sort_order: Option<SortOrder>,
}

impl WholeListQuery {
    /// Searches and sorts a list by the names of its items and by their ids, which are in the order of time.
    pub(crate) fn select<T, I: Ord>(
        &self,
        mut items: Vec<T>,
        name: impl Fn(&T) -> &str,
        id: impl Fn(&T) -> I,
    ) -> Vec<T> {
        if let Some(term) = search_term(self.search.as_deref()) {
            items.retain(|item| term.is_in(name(item)));
        }
        let Ok(Some(sort)) = self.sort() else { return items };
        let mut keyed: Vec<(String, I, T)> =
            items.into_iter().map(|item| (fold(name(&item)), id(&item), item)).collect();
        keyed.sort_by(|(name, id, _), (other_name, other, _)| {
            sort.compare((name.as_str(), id), (other_name.as_str(), other))
        });
        keyed.into_iter().map(|(_, _, item)| item).collect()
    }

    /// # Errors
    /// `INVALID_FIELD` for an unknown key.
    fn sort(&self) -> Result<Option<ListSort>, Problem> {
        if self.sort_key.is_none() && self.sort_order.is_none() {
            return Ok(None);
        }
        sort(self.sort_key.as_deref(), self.sort_order).map(Some)
    }
}

impl FromFields for WholeListQuery {
    const ALLOW_UNKNOWN_FIELDS: bool = true;
    const ERRORS: &[Code] = &[Code::InvalidCursor];

    fn from_fields(fields: &mut FieldReader) -> Result<Self, Problem> {
        let limit = fields.number_within("limit", 1..=MAX_LIMIT)?.unwrap_or(MAX_LIMIT);
        let ListQuery { offset, cursor, search, sort_key, sort_order, .. } = ListQuery::from_fields(fields)?;
        let offset = match &cursor {
            Some(cursor) => cursor.parse::<u32>().ok().filter(|at| *at <= MAX_OFFSET).ok_or(Code::InvalidCursor)?,
            None => offset,
        };
        let query = Self { limit, offset, cursor, search, sort_key, sort_order };
        query.sort()?;
        Ok(query)
    }
}
