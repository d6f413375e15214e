//! Saved pages: links between them become relative, and forms lead nowhere.

use std::collections::BTreeMap;

/// What the links of saved pages are replaced by.
#[derive(Debug)]
pub(super) struct Links {
    /// The path of `public_url`.
    pub(super) prefix: String,
    /// The file of each page, by its path.
    pub(super) pages: BTreeMap<String, String>,
    /// The file of each asset, by its path.
    pub(super) assets: BTreeMap<String, String>,
}

impl Links {
    /// Rewrites the page at a path: without scripts, which have no server to talk to.
    pub(super) fn rewrite(&self, path: &str, html: &str) -> String {
        let lines = html.lines().filter(|line| !line.starts_with("<script "));
        let html = lines.collect::<Vec<_>>().join("\n");
        let (mut page, mut rest) = (String::with_capacity(html.len()), html.as_str());
        while let Some(start) = rest.find("=\"") {
            let (before, value) = rest.split_at(start + 2);
            let end = value.find('"').unwrap_or(value.len());
            page.push_str(before);
            let attribute = before.strip_suffix("=\"").and_then(|before| before.rsplit(' ').next()).unwrap_or_default();
            match (attribute, &value[..end]) {
                ("href" | "src" | "srcset", target) if target.starts_with('/') => page.push_str(&self.file(target)),
                ("href", target) if is_relative(target) => page.push_str(&self.file(&resolve(path, target))),
                ("action" | "formaction", target) if target.starts_with('/') => page.push('#'),
                (_, value) => page.push_str(value),
            }
            rest = &value[end..];
        }
        page.push_str(rest);
        page
    }

    /// Returns the file of a path; `#` for a page that is not saved.
    fn file(&self, target: &str) -> String {
        let path = target.strip_prefix(&self.prefix).unwrap_or(target);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let page = self.pages.get(path).map(|page| format!("{page}.html"));
        page.or_else(|| self.assets.get(path).map(|asset| format!("../{asset}"))).unwrap_or_else(|| "#".to_owned())
    }
}

/// Whether a link is a path that is relative to that of its page.
fn is_relative(target: &str) -> bool {
    !target.is_empty() && !target.starts_with(['#', '?']) && !target.contains(':')
}

/// Returns the path of a relative link of the page at `path`.
fn resolve(path: &str, target: &str) -> String {
    let folder = path.split(['?', '#']).next().and_then(|path| path.rsplit_once('/')).map_or("", |(folder, _)| folder);
    format!("{folder}/{target}")
}

/// Returns the id after `prefix` in a page.
pub(super) fn id_after(html: &str, prefix: &str) -> Option<String> {
    html.split(prefix).skip(1).find_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_become_files() {
        let links = Links {
            prefix: "/id".to_owned(),
            pages: BTreeMap::from([
                ("/account".to_owned(), "account".to_owned()),
                ("/teams/7".to_owned(), "team".to_owned()),
            ]),
            assets: BTreeMap::from([("/pages/style.css".to_owned(), "assets/style.css".to_owned())]),
        };
        let html = "<link href=\"/id/pages/style.css?v=1\">\n<script src=\"/id/pages/script.js\" defer></script>\n<a class=\"x\" href=\"/id/account#password\">a</a><a href=\"/id/other\">b</a><a href=\"https://example.com/\">c</a><form method=\"post\" action=\"/id/sign-out\"><input value=\"/id/account\">";
        let expected = "<link href=\"../assets/style.css\">\n<a class=\"x\" href=\"account.html\">a</a><a href=\"#\">b</a><a href=\"https://example.com/\">c</a><form method=\"post\" action=\"#\"><input value=\"/id/account\">";
        assert_eq!(links.rewrite("/account", html), expected);
        let html =
            "<a href=\"7\"><a href=\"7/edit\"><a href=\"#top\"><a href=\"?page=2\"><a href=\"mailto:a@b.example\">";
        let expected =
            "<a href=\"team.html\"><a href=\"#\"><a href=\"#top\"><a href=\"?page=2\"><a href=\"mailto:a@b.example\">";
        assert_eq!(links.rewrite("/teams/list?sort=name", html), expected);
        assert_eq!(id_after("<a href=\"/x/new\"><a href=\"/x/123/y\">", "/x/").as_deref(), Some("123"));
    }
}
