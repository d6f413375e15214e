//! The page to return to: after a request that was not for a page, because the URL of a form's action cannot be opened,
//! and the parameter `return_to` of other pages.

/// The tabs of an organization.
const TABS: [&str; 10] = [
    "members",
    "invitations",
    "roles",
    "workspaces",
    "domains",
    "connections",
    "requests",
    "webhooks",
    "audit-log",
    "settings",
];
/// Pages whose forms post to paths below them. The longest one that fits is the page.
const PAGES: [&str; 8] =
    ["/account/security", "/account", "/choose-organization", "/invite", "/reset", "/setup", "/sign-in", "/sign-up"];

/// Returns a page that a form with this action may be on, without its query; `None` if it is none of these.
pub(super) fn page_of_action(path_and_query: &str) -> Option<String> {
    let path = path_and_query.split('?').next().unwrap_or_default();
    if let Some(page) = PAGES.into_iter().find(|page| is_at_or_below(path, page)) {
        return Some(page.to_owned());
    }
    let mut parts = path.strip_prefix("/organizations/")?.split('/');
    let (organization, separator, tab) = (parts.next()?, parts.next(), parts.next());
    if organization.parse::<u64>().is_err() {
        return Some("/organizations".to_owned());
    }
    match tab.filter(|tab| separator == Some("-") && TABS.contains(tab)) {
        Some(tab) => Some(format!("/organizations/{organization}/-/{tab}")),
        None => Some(format!("/organizations/{organization}")),
    }
}

/// Adds the parameter `return_to` to the URL of a page.
pub(super) fn with_return_to(url: &str, return_to: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    let return_to: String = form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
    format!("{url}{separator}return_to={return_to}")
}

fn is_at_or_below(path: &str, page: &str) -> bool {
    path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_page_that_a_form_is_on() {
        for (action, expected) in [
            ("/organizations/7/-/members/3/remove?x=1", Some("/organizations/7/-/members")),
            ("/organizations/7/-/invitations?account=1", Some("/organizations/7/-/invitations")),
            ("/organizations/7/-/webhooks/3/replay", Some("/organizations/7/-/webhooks")),
            ("/organizations/7/-/connections/3/test-sign-in", Some("/organizations/7/-/connections")),
            ("/organizations/7/-/leave", Some("/organizations/7")),
            ("/organizations/-/create", Some("/organizations")),
            ("/account/password", Some("/account")),
            ("/account/security/passkeys/3/delete", Some("/account/security")),
            ("/sign-in/mail", Some("/sign-in")),
            ("/invite/accept", Some("/invite")),
            ("/accounting", None),
            ("/security-notice", None),
        ] {
            assert_eq!(page_of_action(action).as_deref(), expected, "{action}");
        }
    }

    #[test]
    fn return_to_is_encoded() {
        assert_eq!(with_return_to("/sign-in", "/a?b=1&c"), "/sign-in?return_to=%2Fa%3Fb%3D1%26c");
        assert_eq!(with_return_to("/sign-in/code?attempt=7", "/"), "/sign-in/code?attempt=7&return_to=%2F");
    }
}
