//! The name of a browser, for people.

/// Returns the browser and operating system from a `User-Agent`, or its first 60 characters if the browser is unknown.
/// `None` if it is empty.
pub fn browser_name(user_agent: &str) -> Option<String> {
    // The order matters: each browser also claims to be the ones that follow it.
    let browsers =
        [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    let systems = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(token, _)| user_agent.contains(token)).map(|(_, name)| *name)
    };
    match (find(&browsers), find(&systems)) {
        (Some(browser), Some(system)) => Some(format!("{browser}, {system}")),
        (Some(browser), None) => Some(browser.to_owned()),
        (None, _) => Some(user_agent.chars().take(60).collect()).filter(|name: &String| !name.is_empty()),
    }
}
