//! `GET /users`

use axum::extract::State;
use vestibule_core::Problem;
use vestibule_core::user_management::{List, UserSort};

use super::UserResponse;
use crate::app::{App, CurrentCaller};
use crate::envelope::Refusal;
use crate::extract::Query;
use crate::platform::page::{ListQuery, Page, SortOrder};
use crate::platform::response::PlatformResponse;

/// Lists users.
///
/// `sort_key` is `created_at` (the default), `name`, `username` or `email`; users without one come first. `search`
/// finds parts of names, user names and primary addresses. It compares up to 20,000 users for a page, which may
/// therefore have fewer than `limit` although `has_more` is true. Those who have the address that is searched come
/// first, also if it is not their primary one. To walk all users, follow `next_cursor`: its cost does not grow.
#[utoipa::path(get, path = "/users", operation_id = "list_users", tag = "Users", params(ListQuery),
    responses((status = 200, description = "The users", body = Page<UserResponse>)))]
pub(crate) async fn list(
    State(app): State<App>,
    CurrentCaller(caller): CurrentCaller,
    Query(query): Query<ListQuery>,
) -> Result<PlatformResponse<Page<UserResponse>>, Refusal> {
    let list = List {
        search: query.search_term(),
        sort: sort(query.sort_key.as_deref())?,
        is_descending: query.sort_order.unwrap_or_default() == SortOrder::Desc,
        start: query.start()?,
        limit: query.limit,
    };
    let reply = app.query(&caller, list).await;
    let page = reply.map(|page| Page {
        data: page.users.into_iter().map(|user| UserResponse::new(user, app.response_context())).collect(),
        total: page.total,
        limit: query.limit,
        offset: query.offset,
        has_more: page.has_more,
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    });
    Ok(page.into())
}

fn sort(key: Option<&str>) -> Result<UserSort, Problem> {
    match key {
        // Nobody has a phone number, so the order by it is that of the ids.
        None | Some("phone_number") => Ok(UserSort::CreatedAt),
        Some(key) => key
            .parse()
            .map_err(|()| Problem::field("sort_key", "use created_at, name, username, email or phone_number.")),
    }
}
