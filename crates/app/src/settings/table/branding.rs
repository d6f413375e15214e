//! The section `branding`.

use vestibule_core::email_address::EmailAddress;
use vestibule_core::settings::{BrandImage, Branding, Color};

use super::super::LoadedSettings;
use super::super::parse::number;
use super::super::setting::{DefaultValue, Setting, ValueKind};
use super::store;

const EMPTY: DefaultValue = DefaultValue::Literal("");
const IMAGE: &str = "a file path (PNG, JPEG, WebP, ICO or SVG), an https URL, or empty";

fn store_image(
    loaded: &mut LoadedSettings,
    text: &str,
    field: fn(&mut Branding) -> &mut Option<BrandImage>,
) -> Option<()> {
    let image = if text.is_empty() { None } else { Some(BrandImage::parse(text)?) };
    *field(&mut loaded.settings.branding) = image;
    Some(())
}

/// Parses a color that can be read on a background.
///
/// # Errors
/// A sentence that says what is wrong, with the nearest color that can be used.
pub(in super::super) fn accent_color(text: &str, background: Color) -> Result<Color, String> {
    let Ok(color) = text.parse::<Color>() else { return Err("it is no color".to_owned()) };
    let contrast = color.contrast(background);
    if contrast >= Color::MIN_CONTRAST {
        return Ok(color);
    }
    let theme = if background == Color::DARK_BACKGROUND { "dark" } else { "light" };
    // Rounded down, so that 4.496 does not look like enough.
    let contrast = (contrast * 100.0).floor() / 100.0;
    Err(format!(
        "its contrast on {theme} pages is {contrast:.2}:1, and text needs {}:1; the nearest color with enough is {}",
        Color::MIN_CONTRAST,
        color.readable_on(background)
    ))
}

pub(super) static BRANDING: &[Setting] = &[
    Setting {
        path: "branding.logo",
        description: "The logo, which replaces the product name at the top of pages and mail. Empty: the name.",
        expected: IMAGE,
        example: "/etc/vestibule/logo.svg",
        default: EMPTY,
        kind: ValueKind::Path,
        set: |loaded, text| store_image(loaded, text, |branding| &mut branding.logo),
    },
    Setting {
        path: "branding.logo_dark",
        description: "The logo on dark pages. Empty: the same one.",
        expected: IMAGE,
        example: "/etc/vestibule/logo-dark.svg",
        default: EMPTY,
        kind: ValueKind::Path,
        set: |loaded, text| store_image(loaded, text, |branding| &mut branding.logo_dark),
    },
    Setting {
        path: "branding.icon",
        description: "The icon of browser tabs. Empty: the built-in one.",
        expected: IMAGE,
        example: "/etc/vestibule/icon.png",
        default: EMPTY,
        kind: ValueKind::Path,
        set: |loaded, text| store_image(loaded, text, |branding| &mut branding.icon),
    },
    Setting {
        path: "branding.accent_color",
        description: "The color of buttons and links. It needs a contrast of 4.5:1 on light pages.",
        expected: "a color such as #1d4ed8 that can be read on light pages",
        example: "#0f766e",
        default: DefaultValue::Literal(Branding::DEFAULT_ACCENT),
        kind: ValueKind::Text,
        set: |loaded, text| {
            let color = accent_color(text, Color::LIGHT_BACKGROUND).ok();
            store(&mut loaded.settings.branding.accent_color, color)
        },
    },
    Setting {
        path: "branding.accent_color_dark",
        description: "The same on dark pages.",
        expected: "a color such as #8fb0ff that can be read on dark pages",
        example: "#5eead4",
        default: DefaultValue::Derived(
            "the color nearest to branding.accent_color that can be read on dark pages",
            |loaded, _| Some(loaded.settings.branding.accent_color.readable_on(Color::DARK_BACKGROUND).to_string()),
        ),
        kind: ValueKind::Text,
        set: |loaded, text| {
            let color = accent_color(text, Color::DARK_BACKGROUND).ok();
            store(&mut loaded.settings.branding.accent_color_dark, color)
        },
    },
    Setting {
        path: "branding.corner_radius",
        description: "The radius of the corners of cards and menus, in pixels.",
        expected: "a whole number from 0 to 16",
        example: "2",
        default: DefaultValue::Literal("8"),
        kind: ValueKind::Number,
        set: |loaded, text| store(&mut loaded.settings.branding.corner_radius, number(text, 0..=16)),
    },
    Setting {
        path: "branding.support_email",
        description: "The address that users write to for help, unless app.support_page_url is set. Empty: none.",
        expected: "an email address, or empty",
        example: "help@example.com",
        default: EMPTY,
        kind: ValueKind::Text,
        set: |loaded, text| {
            let address = if text.is_empty() { None } else { Some(EmailAddress::parse(text).ok()?) };
            loaded.settings.branding.support_email = address.map(|_| text.to_owned());
            Some(())
        },
    },
];
