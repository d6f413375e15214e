use super::*;
use proptest::prelude::*;

#[track_caller]
fn assert_split(text: &str, expected: &[&str]) {
    assert_eq!(split(text).collect::<Vec<_>>(), expected, "{text:?}");
}

const BOTH: [&str; 2] = ["nina@t.example", "kim@t.example"];

#[test]
fn reads_what_mail_programs_copy() {
    for text in [
        // Outlook
        "Nina Berg <nina@t.example>; Kim <kim@t.example>",
        "Berg, Nina <nina@t.example>; Lee, Kim <kim@t.example>;",
        "'nina@t.example'; 'kim@t.example'",
        "'Berg, Nina' <nina@t.example>; 'kim@t.example' <kim@t.example>",
        "nina@t.example <nina@t.example>; kim@t.example <kim@t.example>",
        "Berg, Nina (Sales) <nina@t.example>; Lee, Dr. Kim (Ops; Berlin) <kim@t.example>",
        "Nina Berg <mailto:nina@t.example>; Kim <mailto:kim@t.example>",
        "SMTP:nina@t.example;smtp:kim@t.example",
        // Gmail
        "\"Berg, Nina\" <nina@t.example>, Kim <kim@t.example>, ",
        "\"Nina \\\"N.\\\" Berg; Sales\" <nina@t.example>,\n \"kim@t.example\" <kim@t.example>,",
        // Apple Mail
        "Nina Berg <nina@t.example>\nKim <kim@t.example>\n",
        "Nina Berg <nina@t.example>\r\n\r\nKim <kim@t.example>\r\n",
        "Nina Berg\n<nina@t.example>\nKim\n\n<kim@t.example>",
        "Nina <nina@t.example> Kim <kim@t.example>",
        // RFC 5322
        "Team: Nina <nina@t.example>, kim@t.example;",
        "Team:nina@t.example,kim@t.example;",
        "\"A, team\": nina@t.example, kim@t.example; Nobody:;",
        "nina@t.example (Berg, Nina (Sales)), <kim@t.example> (Kim; \\) Lee)",
        "=?utf-8?Q?Berg=2C_Nina?= <nina@t.example>, =?utf-8?b?S2lt?= <kim@t.example>",
        "To: nina@t.example\nCc: kim@t.example",
        "An: Nina Berg <nina@t.example>,\n\tKim <kim@t.example>",
    ] {
        assert_split(text, &BOTH);
    }
}

#[test]
fn reads_what_people_type() {
    for text in [
        "nina@t.example,kim@t.example",
        ";, nina@t.example ,; kim@t.example ;;,",
        "nina@t.example kim@t.example",
        "nina@t.example\tkim@t.example",
        "Nina\tBerg\tnina@t.example\nKim\tLee\tkim@t.example",
        "nina@t.example\tNina\tBerg\r\nkim@t.example\tKim\tLee\r\n",
        "• nina@t.example\n• kim@t.example",
        "- nina@t.example\n* kim@t.example",
        "1. nina@t.example\n2) kim@t.example",
        "•nina@t.example\n–\u{a0}kim@t.example",
        "\u{feff}nina@t.example\u{a0}\u{200b}\nkim@t.ex\u{ad}ample\u{200e}",
        "\u{202a}nina@t.example\u{202c}\u{3001}kim@t.example",
        "<nina@t.example> <kim@t.example>",
        "< nina@t.example >, <kim@t.example",
        "mailto:nina@t.example?subject=Hi; mailto:kim@t.example",
        "[nina@t.example](mailto:nina@t.example), [kim@t.example](mailto:kim@t.example)",
        "“nina@t.example”, «kim@t.example»",
        "Please invite nina@t.example and kim@t.example.",
        "Nina (nina@t.example), Kim (kim@t.example)",
    ] {
        assert_split(text, &BOTH);
    }
    assert_split("mailto:nina%2Bx@t.example", &["nina+x@t.example"]);
    assert_split("o'brien@t.example, O'Brien <o@t.example>", &["o'brien@t.example", "o@t.example"]);
}

#[test]
fn what_is_no_address_stays_visible() {
    assert_split("nobody; nina@t.example", &["nobody", "nina@t.example"]);
    assert_split("nobody\nnina@t.example", &["nobody", "nina@t.example"]);
    assert_split("Nina Berg", &["Nina Berg"]);
    assert_split("nobody, nina@t.example", &["nobody", "nina@t.example"]);
    assert_split("Nina <>, kim@t.example", &["Nina <>", "kim@t.example"]);
    assert_split("nina@, @t.example", &["nina@", "@t.example"]);
    assert_split("\"nina berg\"@t.example", &["\"nina berg\"@t.example"]);
    assert_split("a@t.example <b@t.example>", &["a@t.example", "b@t.example"]);
    assert_split("\"a@t.example\" <b@t.example>", &["b@t.example"]);
    assert_split("\"Nina <nina@t.example>, kim@t.example", &["nina@t.example", "kim@t.example"]);
    assert_split("nina@t.example (kim@t.example", &["nina@t.example", "(kim@t.example"]);
    for nothing in ["", " \n\t", ";,;\n", "•\n-\n", "Undisclosed recipients:;", "\u{200b}"] {
        assert_split(nothing, &[]);
    }
}

#[test]
fn takes_linear_time() {
    // Each would take hours if every character searched the rest of the text.
    for unit in ["\"", "<", "(", "((", "\"\\", "a@b<", "a@b <", "a@b ", "'@", "((((\"", "Nina, ", "'", "[", "mailto:"] {
        let text = unit.repeat(1_000_000 / unit.len());
        let _ = split(&text).take(1001).count();
    }
}

proptest! {
    #[test]
    fn never_panics_and_finds_what_is_listed(
        noise in "([ -~]|[\\u{80}-\\u{2100}]|[<>\\(\\),;:\"'@\\\\\\r\\n]){0,60}",
        names in prop::collection::vec("[A-Z][a-z]{0,8}( [A-Z][a-z]{1,8})?", 1..6),
        form in 0..6_usize,
    ) {
        let _ = split(&noise).count();
        let addresses: Vec<_> = names.iter().map(|name| format!("{}@t.example", name.replace(' ', "."))).collect();
        let write = |(name, address): (&String, &String)| match form {
            0 => address.clone(),
            1 => format!("{name} <{address}>"),
            2 => format!("\"{name}, x\" <{address}>"),
            3 => format!("x, {name} <{address}>"),
            4 => format!("{address} ({name})"),
            _ => format!("'{address}'"),
        };
        let list: Vec<_> = names.iter().zip(&addresses).map(write).collect();
        for separator in ["; ", ";", "\n", "\r\n", ";\n"] {
            prop_assert_eq!(split(&list.join(separator)).collect::<Vec<_>>(), addresses.clone());
        }
        for separator in [", ", ",", ",\n"] {
            prop_assert_eq!(split(&list.join(separator)).collect::<Vec<_>>(), addresses.clone());
        }
    }
}
