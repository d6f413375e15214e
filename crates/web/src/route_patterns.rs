//! The patterns of all routes, to find out whether a path has one without calling it.

use std::sync::Arc;

/// The patterns of some routes.
#[derive(Clone, Debug)]
pub(crate) struct RoutePatterns(Arc<[String]>);

impl RoutePatterns {
    pub(crate) fn new(patterns: impl Iterator<Item = String>) -> Self {
        Self(patterns.collect())
    }

    /// Returns whether a path has a route.
    pub(crate) fn contains(&self, path: &str) -> bool {
        self.0.iter().any(|pattern| is_match(pattern, path))
    }
}

/// Compares segment by segment. A parameter such as `{id}` is any segment that is not empty.
fn is_match(pattern: &str, path: &str) -> bool {
    let (mut patterns, mut segments) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), segments.next()) {
            (None, None) => return true,
            (Some(pattern), Some(segment)) if pattern == segment => {}
            (Some(pattern), Some(segment)) if pattern.starts_with('{') && !segment.is_empty() => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_whole_paths() {
        let patterns = ["/", "/sign-in", "/organizations/{id}", "/organizations/{id}/-/members"];
        let patterns = RoutePatterns::new(patterns.into_iter().map(str::to_owned));
        for (path, expected) in [
            ("/", true),
            ("/sign-in", true),
            ("/organizations/7", true),
            ("/organizations/7/-/members", true),
            ("/sign-in/", false),
            ("/organizations/", false),
            ("/organizations", false),
            ("//sign-in", false),
            ("//evil.example", false),
            ("", false),
        ] {
            assert_eq!(patterns.contains(path), expected, "{path}");
        }
    }
}
