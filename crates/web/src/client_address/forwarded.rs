//! The grammar of `Forwarded` (RFC 7239, section 4), read from its end.
//!
//! Proxies append to what they receive. So what a client wrote before, such as a quotation mark that nothing closes,
//! must not change how the elements of the proxies are read.

use super::node::Node;

/// Splits a header line into its elements, the last one first. A comma inside of a quoted string does not separate.
pub(super) fn elements_from_end(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let mut is_quoted = false;
        for (index, byte) in line.iter().enumerate().rev() {
            match byte {
                b'"' if !(is_quoted && is_escaped(&line[..index])) => is_quoted = !is_quoted,
                b',' if !is_quoted => {
                    rest = Some(&line[..index]);
                    return Some(&line[index + 1..]);
                }
                _ => {}
            }
        }
        rest = None;
        Some(line)
    })
}

/// Whether a backslash that is not itself escaped precedes.
fn is_escaped(before: &[u8]) -> bool {
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// Returns the node of the parameter `for`. `None` if the element breaks the grammar, or has no such parameter or two.
pub(super) fn node(element: &[u8]) -> Option<Node> {
    let mut node = None;
    let mut rest = element.trim_ascii();
    while !rest.is_empty() {
        let (name, value, after) = pair(rest)?;
        if name.eq_ignore_ascii_case(b"for") {
            node.is_none().then_some(())?;
            node = Some(Node::parse(&value)?);
        }
        // RFC 7239 has no whitespace around the semicolon, but some proxies write it.
        rest = after.trim_ascii_start();
        rest = match rest.strip_prefix(b";") {
            Some(rest) => rest.trim_ascii_start(),
            None if rest.is_empty() => rest,
            None => return None,
        };
    }
    node
}

/// Parses `token=value` at the start. Returns the name, the value without quotation marks and escapes, and the rest.
fn pair(text: &[u8]) -> Option<(&[u8], Vec<u8>, &[u8])> {
    let (name, rest) = text.split_at(text.iter().position(|byte| !is_token(*byte))?);
    let rest = rest.strip_prefix(b"=").filter(|_| !name.is_empty())?;
    let Some(quoted) = rest.strip_prefix(b"\"") else {
        // A colon and brackets belong in a quoted string, but some proxies write them without.
        let is_value = |byte: u8| is_token(byte) || b":[]".contains(&byte);
        let (value, rest) = rest.split_at(rest.iter().position(|byte| !is_value(*byte)).unwrap_or(rest.len()));
        return (!value.is_empty()).then(|| (name, value.to_vec(), rest));
    };
    let (mut value, mut bytes) = (Vec::new(), quoted.iter().enumerate());
    while let Some((index, byte)) = bytes.next() {
        match byte {
            b'"' => return Some((name, value, &quoted[index + 1..])),
            b'\\' => value.push(*bytes.next()?.1),
            byte => value.push(*byte),
        }
    }
    None
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn elements(line: &str) -> Vec<&str> {
        elements_from_end(line.as_bytes()).map(|element| std::str::from_utf8(element).unwrap()).collect()
    }

    #[test]
    fn splits_elements_outside_of_quoted_strings() {
        assert_eq!(elements("for=a,for=b"), ["for=b", "for=a"]);
        assert_eq!(elements(r#"for="a,b", for=c"#), [" for=c", r#"for="a,b""#]);
        assert_eq!(elements(r#"for=a,for="b\",c\\""#), [r#"for="b\",c\\""#, "for=a"]);
        assert_eq!(elements(""), [""]);
        // What the client leaves open does not reach the element of the proxy.
        assert_eq!(elements(r#"for="1.2.3.4, for=198.51.100.1"#)[0], " for=198.51.100.1");
        assert_eq!(elements(r#"for="\, for="[2001:db8::7]:1""#)[0], r#" for="[2001:db8::7]:1""#);
    }

    #[test]
    fn reads_the_client_of_an_element() {
        let address = |text: &str| Some(Node::Address(text.parse().unwrap()));
        for (element, expected) in [
            ("for=192.0.2.43", address("192.0.2.43")),
            ("For=192.0.2.43", address("192.0.2.43")),
            (" for=192.0.2.43 ", address("192.0.2.43")),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", address("192.0.2.60")),
            ("proto=http;by=203.0.113.43;FOR=192.0.2.60", address("192.0.2.60")),
            ("by=203.0.113.43; for=192.0.2.60 ; host=a.example", address("192.0.2.60")),
            (r#"for="192.0.2.43:47011""#, address("192.0.2.43")),
            (r#"for="[2001:db8:cafe::17]:4711""#, address("2001:db8:cafe::17")),
            (r#"for="[2001:db8:cafe::17]""#, address("2001:db8:cafe::17")),
            (r#"for="\1\9\2.0.2.43""#, address("192.0.2.43")),
            (r#"host="a;for=1.2.3.4\";";for=192.0.2.43"#, address("192.0.2.43")),
            // Quotation marks that should be there.
            ("for=192.0.2.43:47011", address("192.0.2.43")),
            ("for=[2001:db8::17]:80", address("2001:db8::17")),
            ("for=2001:db8::17", address("2001:db8::17")),
            ("for=unknown", Some(Node::Hidden)),
            ("for=_gazonk", Some(Node::Hidden)),
            (r#"for="_gazonk:_p";proto=https"#, Some(Node::Hidden)),
            ("for=192.0.2.43;", address("192.0.2.43")),
            ("", None),
            ("proto=https", None),
            ("for", None),
            ("for=", None),
            (r#"for="""#, None),
            ("for = 192.0.2.43", None),
            ("for=192.0.2.43;for=192.0.2.44", None),
            ("for=192.0.2.43 proto=http", None),
            (r#"for="192.0.2.43"#, None),
            (r#"for="192.0.2.43\"#, None),
            (r#"for="192.0.2.43"x"#, None),
            ("192.0.2.43", None),
            ("for=garbage", None),
            ("for=192.0.2.43;proto", None),
        ] {
            assert_eq!(node(element.as_bytes()), expected, "{element:?}");
        }
    }

    proptest! {
        #[test]
        fn clients_cannot_change_the_element_of_a_proxy(forged in "[ -~]{0,60}", quoted: bool) {
            let own = if quoted { r#"for="203.0.113.9:80";proto=https"# } else { "for=203.0.113.9" };
            let line = format!("{forged}, {own}");
            let last = elements_from_end(line.as_bytes()).next().unwrap();
            prop_assert_eq!(node(last), Some(Node::Address("203.0.113.9".parse().unwrap())));
        }

        #[test]
        fn does_not_panic(line in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = elements_from_end(&line).map(node).collect::<Vec<_>>();
            let _ = node(&line);
        }
    }
}
