//! Renders the documents of `docs/` that users of a running server need, as HTML pages of `/docs/`.

use std::collections::BTreeMap;
use std::fmt::Write;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// The pages in the order of the navigation, and their names there. [`document`] is the file of a page.
pub(crate) const PAGES: [(&str, &str); 16] = [
    ("quickstart", "Quick start"),
    ("session-tokens", "Session tokens"),
    ("invite-into-your-app", "Invitations"),
    ("cookies-and-origins", "Cookies and origins"),
    ("api", "HTTP API"),
    ("platform-api", "API for backends"),
    ("social-sign-in", "Social sign-in"),
    ("sso", "Single sign-on"),
    ("webhooks", "Webhooks"),
    ("events", "Events"),
    ("errors", "Error codes"),
    ("compatibility", "Compatibility"),
    ("operations", "Operations"),
    ("security", "Security"),
    ("limits", "Limits"),
    ("glossary", "Glossary"),
];

/// The first pages are guides, the others a reference.
const GUIDES: usize = 4;

/// Pages that the navigation does not list, and the page that it marks instead.
pub(crate) const SUBPAGES: [(&str, &str); 4] =
    [("sso-entra", "sso"), ("sso-okta", "sso"), ("sso-google-workspace", "sso"), ("sso-keycloak", "sso")];

/// Returns the names of all pages.
pub(crate) fn all_pages() -> impl Iterator<Item = &'static str> {
    PAGES.iter().chain(&SUBPAGES).map(|(page, _)| *page)
}

/// Returns the file of a page in `docs/`.
pub(crate) fn document(page: &str) -> String {
    match page.strip_prefix("sso") {
        Some("") => "sso/README.md".to_owned(),
        Some(guide) => format!("sso/{}.md", guide.trim_start_matches('-')),
        None => format!("{page}.md"),
    }
}

/// Returns the HTML of a page. Raw HTML in the document is shown as text.
pub(crate) fn render(page: &str, markdown: &str) -> String {
    let mut ids = BTreeMap::new();
    let mut title = String::new();
    let mut events: Vec<Event<'_>> = Vec::new();
    // Whether the current link leads to a file that the server does not have. Then only its text is shown.
    let mut is_dropped_link = false;
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let target = link_target(page, &dest_url);
                is_dropped_link = target.is_none();
                if let Some(target) = target {
                    events.push(Event::Start(Tag::Link { link_type, dest_url: target.into(), title, id }));
                }
            }
            Event::End(TagEnd::Link) if is_dropped_link => {}
            // Pictures are not part of the binary.
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => {}
            Event::Start(Tag::Table(columns)) => {
                events.push(Event::Html("<div class=\"table\" tabindex=\"0\">".into()));
                events.push(Event::Start(Tag::Table(columns)));
            }
            Event::End(TagEnd::Table) => {
                events.push(event);
                events.push(Event::Html("</div>".into()));
            }
            // A block that can be wider than the window must be scrollable with the keyboard.
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match &kind {
                    CodeBlockKind::Fenced(language) => language.split(' ').next().unwrap_or_default().to_owned(),
                    CodeBlockKind::Indented => String::new(),
                };
                let start = format!("<pre tabindex=\"0\"><code class=\"language-{}\">", escape(&language));
                events.push(Event::Html(start.into()));
            }
            Event::End(TagEnd::CodeBlock) => events.push(Event::Html("</code></pre>\n".into())),
            Event::End(TagEnd::Heading(level)) => {
                let text = heading_text(&events);
                let id = unique_id(&text, &mut ids);
                if level == HeadingLevel::H1 {
                    title.clone_from(&text);
                }
                set_heading_id(&mut events, id);
                events.push(Event::End(TagEnd::Heading(level)));
            }
            other => events.push(other),
        }
    }
    let mut body = String::new();
    html::push_html(&mut body, events.into_iter());
    // A header without text says nothing to a screen reader.
    layout(page, &title, &body.replace("<th></th>", "<td></td>"))
}

/// Returns the target of a link on the server, or `None` if it leads to a file of the repository only. Links are relative
/// to `/docs/`, because the URL of the server may have a path.
fn link_target(page: &str, url: &str) -> Option<String> {
    if url.starts_with('#') || url.starts_with("https://") || url.starts_with("http://") {
        return Some(url.to_owned());
    }
    let (path, fragment) = url.split_once('#').map_or((url, ""), |(path, fragment)| (path, fragment));
    let fragment = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
    if path == "openapi.json" {
        return Some("../openapi.json".to_owned());
    }
    let document_of_page = document(page);
    let folder = document_of_page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let target = match path.strip_prefix("../") {
        _ if folder.is_empty() => path.to_owned(),
        Some(outer) => outer.to_owned(),
        None => format!("{folder}/{path}"),
    };
    let name = all_pages().find(|name| document(name) == target)?;
    Some(format!("./{name}{fragment}"))
}

fn heading_text(events: &[Event<'_>]) -> String {
    let start = events.iter().rposition(|event| matches!(event, Event::Start(Tag::Heading { .. })));
    let inner = &events[start.map_or(events.len(), |start| start + 1)..];
    inner
        .iter()
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
            _ => None,
        })
        .collect()
}

fn set_heading_id(events: &mut [Event<'_>], new_id: String) {
    let start = events.iter_mut().rev().find_map(|event| match event {
        Event::Start(Tag::Heading { id, .. }) => Some(id),
        _ => None,
    });
    if let Some(id) = start {
        *id = Some(CowStr::from(new_id));
    }
}

/// Returns the id that code hosts give a heading: lower case, no punctuation, hyphens for spaces.
fn unique_id(text: &str, ids: &mut BTreeMap<String, usize>) -> String {
    let kept = text.to_lowercase();
    let kept = kept.chars().filter(|character| character.is_alphanumeric() || " -_".contains(*character));
    let id: String = kept.map(|character| if character == ' ' { '-' } else { character }).collect();
    let uses = ids.entry(id.clone()).or_insert(0);
    *uses += 1;
    if *uses == 1 { id } else { format!("{id}-{}", *uses - 1) }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn layout(page: &str, title: &str, body: &str) -> String {
    let mut navigation = String::new();
    let marked = SUBPAGES.iter().find(|(name, _)| *name == page).map_or(page, |(_, parent)| *parent);
    for (index, (name, label)) in PAGES.iter().enumerate() {
        if index == 0 || index == GUIDES {
            let heading = if index == 0 { "Guides" } else { "Reference" };
            let _ = write!(navigation, "<li class=\"group\">{heading}</li>");
        }
        if index == GUIDES {
            navigation.push_str("<li><a href=\"./\">Try the API</a></li>");
        }
        let current = if *name == marked { " aria-current=\"page\"" } else { "" };
        let _ = write!(navigation, "<li><a href=\"./{name}\"{current}>{label}</a></li>");
    }
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} · Vestibule</title>\n\
         <meta name=\"description\" content=\"{title}: a guide to Vestibule, self-hosted organizations, members, invitations and sign-in.\">\n\
         <link rel=\"stylesheet\" href=\"./guides.css\">\n<link rel=\"icon\" href=\"data:,\">\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to content</a>\n\
         <nav aria-label=\"Documentation\"><p>Vestibule</p><ul>{navigation}</ul></nav>\n\
         <main id=\"main\">\n{body}</main>\n</body>\n</html>\n"
    )
}
