//! The pages without a mouse: Tab, Shift+Tab, Enter, Space, arrows, Escape and typed text.

mod order;
mod stories;

use serde_json::{Value, json};
use vestibule_testbed::devtools::PressedKey;

use super::Browser;

/// More than any page has.
const MAX_STOPS: usize = 150;

/// Describes what has the focus. `isMatch` says whether it is the element of the first argument.
const FOCUS: &str = r#"
    const element = document.activeElement ?? document.body, style = getComputedStyle(element);
    const box = element.getClientRects()[0] ?? new DOMRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    let [left, top] = [box.left + scrollX, box.top + scrollY];
    // Tabs that do not fit are scrolled.
    for (let outer = element.parentElement; outer; outer = outer.parentElement) {
        if (outer !== document.scrollingElement) left += outer.scrollLeft;
    }
    const hit = document.elementFromPoint(x, y);
    const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
        && !/^rgba\(.*, 0\)$|^transparent$/.test(style.outlineColor);
    return {
        element: element.outerHTML.slice(0, 160),
        isBody: element === document.body,
        isOutlined,
        at: [box.left, box.top], isInSight: box.width > 0 && box.height > 0 && hit !== null && (element.contains(hit) || hit.contains(element)),
        isMatch: element.matches(arguments[0]),
        box: [left, top, left + box.width, top + box.height],
    };"#;

/// A user with a keyboard only.
pub(super) struct Keyboard<'a>(&'a Browser);

impl Keyboard<'_> {
    async fn focus(&self, css: &str) -> Value {
        self.0.driver.execute(FOCUS, vec![json!(css)]).await.unwrap()
    }

    /// Like [`Self::focus`]. The focus is outlined, and in sight: the browser scrolls to it, which may take a moment.
    async fn visible_focus(&self, css: &str) -> Value {
        let mut focus = self.focus(css).await;
        for _ in 0..100 {
            if focus["isInSight"] == true || focus["isBody"] == true {
                break;
            }
            focus = self.focus(css).await;
        }
        assert!(focus["isBody"] == true || focus["isInSight"] == true, "the focus is out of sight: {focus}");
        assert!(focus["isBody"] == true || focus["isOutlined"] == true, "the focus has no outline: {focus}");
        focus
    }

    /// Moves on with Tab until an element has the focus. Each stop on the way is outlined and in sight.
    async fn tab_to(&self, css: &str) {
        self.move_to(css, PressedKey::Tab).await;
    }

    async fn move_to(&self, css: &str, key: PressedKey) {
        self.0.wait_for(css).await;
        for _ in 0..MAX_STOPS {
            self.0.press(key).await;
            let focus = self.visible_focus(css).await;
            if focus["isMatch"] == true {
                return;
            }
        }
        panic!("no Tab leads to {css}");
    }

    async fn press(&self, key: PressedKey) {
        if key == PressedKey::Enter {
            self.0.evaluate("document.querySelector('main').dataset.old = '';").await;
        }
        self.0.press(key).await;
    }

    /// Moves to a field and replaces its text, as Tab selects all of it.
    async fn fill(&self, css: &str, text: &str) {
        self.tab_to(css).await;
        self.0.type_text(text).await;
    }

    /// Moves to a button or link and presses Enter.
    async fn activate(&self, css: &str) {
        self.tab_to(css).await;
        self.press(PressedKey::Enter).await;
    }

    /// Waits until Enter has replaced the content of the page. The focus is on something in it.
    async fn updated(&self, css: &str) {
        self.settled(&format!("main:not([data-old]) {css}")).await;
    }

    /// Waits until an element is there. The focus is on something in the content.
    async fn settled(&self, css: &str) {
        self.0.wait_for(css).await;
        let focus = self.focus("main *").await;
        assert!(focus["isMatch"] == true, "after {css}, the focus is on {focus}");
    }

    /// Waits for a page that the browser loaded. Tab begins at its start, with the link to the content, unless the page
    /// puts the focus into a field.
    async fn loaded(&self, css: &str) {
        self.0.wait_for(css).await;
        let focus = self.focus("main [autofocus]").await;
        if focus["isBody"] == true {
            self.press(PressedKey::Tab).await;
            let focus = self.focus("a.skip").await;
            assert!(focus["isMatch"] == true && focus["isInSight"] == true, "first is {focus}");
        } else {
            assert!(focus["isMatch"] == true, "the focus is on {focus}");
        }
    }
}
