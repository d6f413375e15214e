//! URLs of lists: the filter, the order and the position are parameters, so that links and the back button keep them.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use vestibule_core::listing::{ListSort, Position};
use vestibule_core::time::Timestamp;

use super::super::context::PageContext;

/// A heading that sorts the list.
pub(super) struct SortHeading {
    pub(super) label: String,
    pub(super) url: String,
    /// The value of `aria-sort`; empty if the list is sorted by something else.
    pub(super) direction: &'static str,
}

impl SortHeading {
    /// A press on the heading sorts in the first order, and the next press in the other one. Each order has its value of
    /// `aria-sort`.
    pub(super) fn new<S: Copy + PartialEq>(
        label: String,
        current: S,
        [(first, first_direction), (other, other_direction)]: [(S, &'static str); 2],
        url: impl Fn(S) -> String,
    ) -> Self {
        let direction = match current {
            sort if sort == first => first_direction,
            sort if sort == other => other_direction,
            _ => "",
        };
        Self { label, url: url(if current == first { other } else { first }), direction }
    }
}

/// The state of a list that has a search, and an order by name or time.
#[derive(Clone, Debug)]
pub(super) struct NameList<C> {
    pub(super) search: String,
    pub(super) sort: ListSort,
    pub(super) position: Position<C>,
    /// What the list has otherwise: the name of the parameter, and its value.
    pub(super) filter: Option<(&'static str, String)>,
}

impl<C: Clone + Display + FromStr> NameList<C> {
    /// An unknown or empty parameter has no effect.
    pub(super) fn from_query(cx: &PageContext) -> Self {
        Self {
            search: cx.query_param("search").trim().to_owned(),
            sort: cx.query_param("sort").parse().unwrap_or_default(),
            position: Position::from_cursors(
                cx.query_param("after").parse().ok(),
                cx.query_param("before").parse().ok(),
                1,
            ),
            filter: None,
        }
    }

    /// Returns the URL of another page.
    pub(super) fn page_url(&self, path: &str, position: Position<C>) -> String {
        Self { position, ..self.clone() }.url(path)
    }

    pub(super) fn heading(
        &self,
        path: &str,
        label: String,
        (ascending, descending): (ListSort, ListSort),
    ) -> SortHeading {
        let orders = [(ascending, "ascending"), (descending, "descending")];
        SortHeading::new(label, self.sort, orders, |sort| {
            Self { sort, position: Position::default(), ..self.clone() }.url(path)
        })
    }

    pub(super) fn url(&self, path: &str) -> String {
        let (after, before) = match &self.position {
            Position::Page(_) | Position::Offset(_) => (String::new(), String::new()),
            Position::After(cursor) => (cursor.to_string(), String::new()),
            Position::Before(cursor) => (String::new(), cursor.to_string()),
        };
        let is_default_sort = self.sort == ListSort::default();
        let (name, value) = self.filter.clone().unwrap_or_default();
        list_url(
            path,
            &[
                (name, value),
                ("search", self.search.clone()),
                ("sort", if is_default_sort { String::new() } else { self.sort.to_string() }),
                ("after", after),
                ("before", before),
            ],
        )
    }
}

/// Returns the path with the parameters that have a value.
pub(super) fn list_url(path: &str, parameters: &[(&str, String)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// Returns the end of a period, which is exclusive, from a parameter. A day belongs to the period. `None` if the text is
/// neither a day nor a time.
pub(super) fn period_end(text: &str) -> Option<Timestamp> {
    const DAY: Duration = Duration::from_hours(24);
    let end = Timestamp::parse(text)?;
    let is_day = text.len() == "2026-01-31".len();
    Some(if is_day { end.plus(DAY) } else { end })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn omits_empty_parameters() {
        let url =
            |search: &str, sort: &str| list_url("/m", &[("search", search.to_owned()), ("sort", sort.to_owned())]);
        assert_eq!(url("", ""), "/m");
        assert_eq!(url("a&b", ""), "/m?search=a%26b");
        assert_eq!(url("a", "-name"), "/m?search=a&sort=-name");
    }

    #[test]
    fn a_period_includes_its_last_day() {
        let end = |text| period_end(text).map(|end| end.to_string());
        assert_eq!(end("2026-01-31").as_deref(), Some("2026-02-01T00:00:00Z"));
        assert_eq!(end("2026-01-31T09:30:00Z").as_deref(), Some("2026-01-31T09:30:00Z"));
        assert_eq!(end(""), None);
    }
}
