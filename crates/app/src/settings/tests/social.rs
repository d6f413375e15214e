//! `social.providers`: the providers that people can sign in with, and the messages for mistakes.

use vestibule_core::identity_provider::ProviderKind;
use vestibule_core::settings::ClientCredential;

use super::*;

const TENANT: &str = "9188040D-6c67-4c5b-b112-36a304b66dad";

#[test]
fn providers_have_the_defaults_of_their_kind() {
    let file = SettingsFile::new(&format!(
        "[social.providers.google_oauth]\nclient_id = 'g'\nclient_secret_file = 'google'\n\
         scopes = ['calendar', 'openid']\nkeep_tokens = true\n\
         [social.providers.github_oauth]\nclient_id = 'h'\nclient_secret_file = '/run/github'\nsign_up = false\n\
         url = 'https://git.example.com/'\n\
         [social.providers.microsoft_oauth]\nclient_id = 'm'\nclient_secret_file = 'm'\ntenant = 'organizations'\n\
         tenants = ['{TENANT}']\n\
         [social.providers.gitlab_oauth]\nclient_id = 'l'\n\
         [social.providers.apple_oauth]\nclient_id = 'com.example.web'\nteam_id = 'A1B2C3D4E5'\nkey_id = 'F6G7H8I9J0'\n\
         key_file = 'apple.p8'\n\
         [social.providers.acme_corp_oidc]\nclient_id = 'a'\nissuer = 'https://login.acme.example/'"
    ));
    let loaded = load(&file.flags(), &environment(&[])).unwrap();
    let find = |id: &str| loaded.settings.social.find(&id.parse().unwrap()).unwrap();

    let google = find("google_oauth");
    assert_eq!((google.kind, google.name.as_str()), (ProviderKind::Google, "Google"));
    assert_eq!(google.url, "https://accounts.google.com");
    assert_eq!(google.scopes, ["openid", "profile", "email", "calendar"]);
    assert!(google.keeps_tokens && google.allows_sign_up);

    let github = find("github_oauth");
    assert_eq!(github.url, "https://git.example.com");
    assert_eq!(github.scopes, ["read:user", "user:email"]);
    assert!(!github.allows_sign_up && !github.keeps_tokens);

    let microsoft = find("microsoft_oauth");
    assert_eq!(microsoft.url, "https://login.microsoftonline.com/organizations/v2.0");
    assert_eq!(microsoft.allowed_tenants, [TENANT.to_ascii_lowercase()]);

    let gitlab = find("gitlab_oauth");
    assert_eq!(gitlab.url, "https://gitlab.com");
    assert!(matches!(gitlab.credential, ClientCredential::Public));

    let apple = find("apple_oauth");
    assert_eq!(apple.url, "https://appleid.apple.com");
    assert!(matches!(&apple.credential, ClientCredential::AppleKey { team_id, .. } if team_id == "A1B2C3D4E5"));

    let acme = find("acme_corp_oidc");
    assert_eq!((acme.kind, acme.name.as_str()), (ProviderKind::OpenId, "Acme corp"));
    assert_eq!(acme.url, "https://login.acme.example/", "issuers are compared as texts");

    let path = |id: &str| {
        let found = loaded.provider_secret_files.iter().find(|file| file.provider.as_str() == id);
        found.map(|file| (file.setting(), file.path.clone()))
    };
    let google = ("social.providers.google_oauth.client_secret_file".to_owned(), file.0.join("google"));
    assert_eq!(path("google_oauth"), Some(google), "relative to the settings file");
    assert_eq!(path("github_oauth").unwrap().1, Path::new("/run/github"));
    assert_eq!(path("apple_oauth").unwrap().0, "social.providers.apple_oauth.key_file");
    assert_eq!(path("gitlab_oauth"), None);
}

#[test]
fn providers_can_be_json_in_the_environment() {
    let json = r#"{"google_oauth": {"client_id": "g", "client_secret_file": "google"}}"#;
    let loaded = load_variables(&[("VESTIBULE_SOCIAL_PROVIDERS", json)]).unwrap();
    assert_eq!(loaded.settings.social.providers.len(), 1);
    assert_eq!(loaded.provider_secret_files[0].path, Path::new("google"));
    let again = load_file(&effective(&loaded)).unwrap();
    assert_eq!(again.settings.social.providers.len(), 1);
}

#[test]
fn unusable_providers_say_which_key_and_what_to_write() {
    for (text, message) in [
        (
            "[social.providers.google_oauth]\nclient_secret_file = 'x'",
            "social.providers.google_oauth has no client_id (v.toml:1); write the client ID that the provider has given \
             your application, for example: client_id = \"1234567890.apps.googleusercontent.com\"",
        ),
        (
            "[social.providers.google_oauth]\nclient_id = ''\nclient_secret_file = 'x'",
            "social.providers.google_oauth.client_id is \"\" (v.toml:1), but it must be the client ID",
        ),
        (
            "[social.providers.google_oauth]\nclient_id = 'x'",
            "social.providers.google_oauth has no client_secret_file (v.toml:1); write the path of a file",
        ),
        (
            "[social.providers.google_oauth]\nclient_id = 'x'\nclient_secret = 'hunter2'",
            "has the key client_secret (v.toml:1), but secrets are read from files; write the secret alone into a file, \
             and its path here, for example: client_secret_file = \"/run/secrets/google_oauth\"",
        ),
        (
            "[social.providers.google_oauth]\nclient_id = 'x'\nclient_secret_file = 'x'\ntenant = 'common'",
            "has the key \"tenant\" (v.toml:1), which this provider has not; its keys are client_id, \
             client_secret_file, scopes, sign_up, keep_tokens, name",
        ),
        ("[social.providers.google]\nclient_id = 'x'", "has the provider \"google\" (v.toml:1), which is none; use"),
        ("[social.providers.x_oauth]\nclient_id = 'x'", "has the provider x_oauth (v.toml:1), which is not supported"),
        (
            "[social.providers]\ngoogle_oauth = 'x'",
            "social.providers.google_oauth is no table (v.toml:1); write [social.providers.google_oauth] on its own line",
        ),
        (
            "[social]\nproviders = 'hunter2'",
            "social.providers is no table (v.toml:2), but it must be a table of providers; in the environment a JSON \
             object; for example: providers = { github_oauth = ",
        ),
        (
            "[social.providers.acme_oidc]\nclient_id = 'x'",
            "social.providers.acme_oidc has no issuer (v.toml:1); write an https URL",
        ),
        ("[social.providers.acme_oidc]\nclient_id = 'x'\nissuer = 'http://login.acme.example'", "issuer is"),
        ("[social.providers.acme_oidc]\nclient_id = 'x'\nissuer = 'https://login.acme.example/?x'", "issuer is"),
        ("[social.providers.acme_oidc]\nclient_id = 'x'\nissuer = 'login.acme.example'", "issuer is"),
    ] {
        assert_refused(text, message);
    }
}

#[test]
fn unusable_settings_of_one_kind_of_provider_say_what_to_write() {
    for (text, message) in [
        (
            "[social.providers.microsoft_oauth]\nclient_id = 'x'\nclient_secret_file = 'x'\ntenant = 'acme.example'",
            "social.providers.microsoft_oauth.tenant is \"acme.example\" (v.toml:1), but it must be common, organizations \
             or the ID of a tenant; for example: tenant = \"organizations\"",
        ),
        (
            "[social.providers.microsoft_oauth]\nclient_id = 'x'\nclient_secret_file = 'x'\ntenants = ['acme']",
            "tenants is [\"acme\"] (v.toml:1)",
        ),
        (
            "[social.providers.apple_oauth]\nclient_id = 'x'\nteam_id = 'a'\nkey_id = 'F6G7H8I9J0'\nkey_file = 'x'",
            "team_id is \"a\" (v.toml:1), but it must be the ID of your team at Apple",
        ),
        (
            "[social.providers.apple_oauth]\nclient_id = 'x'\nteam_id = 'A1B2C3D4E5'\nkey_id = 'F6G7H8I9J0'",
            "social.providers.apple_oauth has no key_file",
        ),
        (
            "[social.providers.gitlab_oauth]\nclient_id = 'x'\nscopes = 'api'",
            "scopes is \"api\" (v.toml:1), but it must be a list",
        ),
        ("[social.providers.gitlab_oauth]\nclient_id = 'x'\nscopes = ['a b']", "scopes is [\"a b\"]"),
        ("[social.providers.gitlab_oauth]\nclient_id = 'x'\nsign_up = 'yes'", "sign_up is \"yes\" (v.toml:1), but it"),
        (
            "[social.providers.gitlab_oauth]\nclient_id = 'x'\nname = ' '",
            "name is \" \" (v.toml:1), but it must be one line",
        ),
    ] {
        assert_refused(text, message);
    }
}

#[test]
fn number_of_providers_is_limited() {
    let provider = |n| format!("[social.providers.a{n}_oidc]\nclient_id = 'x'\nissuer = 'https://a.example'\n");
    let providers = |count| (0..count).map(provider).collect::<Vec<_>>().concat();
    assert!(load_file(&providers(20)).is_ok());
    assert!(load_file(&providers(21)).unwrap_err()[0].contains("more than 20 providers"));
}

/// Checks that a file has one problem, which says `message` and no secret.
fn assert_refused(text: &str, message: &str) {
    let problems = load_file(text).unwrap_err();
    assert!(problems.len() == 1 && problems[0].contains(message), "{text}: {problems:?}");
    assert!(!problems[0].contains("hunter2") && !problems[0].contains('\n'), "{problems:?}");
}

/// A provider of a test on this machine.
#[test]
fn issuer_of_this_machine_may_be_without_https() {
    let loaded = load_file("[social.providers.dev_oidc]\nclient_id = 'x'\nissuer = 'http://127.0.0.1:9000'").unwrap();
    assert_eq!(loaded.settings.social.providers[0].url, "http://127.0.0.1:9000");
}
