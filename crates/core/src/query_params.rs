//! Query parameters that are added to URLs of others.

use percent_encoding::percent_decode_str;

/// Returns `url` with these parameters at the end of its query. Parameters of these names that it has already are
/// removed, because most clients read the first one. Names and values must need no percent-encoding.
pub fn set_query_params(url: &str, params: &[(&str, &str)]) -> String {
    let (address, fragment) = url.find('#').map_or((url, ""), |start| url.split_at(start));
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let is_replaced = |pair: &str| {
        let name = percent_decode_str(pair.split('=').next().unwrap_or_default()).decode_utf8_lossy();
        params.iter().any(|(replaced, _)| name == *replaced)
    };
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !is_replaced(pair)).map(str::to_owned);
    let added = params.iter().map(|(name, value)| format!("{name}={value}"));
    let query: Vec<_> = kept.chain(added).collect();
    format!("{path}?{}{fragment}", query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PARAMS: [(&str, &str); 2] = [("token", "7.abc"), ("attempt", "7")];

    #[test]
    fn adds_parameters_before_the_fragment_and_replaces_older_ones() {
        for (url, expected) in [
            ("https://app.example", "https://app.example?token=7.abc&attempt=7"),
            ("https://app.example/", "https://app.example/?token=7.abc&attempt=7"),
            ("https://app.example/in?", "https://app.example/in?token=7.abc&attempt=7"),
            ("https://app.example/in?next=%2Fa", "https://app.example/in?next=%2Fa&token=7.abc&attempt=7"),
            ("https://app.example/#/in?x=1", "https://app.example/?token=7.abc&attempt=7#/in?x=1"),
            ("https://app.example/?a=b#", "https://app.example/?a=b&token=7.abc&attempt=7#"),
            // The page of an earlier link.
            ("https://app.example/in?token=6.xyz&attempt=6&a", "https://app.example/in?a&token=7.abc&attempt=7"),
            (
                "https://app.example/in?%74oken=6.xyz&tokens=1&token",
                "https://app.example/in?tokens=1&token=7.abc&attempt=7",
            ),
            ("/in", "/in?token=7.abc&attempt=7"),
        ] {
            assert_eq!(set_query_params(url, &PARAMS), expected);
        }
    }

    proptest! {
        #[test]
        fn setting_twice_changes_nothing(url in "https://a\\.example[!-~]{0,40}") {
            let once = set_query_params(&url, &PARAMS);
            prop_assert_eq!(&set_query_params(&once, &PARAMS), &once);
            let fragment = |url: &str| url.split_once('#').map(|(_, fragment)| fragment.to_owned());
            prop_assert_eq!(fragment(&once), fragment(&url));
        }
    }
}
