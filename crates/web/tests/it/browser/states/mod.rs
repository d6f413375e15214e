//! Every page in every state, light, dark and in forced colors, in narrow and wide windows: no axe violations, no
//! horizontal scrolling, no layout shift. The pages are rendered in process, so that no state needs a journey.

mod account;
mod organization;
mod signed_out;

use axum::extract::Request;
use axum::response::{Html, IntoResponse};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use vestibule_testbed::devtools::Screen;
use vestibule_web::Peer;

use super::{Browser, BrowserOptions, with_browser};
use crate::harness::TestApp;
use crate::pages::invite_states;

const RULES: &str = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']";

/// The rules whose result depends on the theme or the width.
const RULES_OF_LOOKS: &str = "['color-contrast', 'link-in-text-block', 'target-size', 'scrollable-region-focusable']";

/// An open menu covers what is below it, which makes targets there small.
const RULES_OF_MENUS: &str =
    "['color-contrast', 'link-in-text-block', 'list', 'listitem', 'aria-hidden-focus', 'link-name', 'button-name']";

/// In CSS pixels.
const WIDTHS: [u32; 2] = [1280, 320];

/// What browsers call good. A slow machine paints a page before all of it is there.
const MAX_LAYOUT_SHIFT: f64 = 0.1;

/// How much the page has moved while it loaded, by the definition of Cumulative Layout Shift.
const LAYOUT_SHIFT: &str = "
    const done = arguments[0];
    new PerformanceObserver((list) => done(list.getEntries().reduce((sum, entry) => sum + entry.value, 0)))
        .observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => done(0), 30);";

/// Opens all options, and the first menu of the content and of the header. Returns whether the content has any.
const OPEN_MENUS: &str = "
    const folded = document.querySelectorAll('main details');
    for (const details of document.querySelectorAll('main details:not(.menu)')) details.open = true;
    for (const css of ['.top .menu.end', 'main .menu']) document.querySelector(css)?.setAttribute('open', '');
    return folded.length > 0;";

/// A rendered page.
struct State {
    name: String,
    html: String,
}

#[derive(Default)]
struct States(Vec<State>);

impl States {
    fn add(&mut self, name: &str, html: String) {
        assert!(html.contains("<main"), "{name}: {html}");
        self.0.push(State { name: name.to_owned(), html });
    }
}

/// Serves the pages at `/states/{index}`, and stylesheets, scripts and images like the app. Returns the URL.
async fn serve(app: &TestApp, states: &States) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let pages: Vec<_> = states.0.iter().map(|state| state.html.clone()).collect();
    let server = app.inner.server.clone();
    let handler = move |request: Request, peer: Peer| {
        let index = request.uri().path().strip_prefix("/states/").and_then(|index| index.parse::<usize>().ok());
        let page = index.map(|index| Html(pages[index].clone()).into_response());
        let server = server.clone();
        async move {
            match page {
                Some(page) => page,
                None => server.handle(request, peer).await,
            }
        }
    };
    tokio::spawn(vestibule_web::serve(
        listener,
        handler,
        vestibule_web::ConnectionLimits::new(50),
        std::future::pending(),
    ));
    url
}

const fn screen(width: u32) -> Screen {
    // Colors that are on their way would be measured.
    Screen { width, has_reduced_motion: true, is_dark: false, has_forced_colors: false, is_print: false }
}

async fn violations(browser: &Browser, run_only: &str) -> Value {
    let script = format!(
        "const done = arguments[0]; axe.run(document, {{ runOnly: {run_only}, resultTypes: ['violations'] }}).then((found) =>
            done(found.violations.map((one) => [one.id, one.nodes.map((node) => node.html + ' ' + node.failureSummary)])));"
    );
    browser.driver.execute_async(&script, Vec::new()).await.unwrap()
}

/// Returns what is wrong with the page that is open.
async fn problems(browser: &Browser) -> Vec<String> {
    let mut problems = Vec::new();
    let shift = browser.driver.execute_async(LAYOUT_SHIFT, Vec::new()).await.unwrap();
    if shift.as_f64().unwrap() > MAX_LAYOUT_SHIFT {
        problems.push(format!("layout shift of {shift}"));
    }
    let mut check = async |screen: Screen, rules: &str| {
        browser.emulate(screen).await;
        let found = violations(browser, rules).await;
        if found != json!([]) {
            problems.push(format!("{screen:?}: {found}"));
        }
        let overflow = "return document.documentElement.scrollWidth - document.documentElement.clientWidth;";
        let overflow = browser.evaluate(overflow).await;
        if overflow.as_i64().unwrap() > 0 {
            problems.push(format!("{screen:?}: {overflow} px too wide"));
        }
    };
    for width in WIDTHS {
        check(screen(width), RULES).await;
        check(Screen { is_dark: true, ..screen(width) }, RULES_OF_LOOKS).await;
        check(Screen { has_forced_colors: true, ..screen(width) }, RULES_OF_LOOKS).await;
    }
    if browser.evaluate(OPEN_MENUS).await == json!(true) {
        for width in WIDTHS {
            check(screen(width), RULES_OF_MENUS).await;
            check(Screen { is_dark: true, ..screen(width) }, RULES_OF_MENUS).await;
        }
    }
    browser.emulate(screen(WIDTHS[0])).await;
    problems
}

async fn check(states: States) {
    let app = TestApp::start().await;
    let url = serve(&app, &states).await;
    let axe = std::fs::read_to_string(vestibule_testbed::requirement("axe.min.js")).unwrap();
    let mut failures = Vec::new();
    with_browser(BrowserOptions::default(), async |browser: &Browser| {
        browser.run_on_every_page(&axe).await;
        browser.emulate(screen(WIDTHS[0])).await;
        for (index, state) in states.0.iter().enumerate() {
            browser.driver.goto(&format!("{url}/states/{index}")).await.unwrap();
            let found = problems(browser).await;
            failures.extend(found.into_iter().map(|problem| format!("{}: {problem}", state.name)));
        }
    })
    .await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn states_without_a_session_are_accessible() {
    let mut states = States::default();
    signed_out::collect(&mut states).await;
    account::collect(&mut states).await;
    check(states).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn states_of_invitations_are_accessible() {
    let mut states = States::default();
    for (name, html) in invite_states::every_page().await {
        states.add(&name, html);
    }
    check(states).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn states_of_organizations_are_accessible() {
    let mut states = States::default();
    organization::collect(&mut states).await;
    check(states).await;
}
