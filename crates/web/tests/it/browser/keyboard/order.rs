//! The order of Tab is the one that the eye reads in.

use serde_json::Value;
use vestibule_testbed::devtools::{PressedKey, Screen};

use super::{Keyboard, MAX_STOPS};
use crate::browser::pages::{page_urls, seed_organization, sign_in};
use crate::browser::{BrowserOptions, BrowserServer, with_browser};

/// Left, top, right and bottom, in CSS pixels of the page.
fn bounds(focus: &Value) -> [f64; 4] {
    [0, 1, 2, 3].map(|side| focus["box"][side].as_f64().unwrap())
}

/// Whether the second stop is above the first, or left of it in the same line. The menu of a row is its last stop, though
/// a narrow window has it in the corner.
fn is_backwards(first: &Value, second: &Value) -> bool {
    if second["element"].as_str().unwrap().starts_with("<summary class=\"icon\"") {
        return false;
    }
    let ([left, top, _, bottom], [_, next_top, next_right, next_bottom]) = (bounds(first), bounds(second));
    let is_above = next_bottom <= top + 1.0;
    let is_same_line = next_top < bottom - 4.0 && next_bottom > top + 4.0;
    is_above || (is_same_line && next_right <= left + 1.0)
}

impl Keyboard<'_> {
    /// Returns every stop of the page, by moving through all of it.
    async fn stops(&self) -> Vec<Value> {
        let mut stops = Vec::new();
        while stops.len() < MAX_STOPS {
            self.press(PressedKey::Tab).await;
            let focus = self.visible_focus("*").await;
            let is_first_again = stops.first().is_some_and(|first: &Value| first["element"] == focus["element"]);
            if focus["isBody"] == true || is_first_again {
                return stops;
            }
            stops.push(focus);
        }
        panic!("the focus does not leave the page");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tab_follows_the_eye_on_every_page() {
    let server = BrowserServer::start(|_| ()).await;
    let organization = seed_organization(&server).await;
    with_browser(BrowserOptions::default(), async |browser| {
        sign_in(browser, &server).await;
        let keyboard = Keyboard(browser);
        for (page, url) in page_urls(&server, &organization) {
            // Guides are text with links.
            if page.starts_with("docs-") {
                continue;
            }
            for width in [320, 1280] {
                browser.emulate(Screen { width, has_reduced_motion: true, ..Screen::default() }).await;
                browser.goto(&url).await;
                let has_autofocus = keyboard.focus("main [autofocus]").await["isMatch"] == true;
                let stops = keyboard.stops().await;
                let is_skip_link = |stop: &Value| stop["element"].as_str().unwrap().contains("class=\"skip\"");
                assert!(has_autofocus || is_skip_link(&stops[0]), "{page}: {}", stops[0]);
                let content: Vec<_> = stops.into_iter().filter(|stop| !is_skip_link(stop)).collect();
                for pair in content.windows(2) {
                    assert!(!is_backwards(&pair[0], &pair[1]), "{page}, {width} px: {} before {}", pair[0], pair[1]);
                }
            }
        }
    })
    .await;
}
