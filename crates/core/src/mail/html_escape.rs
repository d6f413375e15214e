//! Escaping of text for HTML, right in text and in quoted attributes.

use std::borrow::Cow;

use minijinja::Value;

/// Escapes the characters that end a text or a quoted attribute. A `/` does neither, and stays, so that a link in an
/// attribute is written as it is.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 32);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// The filter `escape` of templates. A value that is safe already stays as it is.
pub(super) fn to_safe_value(value: &Value) -> Value {
    if value.is_safe() { value.clone() } else { Value::from_safe_string(escape(&value.to_string()).into_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slashes_stay_and_what_ends_an_attribute_is_escaped() {
        assert_eq!(escape("https://a.example/?a=1&b=2#t"), "https://a.example/?a=1&amp;b=2#t");
        assert_eq!(escape("\"><script>'"), "&quot;&gt;&lt;script&gt;&#39;");
        assert!(matches!(escape("https://a.example/"), Cow::Borrowed(_)));
        assert_eq!(to_safe_value(&to_safe_value(&Value::from("a&b"))).to_string(), "a&amp;b", "escaped once");
    }

    proptest! {
        #[test]
        fn nothing_that_ends_text_or_attributes_is_left(text in any::<String>()) {
            let escaped = escape(&text).into_owned();
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            let again = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
            prop_assert_eq!(again.replace("&amp;", "&"), text);
        }
    }
}
