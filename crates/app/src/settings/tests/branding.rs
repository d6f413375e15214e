//! The settings of the brand.

use super::*;

#[test]
fn accent_color_with_too_little_contrast_has_a_proposal() {
    for (text, message) in [
        (
            "[branding]\naccent_color = '#f59e0b'",
            "branding.accent_color is \"#f59e0b\" (v.toml:2): its contrast on light pages is 1.89:1, and text needs 4.5:1; the nearest color with enough is #9b6100; it must be a color such as #1d4ed8 that can be read on light pages; for example: accent_color = \"#0f766e\"",
        ),
        (
            "[branding]\naccent_color_dark = '#1d4ed8'",
            "branding.accent_color_dark is \"#1d4ed8\" (v.toml:2): its contrast on dark pages is 2.25:1, and text needs 4.5:1; the nearest color with enough is #5387ff; it must be a color such as #8fb0ff that can be read on dark pages; for example: accent_color_dark = \"#5eead4\"",
        ),
        (
            "[branding]\naccent_color = 'blue'",
            "branding.accent_color is \"blue\" (v.toml:2): it is no color; it must be a color such as #1d4ed8 that can be read on light pages; for example: accent_color = \"#0f766e\"",
        ),
        (
            "[branding]\nlogo = 'http://cdn.example.com/logo.png'",
            "branding.logo is \"http://cdn.example.com/logo.png\" (v.toml:2), but it must be a file path (PNG, JPEG, WebP, ICO or SVG), an https URL, or empty; for example: logo = \"/etc/vestibule/logo.svg\"",
        ),
    ] {
        assert_eq!(load_file(text).unwrap_err(), [message]);
    }
}

#[test]
fn dark_accent_color_derives_from_the_light_one() {
    let branding = load_file("[branding]\naccent_color = '#0f766e'").unwrap().settings.branding;
    assert_eq!(branding.accent_color.to_string(), "#0f766e");
    assert_eq!(branding.accent_color_dark, branding.accent_color.readable_on(Color::DARK_BACKGROUND));
    assert_ne!(branding.accent_color_dark, branding.accent_color);
}

#[test]
fn image_file_is_relative_to_the_settings_file_and_checked_when_it_is_read() {
    let file = SettingsFile::new("[branding]\nlogo = 'logo.png'\nicon = 'https://cdn.example.com/icon.png'");
    let mut branding = load(&file.flags(), &environment(&[])).unwrap().settings.branding;
    let error = |branding: &mut Branding| {
        let error = branding.read_files().unwrap_err();
        (error.setting, error.path, error.reason)
    };
    let path = file.0.join("logo.png");
    assert_eq!((error(&mut branding).0, error(&mut branding).1), ("branding.logo", path.clone()));
    fs::write(&path, "no image").unwrap();
    assert_eq!(error(&mut branding).2, "it is no PNG, JPEG, WebP, ICO or SVG image");
    fs::write(&path, vec![0; 256 * 1024 + 1]).unwrap();
    assert_eq!(error(&mut branding).2, "it is larger than 256 KiB");
    fs::write(&path, b"\x89PNG\r\n\x1a\n").unwrap();
    branding.read_files().unwrap();
    assert!(branding.logo.is_some_and(|logo| logo.content().is_some()));
}
