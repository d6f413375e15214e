//! The guides at `/docs/{page}`: their links, their headers, and their code, which is that of the examples.

use std::collections::BTreeSet;

use axum::http::header;
use vestibule_testbed::{example_sources, repository};

use crate::harness::TestApp;

pub(crate) const GUIDES: [&str; 4] = ["quickstart", "session-tokens", "invite-into-your-app", "cookies-and-origins"];

/// Resolves a link of a page as a browser does. Links to other origins and absolute paths stay as they are.
pub(crate) fn resolve(page: &str, link: &str) -> String {
    if link.starts_with('/') || link.contains("://") {
        return link.to_owned();
    }
    if link.is_empty() || link.starts_with(['#', '?']) {
        return format!("{}{link}", page.split(['#', '?']).next().unwrap());
    }
    let mut folder = page.split(['#', '?']).next().unwrap().rsplit_once('/').unwrap().0;
    let mut rest = link;
    loop {
        if let Some(inner) = rest.strip_prefix("./") {
            rest = inner;
        } else if let Some(outer) = rest.strip_prefix("../") {
            (folder, rest) = (folder.rsplit_once('/').map_or("", |(folder, _)| folder), outer);
        } else {
            return format!("{folder}/{rest}");
        }
    }
}

/// Returns the values of an attribute.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    html.split(&format!(" {name}=\"")).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// Loads the pages of the navigation. Returns the path and the HTML of each.
async fn load_pages(app: &TestApp) -> Vec<(String, String)> {
    let anonymous = app.anonymous();
    let first = anonymous.get("/docs/quickstart").await;
    let navigation = first.text.split("<nav").nth(1).unwrap().split("</nav>").next().unwrap();
    let mut pages = Vec::new();
    let links = attributes(navigation, "href").into_iter().map(|link| resolve("/docs/quickstart", link));
    for path in links.filter(|path| path.starts_with("/docs/") && !path.contains(['.', '#'])) {
        let page = anonymous.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        if path != "/docs/" {
            let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(
                policy.starts_with("default-src 'none'; style-src 'self';") && !policy.contains("unsafe"),
                "{policy}"
            );
            assert!(page.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
            assert_eq!(attributes(&page.text, "aria-current").len(), 1, "{path} is not marked in the navigation");
        }
        pages.push((path, page.text));
    }
    pages
}

#[tokio::test]
async fn links_of_guides_resolve() {
    let app = TestApp::start().await;
    let pages = load_pages(&app).await;
    for guide in GUIDES {
        assert!(pages.iter().any(|(path, _)| *path == format!("/docs/{guide}")), "{guide} is not in the navigation");
    }
    for (path, html) in pages.iter().filter(|(path, _)| path != "/docs/") {
        for link in attributes(html, "href") {
            if link.starts_with("http://") || link.starts_with("https://") || link.starts_with("data:") {
                continue;
            }
            assert!(!link.starts_with('/'), "{path}: {link} does not work below a path prefix");
            let resolved = resolve(path, link);
            let (target, fragment) = resolved.split_once('#').unwrap_or((&resolved, ""));
            match pages.iter().find(|(path, _)| path == target) {
                Some((_, html)) if !fragment.is_empty() => {
                    assert!(attributes(html, "id").contains(&fragment), "{path}: {link}: no such heading");
                }
                Some(_) => {}
                None => assert_eq!(app.anonymous().get(target).await.status, 200, "{path}: {link}"),
            }
        }
        let ids = attributes(html, "id");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{path} has an id twice: {ids:?}");
        assert!(!html.contains("<script") && !html.contains(" style=\""), "{path}");
        assert_eq!(html.matches("<h1").count(), 1, "{path}");
    }
    app.anonymous().get("/docs/nonsense").await.assert_error(404, "NOT_FOUND");
    app.anonymous().get("/docs/..%2fapi").await.assert_error(404, "NOT_FOUND");
}

/// The links as a reader of the repository follows them.
#[test]
fn links_of_guides_resolve_in_the_repository() {
    for guide in GUIDES {
        let text = std::fs::read_to_string(repository().join(format!("docs/{guide}.md"))).unwrap();
        let links = text.split("](").skip(1).map(|rest| rest.split([')', '#']).next().unwrap());
        for link in links.filter(|link| !link.is_empty() && !link.contains("://")) {
            assert!(repository().join("docs").join(link).exists(), "{guide}: {link}");
        }
    }
}

/// Returns language and text of each fenced block.
fn code_blocks(markdown: &str) -> Vec<(&str, &str)> {
    let parts: Vec<_> = markdown.split("```").collect();
    parts.iter().skip(1).step_by(2).map(|block| block.split_once('\n').unwrap()).collect()
}

#[test]
fn code_of_guides_is_that_of_the_examples() {
    let sources = example_sources("", &["js", "ts", "tsx", "py", "rs", "md"]);
    let sources: Vec<_> = sources.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let mut checked = 0;
    for guide in GUIDES {
        let text = std::fs::read_to_string(repository().join(format!("docs/{guide}.md"))).unwrap();
        for (language, code) in code_blocks(&text) {
            match language {
                "ts" | "tsx" | "js" | "py" | "rust" => {
                    assert!(sources.iter().any(|source| source.contains(code)), "{guide}: not in an example:\n{code}");
                    checked += 1;
                }
                // The commands of the quick start are those of the README of the example.
                "sh" if guide == "quickstart" => {
                    for command in code.lines().filter(|line| !line.starts_with("cd ")) {
                        assert!(sources.iter().any(|source| source.contains(command)), "{guide}: {command}");
                        checked += 1;
                    }
                }
                "sh" | "http" | "go" => {}
                other => panic!("{guide}: a block of language {other:?}"),
            }
        }
    }
    assert!(checked >= 12, "{checked}");
}
