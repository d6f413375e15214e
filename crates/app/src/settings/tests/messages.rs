//! The wording of every setting error and warning.

use super::*;

#[test]
fn invalid_value_has_one_message() {
    for (text, message) in [
        (
            "\nlisten = 8080",
            "listen is 8080 (v.toml:2), but it must be an IP address and a port, or unix: and the absolute path of a socket; for example: listen = \"127.0.0.1:8080\"",
        ),
        (
            "listen = 'localhost:80'",
            "listen is \"localhost:80\" (v.toml:1), but it must be an IP address and a port, or unix: and the absolute path of a socket; for example: listen = \"127.0.0.1:8080\"",
        ),
        (
            "[invitations]\nexpiry_days = 91",
            "invitations.expiry_days is 91 (v.toml:2), but it must be a whole number from 1 to 90; for example: expiry_days = 14",
        ),
        (
            "invitations.expiry_days = '7'",
            "invitations.expiry_days is \"7\" (v.toml:1), but it must be a whole number from 1 to 90; for example: expiry_days = 14",
        ),
        (
            "[webhooks]\nretention_days = 91",
            "webhooks.retention_days is 91 (v.toml:2), but it must be a whole number from 1 to 90; for example: retention_days = 7",
        ),
        (
            "webhooks.retention_days = 0",
            "webhooks.retention_days is 0 (v.toml:1), but it must be a whole number from 1 to 90; for example: retention_days = 7",
        ),
        (
            "reveal_account_existence = 'yes'",
            "reveal_account_existence is \"yes\" (v.toml:1), but it must be true or false; for example: reveal_account_existence = true",
        ),
        (
            "listen = true",
            "listen is true (v.toml:1), but it must be an IP address and a port, or unix: and the absolute path of a socket; for example: listen = \"127.0.0.1:8080\"",
        ),
        (
            "allowed_origins = ['https://a.example', 'b.example']",
            "allowed_origins is \"b.example\" (v.toml:1): it must start with https:// or http://; it must be a list of origins, each a scheme, a host and an optional port; for example: allowed_origins = [\"https://app.example.com\", \"http://localhost:3000\"]",
        ),
        (
            "trusted_proxies = [1]",
            "trusted_proxies is a list with items that are not strings (v.toml:1), but it must be a list of IP addresses, networks in CIDR notation, and unix: for the Unix socket of listen; for example: trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\", \"unix:\"]",
        ),
        (
            "[log]\nx = 1",
            "log is a section (v.toml:1), but it must be error, warn, info, debug, trace or off, optionally followed by module=level; for example: log = \"info,vestibule_core=debug\"",
        ),
        (
            "database = 'postgres://hall:secret@db.example/v?sslmode=on'",
            "database is \"postgres://…\" (v.toml:1): sslmode is one of disable, prefer, require, verify-ca and verify-full; it must be a file path, or postgres://user@host:port/name; for example: database = \"/var/lib/vestibule/vestibule.db\"",
        ),
        (
            "mail = 'file'",
            "mail is \"file\" (v.toml:1), but it is a section; write [mail] on its own line and the settings of the section below it",
        ),
    ] {
        assert_eq!(load_file(text).unwrap_err(), [message]);
    }
}

#[test]
fn unknown_setting_has_one_message() {
    for (text, message) in [
        (
            "[mail]\nlistn = ''",
            "there is no setting \"mail.listn\" (v.toml:2); did you mean listen, above the first [section]?",
        ),
        (
            "idle_timeout = '1h'",
            "there is no setting \"idle_timeout\" (v.toml:1); did you mean idle_timeout, in the section [sessions]?",
        ),
        ("listn = ''", "there is no setting \"listn\" (v.toml:1); did you mean listen?"),
        (
            "\n\n[smtp]",
            "there is no setting \"smtp\" (v.toml:3); remove it, or list all settings with: vestibule settings",
        ),
        (
            "[sessions]\nidle_timeout = '3d'\nmax_lifetime = '2d'",
            "sessions.idle_timeout is \"3d\" (v.toml:2), which is longer than sessions.max_lifetime, \"2d\" (v.toml:3); shorten the former or extend the latter",
        ),
    ] {
        assert_eq!(load_file(text).unwrap_err(), [message]);
    }
}

#[test]
fn example_uses_the_syntax_of_the_source() {
    let error = |name, value| load_variables(&[(name, value)]).unwrap_err().remove(0);
    assert_eq!(
        error("VESTIBULE_INVITATIONS_EXPIRY_DAYS", "soon"),
        "invitations.expiry_days is \"soon\" (environment variable VESTIBULE_INVITATIONS_EXPIRY_DAYS), but it must be a \
         whole number from 1 to 90; for example: VESTIBULE_INVITATIONS_EXPIRY_DAYS=14"
    );
    assert!(error("VESTIBULE_MAIL_FROM", "").ends_with("VESTIBULE_MAIL_FROM='Example Cloud <hello@example.com>'"));
    let flags = Flags { public_url: Some("join.example.com".to_owned()), ..Flags::default() };
    let errors = messages(&load(&flags, &environment(&[])).unwrap_err());
    assert_eq!(
        errors,
        [
            "public_url is \"join.example.com\" (flag --public-url): it must start with https:// or http://; it must be an \
             http or https URL with a host, an optional port and an optional path; for example: --public-url \
             https://join.example.com"
        ]
    );
}

/// The demo ignores the environment, so its messages name its flag.
#[test]
fn invalid_app_url_of_the_demo_names_its_flag() {
    let error = |url: &str| {
        let flags = Flags { app_url: Some(url.to_owned()), ..Flags::default() };
        messages(&load(&flags, &environment(&[])).unwrap_err())
    };
    assert_eq!(
        error("app.example.com"),
        ["app.url is \"app.example.com\" (flag --app-url), but it must be an http or https URL without query and \
             fragment, or empty; for example: --app-url https://app.example.com"]
    );
    let [insecure] = &error("http://app.example.com")[..] else { panic!("expected one error") };
    assert!(insecure.contains("(flag --app-url)") && insecure.ends_with("such as http://127.0.0.1:3000"), "{insecure}");
}

/// Values that would start a server whose requests or mails fail.
#[test]
fn refuses_at_start_what_would_fail_later() {
    for (variable, value, reason) in [
        ("PUBLIC_URL", "https://join.example.com.", "without a dot at its end"),
        ("PUBLIC_URL", "https://bücher.example", "ASCII form"),
        ("PUBLIC_URL", "https://ada:secret@join.example.com", "user name"),
        ("PUBLIC_URL", "https://join.example.com/?x=1", "query"),
        ("PUBLIC_URL", "https://join.example.com/a//b", "single slashes"),
        ("PUBLIC_URL", "https://join.example.com:0", "port"),
        ("PUBLIC_URL", "https://join.example.com/organizations", "begins with /organizations"),
        ("PUBLIC_URL", "https://join_us.example.com", "host"),
        ("ALLOWED_ORIGINS", "https://app.example.com/app", "path"),
        ("ALLOWED_ORIGINS", "https://app.example.com.", "without a dot"),
        ("ALLOWED_ORIGINS", "*", "https://"),
        ("MAIL_FROM", "hall@bücher.example", "xn--"),
        ("MAIL_FROM", "häll@example.com", "ASCII"),
        ("MAIL_FROM", "hall@example.com.", "it is no email address"),
        ("MAIL_FROM", "a@example.com, b@example.com", "email address"),
        ("MAIL_HOST", "smtp.example.com:587", "without a port"),
        ("MAIL_HOST", "smtp.example.com.", "host name"),
        ("MAIL_HOST", "smtp_1.example.com", "host name"),
        ("MAIL_HOST", "smtp://smtp.example.com", "host name"),
        ("MAIL_INVITATION_URL", "https://app.example.com./join", "URL"),
        ("IMAGES_PUBLIC_URL", "https://images.example.com/?name=", "without a query"),
        ("IMAGES_STORAGE", "s3://a..b", "s3://bucket"),
        ("IMAGES_ENDPOINT", "https://s3.example.com/path", "path"),
        ("DOMAINS_RESOLVER", "127.0.0.53:0", "port"),
        ("LISTEN", "unix:v.sock", "absolute path"),
        ("LISTEN_MODE", "0660", "three octal digits"),
        ("LISTEN_MODE", "066", "three octal digits"),
        ("TRUSTED_PROXIES", "unix", "unix:"),
        ("FORWARDED_HEADER", "x-real-ip", "x-forwarded-for or forwarded"),
    ] {
        let variable = format!("VESTIBULE_{variable}");
        let errors = load_variables(&[(&variable, value)]).unwrap_err();
        assert!(errors.len() == 1 && errors[0].contains(reason), "{variable}={value}: {errors:?}");
        assert!(errors[0].contains("; for example: "), "{errors:?}");
    }
    for (variable, value) in [
        ("VESTIBULE_PUBLIC_URL", "HTTPS://Example.com:443/auth/"),
        ("VESTIBULE_MAIL_FROM", "Bücherei <hall@xn--bcher-kva.example>"),
        ("VESTIBULE_MAIL_HOST", "::1"),
        ("VESTIBULE_FORWARDED_HEADER", "X-Forwarded-For"),
    ] {
        load_variables(&[(variable, value)]).unwrap();
    }
}

#[test]
fn reports_all_problems() {
    let file = SettingsFile::new("listn = ''\nmode = 'test'");
    let flags = Flags { listen: Some("here".to_owned()), ..file.flags() };
    let environment = environment(&[("VESTIBULE_LOG", "inof"), ("VESTIBULE_MODE", "none")]);
    let errors = messages(&load(&flags, &environment).unwrap_err());
    let count = |word: &str| errors.iter().filter(|error| error.contains(word)).count();
    assert_eq!(errors.len(), 5, "{errors:#?}");
    assert_eq!((count("listn"), count("mode is"), count("--listen"), count("log is")), (1, 2, 1, 1));
}

#[test]
fn explains_why_file_is_unusable() {
    let flags = Flags { config: Some("/nowhere/v.toml".to_owned()), ..Flags::default() };
    let [error] = &messages(&load(&flags, &environment(&[])).unwrap_err())[..] else { panic!("expected one error") };
    assert!(
        error.starts_with(
            "the settings file /nowhere/v.toml (flag --config) cannot be read: the file does not exist; correct"
        ),
        "{error}"
    );
    let dir = [("VESTIBULE_CONFIG", "/")];
    assert!(load_variables(&dir).unwrap_err()[0].contains("(environment variable VESTIBULE_CONFIG)"));
    let [error] = &load_file("name = 'x'\nlisten = 127.0.0.1").unwrap_err()[..] else { panic!("expected one error") };
    assert!(error.starts_with("v.toml:2 is not valid TOML: ") && !error.contains('\n'), "{error}");
    assert!(load_file("name = 'x'\nname = 'y'").unwrap_err()[0].starts_with("v.toml:2 is not valid TOML: "));
}

#[test]
fn message_is_one_line_for_any_value() {
    let long = "x".repeat(500);
    for value in ["a\nb", "\u{1b}[31m", long.as_str()] {
        let error = load_variables(&[("VESTIBULE_LISTEN", value)]).unwrap_err().remove(0);
        assert!(!error.contains(char::is_control) && error.len() < 300, "{error}");
    }
}

#[cfg(unix)]
#[test]
fn rejects_invalid_utf8() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    let mut environment = environment(&[]);
    environment.variables.insert("VESTIBULE_NAME".into(), OsString::from_vec(vec![0xff]));
    let errors = messages(&load(&Flags::default(), &environment).unwrap_err());
    assert!(errors[0].contains("VESTIBULE_NAME is not valid UTF-8"), "{errors:?}");
}

#[test]
fn database_is_required_without_home_directory() {
    let homeless = |variables| Environment { data_dir: None, ..environment(variables) };
    let errors = messages(&load(&Flags::default(), &homeless(&[])).unwrap_err());
    assert!(errors[0].starts_with("database is not set") && errors[0].contains("VESTIBULE_DATABASE=/var/lib/"));
    assert!(load(&Flags::default(), &homeless(&[("VESTIBULE_DATABASE", "/v.db")])).is_ok());
}

#[test]
fn warns_of_unintended_combinations() {
    let warnings = |variables: &[(&str, &str)]| load_variables(variables).unwrap().warnings;
    let injected = ["VESTIBULE_PORT", "VESTIBULE_PORT_80_TCP", "VESTIBULE_SERVICE_HOST"];
    let orchestrated = warnings(&[(injected[0], "x"), (injected[1], "x"), (injected[2], "x"), ("OTHER", "x")]);
    assert_eq!(orchestrated.len(), 3);
    let of_clients = warnings(&[("VESTIBULE_API", "http://127.0.0.1:8081"), ("VESTIBULE_API_KEY", "x")]);
    assert_eq!(of_clients, warnings(&[]));
    for (warning, name) in orchestrated.iter().zip(injected) {
        assert!(warning.ends_with(&format!("{name} does not belong to any setting and is ignored")), "{warning}");
    }
    let misspelled = load_variables(&[("VESTIBULE_LISTN", "x"), ("VESTIBULE_XYZZY", "x")]).unwrap_err();
    assert!(
        misspelled[0].ends_with("VESTIBULE_LISTN does not belong to any setting; did you mean VESTIBULE_LISTEN?"),
        "{misspelled:?}"
    );
    assert!(misspelled[1].contains("VESTIBULE_XYZZY does not belong to any setting; remove it"), "{misspelled:?}");

    let reachable = [("VESTIBULE_LISTEN", "0.0.0.0:8080")];
    assert!(warnings(&reachable)[0].contains("public_url is not set"));
    let plain = ("VESTIBULE_PUBLIC_URL", "http://join.example.com");
    assert!(warnings(&[plain])[0].contains("without https"));
    assert!(warnings(&[plain, ("VESTIBULE_MODE", "staging")]).is_empty());
    assert!(warnings(&[reachable[0], ("VESTIBULE_PUBLIC_URL", "https://join.example.com")]).is_empty());
    assert!(warnings(&[("VESTIBULE_TRUSTED_PROXIES", "0.0.0.0/0")])[0].contains("every address"));

    let metrics = ("VESTIBULE_METRICS_LISTEN", "0.0.0.0:9464");
    assert!(warnings(&[metrics])[0].contains("metrics.allowed_networks is empty"));
    assert!(warnings(&[metrics, ("VESTIBULE_METRICS_ALLOWED_NETWORKS", "10.0.0.5")]).is_empty());
    assert!(warnings(&[("VESTIBULE_METRICS_LISTEN", "127.0.0.1:9464")]).is_empty());

    let socket = ("VESTIBULE_LISTEN", "unix:/run/vestibule.sock");
    let https = ("VESTIBULE_PUBLIC_URL", "https://join.example.com");
    assert!(warnings(&[socket])[0].contains("public_url is not set"));
    assert!(warnings(&[socket, https])[0].contains("does not contain unix:"));
    assert!(warnings(&[socket, https, ("VESTIBULE_TRUSTED_PROXIES", "unix:")]).is_empty());
    let smtp = [("VESTIBULE_MAIL_TRANSPORT", "smtp"), ("VESTIBULE_MAIL_HOST", "smtp.example.com")];
    assert!(warnings(&smtp)[0].contains("mail.from is not set"));
    assert!(warnings(&[smtp[0], smtp[1], ("VESTIBULE_MAIL_FROM", "a@example.com")]).is_empty());
}
