use super::*;
use proptest::prelude::*;

fn parse(text: &str) -> Vec<(u64, String)> {
    let entries = Table::parse(text, None).unwrap().entries;
    entries.into_iter().map(|entry| (entry.line.unwrap(), entry.email)).collect()
}

#[track_caller]
fn assert_parsed(text: &str, expected: &[(u64, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(line, email)| (*line, (*email).to_owned())).collect();
    for end in ["\n", "\r\n", "\r"] {
        let text = text.replace('\n', end);
        assert_eq!(parse(&text), expected, "{text:?}");
        assert_eq!(parse(text.trim_end_matches(['\r', '\n'])), expected, "{text:?}");
    }
}

const BOTH: [(u64, &str); 2] = [(2, "nina@t.example"), (3, "kim@t.example")];

#[test]
fn separators_come_from_the_headings() {
    for text in [
        "E-Mail;Vorname\nnina@t.example;Nina\nkim@t.example;Kim\n",
        "Vorname;E-Mail\n\"Nina, M.\";nina@t.example\nKim,Lee;kim@t.example\n",
        "E-Mail,Vorname\nnina@t.example,\"Nina; M.\"\nkim@t.example,Kim\n",
        "First name\tE-mail address\nNina, M.;\tnina@t.example\nKim\tkim@t.example\n",
        "Nom|Courriel\nNina|nina@t.example\nKim|kim@t.example\n",
        "E-Mail\nnina@t.example\nkim@t.example\n",
        "E-Mail\nnina@t.example;Nina\nkim@t.example;Kim\n",
        "E-Mail;;\nnina@t.example;;\nkim@t.example;;\n",
        "\"E-Mail\";\"Vorname\"\n\"nina@t.example\";\"Nina\"\n\"kim@t.example\";\"Kim\"\n",
        "Name;E-Mail (geschäftlich)\nNina;nina@t.example\nKim;kim@t.example\n",
    ] {
        assert_parsed(text, &BOTH);
    }
}

#[test]
fn the_line_that_names_the_separator_is_no_row() {
    for line in ["sep=;", "SEP=;", "\"sep=;\"", "sep=;;;"] {
        assert_parsed(&format!("{line}\nE-Mail;Vorname\nnina@t.example;Nina\nkim@t.example;Kim\n"), &BOTH);
    }
    assert_parsed("sep=\t\nE-Mail\tVorname\nnina@t.example\tNina\nkim@t.example\tKim\n", &BOTH);
    assert_parsed("sep=,\nVorname,E-Mail\nNina,nina@t.example\nKim,kim@t.example\n", &BOTH);
    assert_parsed("sep=#\nVorname#E-Mail\nNina#nina@t.example\nKim#kim@t.example\n", &BOTH);
}

#[test]
fn rows_have_the_numbers_of_the_spreadsheet() {
    assert_parsed(
        "Teilnehmer 2026\n\nName;E-Mail\n\"Berg\nNina\";nina@t.example\n\n;;;\n \t;\nKim;kim@t.example\n;\n;;\n",
        &[(4, "nina@t.example"), (8, "kim@t.example")],
    );
    assert_parsed(
        "E-Mail,Note\nnina@t.example,\"two\nlines, \"\"quoted\"\"\n\nend\"\n,no address\nkim@t.example,\n",
        &[(2, "nina@t.example"), (3, ""), (4, "kim@t.example")],
    );
}

#[test]
fn tables_without_headings_are_read() {
    for text in [
        "nina@t.example\nkim@t.example\n",
        "nina@t.example;Nina\nkim@t.example;Kim\n",
        "Nina,nina@t.example\nKim,kim@t.example\n",
        "Nina\tBerg\tnina@t.example\nKim\tLee\tkim@t.example\n",
        "\"Nina, B.\";nina@t.example\n\"Kim, L.\";kim@t.example\n",
    ] {
        assert_parsed(text, &[(1, "nina@t.example"), (2, "kim@t.example")]);
    }
    let absent = Table::parse("email\nnina@t.example\n", Some("absent")).unwrap();
    assert_eq!(absent.entries.len(), 2);
    assert_parsed("", &[]);
    assert_parsed("E-Mail;Vorname\n;;\n", &[]);
}

#[test]
fn cells_with_more_than_an_address_are_understood() {
    assert_parsed(
        "E-Mail,Rolle\nNina <nina@t.example>,\n=\"kim@t.example\",\nmailto:a@t.example,\n\"a@t.example; b@t.example\",\n=cmd(),\n@SUM(1),\n",
        &[
            (2, "nina@t.example"),
            (3, "kim@t.example"),
            (4, "a@t.example"),
            (5, "a@t.example"),
            (5, "b@t.example"),
            (6, "=cmd()"),
            (7, "@SUM(1)"),
        ],
    );
    assert_parsed("E-Mail\n\u{a0}nina@t.example\u{200b} \n", &[(2, "nina@t.example")]);
}

#[test]
fn columns_that_are_not_used_are_named() {
    let table = Table::parse("Rolle;E-Mail;Vorname;;workspace_id\nAdmin;n@t.example;Nina;;12\n", None).unwrap();
    assert_eq!(table.ignored_columns, ["Vorname", "Rolle"]);
    assert_eq!((&table.entries[0].role, table.entries[0].workspace.as_deref()), (&None, Some("12")));
    let ids = Table::parse("Rolle;E-Mail\n34;n@t.example\n;k@t.example\n", None).unwrap();
    assert_eq!(ids.entries[0].role.as_deref(), Some("34"));
    let named_id = Table::parse("role_id;E-Mail\nAdmin;n@t.example\n", None).unwrap();
    assert_eq!(named_id.entries[0].role.as_deref(), Some("Admin"), "refused later");
}

/// Each address of a cell gets a copy of the ids of its row.
#[test]
fn ids_of_a_row_with_many_addresses_are_bounded() {
    let text = format!("email,role_id\n{},{}\n", "a@t.example;".repeat(900), "9".repeat(100_000));
    let table = Table::parse(&text, None).unwrap();
    let size: usize = table.entries.iter().filter_map(|entry| entry.role.as_ref()).map(String::len).sum();
    assert!(table.entries.len() >= 900 && size <= table.entries.len() * MAX_ROLE_CHARS);
}

#[test]
fn refuses_unbalanced_quotes_and_long_tables() {
    let problem = Table::parse("E-Mail,Name\na@t.example,x\nb@t.example,\"y\nc@t.example,z\n", None).unwrap_err();
    assert_eq!(problem.code(), Code::BadRequestBody);
    assert!(problem.to_string().contains("row 3"), "{problem}");
    assert_parsed("E-Mail,Size\na@t.example,5\" pipe\n", &[(2, "a@t.example")]);
    for text in ["a@t.example\n".repeat(100_000), format!("E-Mail\n\"{}\"", "a@t.example,".repeat(50_000))] {
        assert_eq!(Table::parse(&text, None).unwrap_err().code(), Code::TooManyRows);
    }
    assert_parsed(&format!("E-Mail;\n{}", ";\n".repeat(100_000)), &[]);
}

proptest! {
    #[test]
    fn never_panics_and_counts_rows(text in "([ -~]|[\u{80}-\u{2100}]|[;,\"\t\r\n@=]){0,120}") {
        if let Ok(table) = Table::parse(&text, None) {
            let lines = text.split(['\r', '\n']).count() as u64;
            let numbers: Vec<_> = table.entries.iter().filter_map(|entry| entry.line).collect();
            prop_assert!(numbers.is_sorted() && numbers.iter().all(|number| (1..=lines).contains(number)));
        }
    }
}
