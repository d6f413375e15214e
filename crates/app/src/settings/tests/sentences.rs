//! Every sentence an operator can read.

use super::*;

#[test]
fn a_value_that_is_not_taken_is_one_sentence() {
    for (text, sentence) in [
        (
            "\nlisten = 8080",
            "listen is 8080 (v.toml:2), but it takes an IP address and a port; write for example listen = \"127.0.0.1:8080\"",
        ),
        (
            "listen = 'localhost:80'",
            "listen is \"localhost:80\" (v.toml:1), but it takes an IP address and a port; write for example listen = \"127.0.0.1:8080\"",
        ),
        (
            "[invitations]\ndays = 91",
            "invitations.days is 91 (v.toml:2), but it takes a whole number from 1 to 90; write for example days = 14",
        ),
        (
            "invitations.days = '7'",
            "invitations.days is \"7\" (v.toml:1), but it takes a whole number from 1 to 90; write for example days = 14",
        ),
        (
            "allowed_origins = ['https://a.example', 'b.example']",
            "allowed_origins is \"b.example\" (v.toml:1), but it takes a list of origins, each a scheme and a host and perhaps a port; write for example allowed_origins = [\"https://app.example.com\", \"http://localhost:3000\"]",
        ),
        (
            "trusted_proxies = [1]",
            "trusted_proxies is a list of other things than texts (v.toml:1), but it takes a list of IP addresses and networks in CIDR form; write for example trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]",
        ),
        (
            "[log]\nx = 1",
            "log is a section (v.toml:1), but it takes error, warn, info, debug, trace or off, perhaps followed by part=level; write for example log = \"info,vestibule_core=debug\"",
        ),
        (
            "database = 'postgres://hall:secret@db.example/v?sslmode=on'",
            "database is \"postgres://…\" (v.toml:1), where sslmode is one of disable, prefer, require, verify-ca and verify-full; it takes the path of a file, or postgres://user@host:port/name; write for example database = \"/var/lib/vestibule/vestibule.db\"",
        ),
        (
            "mail = 'file'",
            "mail is \"file\" (v.toml:1), but it is a section; write [mail] on a line of its own and its settings below",
        ),
        (
            "[mail]\nlistn = ''",
            "there is no setting \"mail.listn\" (v.toml:2); did you mean listen, above the first [section]?",
        ),
        ("idle = '1h'", "there is no setting \"idle\" (v.toml:1); did you mean idle, in the section [sessions]?"),
        ("listn = ''", "there is no setting \"listn\" (v.toml:1); did you mean listen?"),
        (
            "\n\n[smtp]",
            "there is no setting \"smtp\" (v.toml:3); leave it out, or find the right name with: vestibule settings",
        ),
        (
            "[sessions]\nidle = '3d'\nabsolute = '2d'",
            "sessions.idle is \"3d\" (v.toml:2), but sessions.absolute is \"2d\" (v.toml:3), and no session can idle for longer than it lives; make the first shorter or the second longer",
        ),
    ] {
        assert_eq!(from_file(text).unwrap_err(), [sentence]);
    }
}

#[test]
fn an_example_is_written_for_the_place_it_shall_stand_in() {
    let wrong = |name, value| from_environment(&[(name, value)]).unwrap_err().remove(0);
    assert_eq!(
        wrong("VESTIBULE_INVITATIONS_DAYS", "soon"),
        "invitations.days is \"soon\" (the environment variable VESTIBULE_INVITATIONS_DAYS), but it takes a whole \
         number from 1 to 90; write for example VESTIBULE_INVITATIONS_DAYS=14"
    );
    assert!(wrong("VESTIBULE_MAIL_FROM", "").ends_with("VESTIBULE_MAIL_FROM='Example Cloud <hall@example.com>'"));
    let flags = Flags { public_url: Some("join.example.com".to_owned()), ..Flags::default() };
    let problems = sentences(&load(&flags, &surroundings(&[])).unwrap_err());
    assert_eq!(
        problems,
        ["public_url is \"join.example.com\" (the flag --public-url), but it takes an http or https URL with a host, \
          perhaps a port, and no path; write for example --public-url https://join.example.com"]
    );
}

#[test]
fn all_problems_are_told_at_once() {
    let file = File::with("listn = ''\nmode = 'test'");
    let flags = Flags { listen: Some("here".to_owned()), ..file.flags() };
    let environment = surroundings(&[("VESTIBULE_LOG", "inof"), ("VESTIBULE_MODE", "none")]);
    let problems = sentences(&load(&flags, &environment).unwrap_err());
    let about = |word: &str| problems.iter().filter(|problem| problem.contains(word)).count();
    assert_eq!(problems.len(), 5, "{problems:#?}");
    assert_eq!((about("listn"), about("mode is"), about("--listen"), about("log is")), (1, 2, 1, 1));
}

#[test]
fn a_file_that_cannot_be_used_says_why() {
    let flags = Flags { config: Some("/nowhere/v.toml".to_owned()), ..Flags::default() };
    let [problem] = &sentences(&load(&flags, &surroundings(&[])).unwrap_err())[..] else { panic!("one problem") };
    assert!(
        problem.starts_with("the settings file /nowhere/v.toml (the flag --config) can't be read: there is no such")
    );
    let folder = [("VESTIBULE_CONFIG", "/")];
    assert!(from_environment(&folder).unwrap_err()[0].contains("(the environment variable VESTIBULE_CONFIG)"));
    let [problem] = &from_file("name = 'x'\nlisten = 127.0.0.1").unwrap_err()[..] else { panic!("one problem") };
    assert!(problem.starts_with("v.toml:2 is not TOML: ") && !problem.contains('\n'), "{problem}");
    assert!(from_file("name = 'x'\nname = 'y'").unwrap_err()[0].starts_with("v.toml:2 is not TOML: "));
}

#[test]
fn odd_values_stay_one_line() {
    let long = "x".repeat(500);
    for value in ["a\nb", "\u{1b}[31m", long.as_str()] {
        let problem = from_environment(&[("VESTIBULE_LISTEN", value)]).unwrap_err().remove(0);
        assert!(!problem.contains(char::is_control) && problem.len() < 300, "{problem}");
    }
}

#[cfg(unix)]
#[test]
fn bytes_that_are_not_text_are_refused() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    let mut surroundings = surroundings(&[]);
    surroundings.environment.insert("VESTIBULE_NAME".into(), OsString::from_vec(vec![0xff]));
    let problems = sentences(&load(&Flags::default(), &surroundings).unwrap_err());
    assert!(problems[0].contains("VESTIBULE_NAME holds bytes that are not UTF-8"), "{problems:?}");
}

#[test]
fn without_a_home_the_database_must_be_named() {
    let homeless = |environment| Surroundings { data_directory: None, ..surroundings(environment) };
    let problems = sentences(&load(&Flags::default(), &homeless(&[])).unwrap_err());
    assert!(problems[0].starts_with("database is not set") && problems[0].contains("VESTIBULE_DATABASE=/var/lib/"));
    assert!(load(&Flags::default(), &homeless(&[("VESTIBULE_DATABASE", "/v.db")])).is_ok());
}

#[test]
fn what_is_seldom_meant_is_only_warned_of() {
    let warnings = |environment: &[(&str, &str)]| from_environment(environment).unwrap().warnings;
    let injected = ["VESTIBULE_PORT", "VESTIBULE_PORT_80_TCP", "VESTIBULE_SERVICE_HOST"];
    let orchestrated = warnings(&[(injected[0], "x"), (injected[1], "x"), (injected[2], "x"), ("OTHER", "x")]);
    assert_eq!(orchestrated.len(), 3);
    for (warning, name) in orchestrated.iter().zip(injected) {
        assert!(warning.ends_with(&format!("{name} names no setting and is ignored")), "{warning}");
    }
    let slip = from_environment(&[("VESTIBULE_LISTN", "x"), ("VESTIBULE_XYZZY", "x")]).unwrap_err();
    assert!(slip[0].ends_with("VESTIBULE_LISTN names no setting; did you mean VESTIBULE_LISTEN?"), "{slip:?}");
    assert!(slip[1].contains("VESTIBULE_XYZZY names no setting; leave it out"), "{slip:?}");

    let open = [("VESTIBULE_LISTEN", "0.0.0.0:8080")];
    assert!(warnings(&open)[0].contains("public_url is not set"));
    let plain = ("VESTIBULE_PUBLIC_URL", "http://join.example.com");
    assert!(warnings(&[plain])[0].contains("without https"));
    assert!(warnings(&[plain, ("VESTIBULE_MODE", "staging")]).is_empty());
    assert!(warnings(&[open[0], ("VESTIBULE_PUBLIC_URL", "https://join.example.com")]).is_empty());
    assert!(warnings(&[("VESTIBULE_TRUSTED_PROXIES", "0.0.0.0/0")])[0].contains("every address"));
}
