//! The content type of a list, with the parameters of `text/csv` (RFC 4180, RFC 7111).

use crate::extract::essence;

/// A content type. Names are in lower case.
pub(super) struct ContentType {
    /// Without parameters: `text/csv`.
    pub(super) essence: String,
    parameters: Vec<(String, String)>,
}

impl ContentType {
    pub(super) fn parse(text: &str) -> Self {
        let parameters = text.split(';').skip(1).filter_map(|part| part.split_once('='));
        let parameters = parameters
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"').to_owned()))
            .collect();
        Self { essence: essence(text), parameters }
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_parameters() {
        let parsed = ContentType::parse("Text/CSV ; Charset=\"utf-8\"; header=present;x");
        assert_eq!(parsed.essence, "text/csv");
        assert_eq!((parsed.parameter("charset"), parsed.parameter("header")), (Some("utf-8"), Some("present")));
        assert_eq!((parsed.parameter("x"), ContentType::parse("").essence.as_str()), (None, ""));
    }
}
