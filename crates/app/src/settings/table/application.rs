//! The section `app`: the operator's own application and its pages.

use vestibule_core::settings::{Application, PageUrl};

use super::super::LoadedSettings;
use super::super::setting::{DefaultValue, Setting, ValueKind};
use super::store;

const EXPECTED: &str = "an http or https URL, or a path such as /home if app.url is set, or empty";
const APP_URL: DefaultValue = DefaultValue::Derived("the value of app.url", |loaded, _| {
    Some(loaded.settings.app.url.as_ref().map_or_else(String::new, |url| url.as_str().to_owned()))
});
const EMPTY: DefaultValue = DefaultValue::Literal("");

/// Parses the URL of a page, or an empty text for none, and stores it in a field.
fn store_page(
    loaded: &mut LoadedSettings,
    text: &str,
    field: fn(&mut Application) -> &mut Option<PageUrl>,
) -> Option<()> {
    let app = &mut loaded.settings.app;
    let page = if text.is_empty() { None } else { Some(PageUrl::parse_with_base(text, app.url.as_ref())?) };
    *field(app) = page;
    Some(())
}

/// Defines the setting of a page: field, description, example, default.
macro_rules! page_setting {
    ($field:ident, $description:literal, $example:literal, $default:expr) => {
        Setting {
            path: concat!("app.", stringify!($field)),
            description: $description,
            expected: EXPECTED,
            example: $example,
            default: $default,
            kind: ValueKind::Text,
            set: |loaded, text| store_page(loaded, text, |app| &mut app.$field),
        }
    };
}

pub(super) static APPLICATION: &[Setting] = &[
    Setting {
        path: "app.url",
        description: "Your application. The pages lead into it, and its origin may send requests with cookies.",
        expected: "an http or https URL without query and fragment, or empty",
        example: "https://app.example.com",
        default: EMPTY,
        kind: ValueKind::Text,
        set: |loaded, text| {
            let url = if text.is_empty() { Some(None) } else { PageUrl::parse_base(text).map(Some) };
            store(&mut loaded.settings.app.url, url)
        },
    },
    page_setting!(
        after_sign_in_url,
        "The page after a sign-in and after joining. Empty: the list of organizations.",
        "https://app.example.com/home",
        APP_URL
    ),
    page_setting!(
        after_sign_up_url,
        "The page after a sign-up.",
        "https://app.example.com/welcome",
        DefaultValue::Derived("the value of app.after_sign_in_url", |loaded, _| {
            let url = loaded.settings.app.after_sign_in_url.as_ref();
            Some(url.map_or_else(String::new, |url| url.as_str().to_owned()))
        })
    ),
    page_setting!(
        after_sign_out_url,
        "The page after the last account has signed out. Empty: the sign-in page.",
        "https://app.example.com/bye",
        EMPTY
    ),
    page_setting!(
        after_sign_out_one_url,
        "The page after one of several accounts has signed out, for clients.",
        "https://app.example.com/accounts",
        DefaultValue::Derived("the value of app.after_sign_out_url", |loaded, _| {
            let url = loaded.settings.app.after_sign_out_url.as_ref();
            Some(url.map_or_else(String::new, |url| url.as_str().to_owned()))
        })
    ),
    page_setting!(
        after_create_organization_url,
        "The page after creating an organization, for clients.",
        "https://app.example.com/setup",
        EMPTY
    ),
    page_setting!(
        after_logo_click_url,
        "The page that the product name at the top of the pages leads to. Empty: none.",
        "https://www.example.com",
        APP_URL
    ),
    page_setting!(
        sign_in_page_url,
        "Your sign-in page, for clients. Empty: the built-in page.",
        "https://app.example.com/sign-in",
        EMPTY
    ),
    page_setting!(
        sign_up_page_url,
        "Your sign-up page, for clients. Empty: the built-in page.",
        "https://app.example.com/sign-up",
        EMPTY
    ),
    page_setting!(
        waitlist_page_url,
        "Your page of the waitlist, for clients. Empty: none.",
        "https://app.example.com/waitlist",
        EMPTY
    ),
    page_setting!(
        user_profile_url,
        "Your page of the account, for clients. Empty: the built-in page.",
        "https://app.example.com/account",
        EMPTY
    ),
    page_setting!(
        organization_profile_url,
        "Your page of the active organization, for clients. Empty: the built-in page.",
        "https://app.example.com/organization",
        EMPTY
    ),
    page_setting!(
        create_organization_url,
        "Your page that creates an organization, for clients. Empty: the built-in page.",
        "https://app.example.com/new",
        EMPTY
    ),
    page_setting!(
        support_page_url,
        "The page where users get help, for clients. Empty: none.",
        "https://www.example.com/help",
        EMPTY
    ),
    page_setting!(
        privacy_policy_url,
        "The privacy policy, for clients. Empty: none.",
        "https://www.example.com/privacy",
        EMPTY
    ),
    page_setting!(terms_url, "The terms of service, for clients. Empty: none.", "https://www.example.com/terms", EMPTY),
];
