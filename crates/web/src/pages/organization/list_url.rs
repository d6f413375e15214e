//! URLs of lists: the filter, the order and the position are parameters, so that links and the back button keep them.

/// Returns the path with the parameters that have a value.
pub(super) fn list_url(path: &str, parameters: &[(&str, String)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn omits_empty_parameters() {
        let url =
            |search: &str, sort: &str| list_url("/m", &[("search", search.to_owned()), ("sort", sort.to_owned())]);
        assert_eq!(url("", ""), "/m");
        assert_eq!(url("a&b", ""), "/m?search=a%26b");
        assert_eq!(url("a", "-name"), "/m?search=a&sort=-name");
    }
}
