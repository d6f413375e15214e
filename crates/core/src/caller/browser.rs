//! What a `User-Agent` says about a browser.

/// Longer names of unknown browsers are cut, in characters.
const MAX_NAME: usize = 60;

/// Each browser also claims to be the ones that follow it.
const BROWSERS: [(&str, &str); 12] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Android also claims to be Linux, and iPhones and iPads to be like macOS.
const DEVICES: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

fn find(table: &[(&str, &'static str)], user_agent: &str) -> Option<&'static str> {
    table.iter().find(|(token, _)| user_agent.contains(token)).map(|(_, name)| *name)
}

/// Returns the name of the browser, such as `Firefox`, or the start of the `User-Agent` of an unknown one. Empty for an
/// empty one.
pub fn browser(user_agent: &str) -> String {
    find(&BROWSERS, user_agent).map_or_else(|| user_agent.chars().take(MAX_NAME).collect(), str::to_owned)
}

/// Returns the device or operating system, such as `iPhone` or `Windows`; empty if it is unknown.
pub fn device(user_agent: &str) -> &'static str {
    find(&DEVICES, user_agent).unwrap_or_default()
}

/// Returns the browser with its device, for people. `None` if the `User-Agent` is empty.
pub fn browser_name(user_agent: &str) -> Option<String> {
    match (find(&BROWSERS, user_agent), find(&DEVICES, user_agent)) {
        (Some(browser), Some(device)) => Some(format!("{browser}, {device}")),
        _ => Some(browser(user_agent)).filter(|name| !name.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_browsers_and_devices() {
        for (user_agent, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 \
                 Safari/537.36 Edg/142.0.0.0",
                ("Edge", "Windows"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 \
                 Safari/537.36",
                ("Chrome", "Windows"),
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox", "Linux")),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1",
                ("Chrome", "iPhone"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 FxiOS/144.0 Mobile/15E148 Safari/604.1",
                ("Firefox", "iPhone"),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 \
                 Safari/605.1.15",
                ("Safari", "macOS"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 \
                 Chrome/130.0.0.0 Mobile Safari/537.36",
                ("Samsung Internet", "Android"),
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 \
                 Safari/537.36",
                ("Chrome", "ChromeOS"),
            ),
            ("curl/8.5.0", ("curl/8.5.0", "")),
            ("okhttp/4.12.0 (Android 14)", ("okhttp/4.12.0 (Android 14)", "Android")),
            ("", ("", "")),
        ] {
            assert_eq!((browser(user_agent).as_str(), device(user_agent)), expected, "{user_agent}");
        }
        assert_eq!(browser(&"ü".repeat(400)).chars().count(), MAX_NAME);
    }

    #[test]
    fn names_browser_and_device_together() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        assert_eq!(browser_name(firefox).as_deref(), Some("Firefox, Linux"));
        assert_eq!(browser_name("curl/8.5.0").as_deref(), Some("curl/8.5.0"));
        assert_eq!(browser_name(""), None);
    }
}
