//! Commands of the Chrome `DevTools` Protocol: sizes and media that a page is shown with, keys, and screenshots.

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::browser::Browser;

/// What a page is shown on.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent settings")]
pub struct Screen {
    /// In CSS pixels.
    pub width: u32,
    pub is_dark: bool,
    pub has_forced_colors: bool,
    pub has_reduced_motion: bool,
    pub is_print: bool,
}

/// Keys that move the focus, press something, or choose something, as keyboards have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PressedKey {
    Tab,
    ShiftTab,
    Enter,
    Space,
    Escape,
    Down,
}

/// A command that chromedriver passes on to the browser.
#[derive(Debug)]
struct Devtools(Value);

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        base_url.join(&format!("session/{}/goog/cdp/execute", session_id.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.0.to_string()))
    }
}

impl Browser {
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let command = Devtools(json!({"cmd": command, "params": parameters}));
        self.driver.issue_cmd(command).await.unwrap()
    }

    /// Shows the present and later pages on this screen.
    pub async fn emulate(&self, screen: Screen) {
        let metrics = json!({"width": screen.width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        let feature = |name: &str, value: &str| json!({"name": name, "value": value});
        let features = [
            feature("prefers-color-scheme", if screen.is_dark { "dark" } else { "light" }),
            feature("forced-colors", if screen.has_forced_colors { "active" } else { "none" }),
            feature("prefers-reduced-motion", if screen.has_reduced_motion { "reduce" } else { "no-preference" }),
        ];
        let media = if screen.is_print { "print" } else { "screen" };
        self.devtools("Emulation.setEmulatedMedia", json!({"media": media, "features": features})).await;
    }

    /// Presses and releases a key.
    pub async fn press(&self, key: PressedKey) {
        let (name, code, text) = match key {
            PressedKey::Tab | PressedKey::ShiftTab => ("Tab", 9, ""),
            PressedKey::Enter => ("Enter", 13, "\r"),
            PressedKey::Space => (" ", 32, " "),
            PressedKey::Escape => ("Escape", 27, ""),
            PressedKey::Down => ("ArrowDown", 40, ""),
        };
        let modifiers = if key == PressedKey::ShiftTab { 8 } else { 0 };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({"type": kind, "key": name, "windowsVirtualKeyCode": code, "modifiers": modifiers});
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = json!(text);
            }
            self.devtools("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Types into whatever has the focus.
    pub async fn type_text(&self, text: &str) {
        self.devtools("Input.insertText", json!({"text": text})).await;
    }

    /// Runs a script at the start of every page that is opened from now on.
    pub async fn run_on_every_page(&self, script: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await;
    }

    /// Returns a PNG of the whole page, in Base64.
    pub async fn page_screenshot(&self) -> String {
        let reply =
            self.devtools("Page.captureScreenshot", json!({"format": "png", "captureBeyondViewport": true})).await;
        reply["data"].as_str().unwrap().to_owned()
    }

    /// Runs a script, and returns what it returns.
    pub async fn evaluate(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.unwrap()
    }
}
