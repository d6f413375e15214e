//! The look of the brand on pages: stylesheet, logo and icon.

use std::fs;
use std::sync::Arc;

use axum::http::header;
use vestibule_core::settings::{
    BrandImage, BrandImageFormat, Branding, Color, ImageContent, ImageFile, PublicUrl, Settings,
};

use crate::harness::TestApp;

fn file(format: BrandImageFormat, bytes: &[u8]) -> BrandImage {
    let content = Arc::new(ImageContent { format, bytes: bytes.to_vec() });
    BrandImage::File(ImageFile { path: "logo".into(), content: Some(content) })
}

fn green(settings: &mut Settings) {
    let accent_color: Color = "#0f766e".parse().unwrap();
    settings.branding = Branding {
        accent_color,
        accent_color_dark: "#5eead4".parse().unwrap(),
        corner_radius: 2,
        logo: Some(file(BrandImageFormat::Svg, b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>")),
        logo_dark: BrandImage::parse("https://cdn.example.com/dark.png"),
        icon: Some(file(BrandImageFormat::Png, b"png")),
        support_email: Some("help@example.com".to_owned()),
    };
    "Berg & Co".clone_into(&mut settings.name);
}

#[tokio::test]
async fn stylesheet_has_the_colors_and_corners_of_the_brand() {
    let app = TestApp::with_settings(green).await;
    let page = app.anonymous().get("/sign-in").await.assert_page(200, "href=\"/pages/theme.css?v=");
    let url = page.split("href=\"/pages/theme.css").nth(1).unwrap().split('"').next().unwrap();
    let css = app.anonymous().get(&format!("/pages/theme.css{url}")).await;
    assert_eq!(css.status, 200);
    assert_eq!(css.headers[header::CONTENT_TYPE], "text/css; charset=utf-8");
    assert!(css.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    assert!(css.text.starts_with(":root { --accent: #0f766e; --on-accent: #ffffff;"), "{}", css.text);
    assert!(css.text.contains("--radius: 2px;"), "{}", css.text);
    let dark = css.text.split_once("(prefers-color-scheme: dark)").unwrap().1;
    assert!(dark.contains("--accent: #5eead4; --on-accent: #000000;"), "{dark}");
    let other = TestApp::start().await.anonymous().get("/sign-in").await.assert_page(200, "theme.css");
    assert!(!other.contains(url), "another look has another URL");
}

#[tokio::test]
async fn logo_and_icon_replace_the_built_in_ones() {
    let app = TestApp::with_settings(green).await;
    let response = app.anonymous().get("/sign-in").await;
    let policy = response.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.contains("img-src 'self' https://cdn.example.com;"), "{policy}");
    let page = response.assert_page(200, "alt=\"Berg &#38; Co\" height=\"28\"></picture></a>");
    let dark = "<source srcset=\"https://cdn.example.com/dark.png\" media=\"(prefers-color-scheme: dark)\">";
    assert!(page.contains(dark), "{page}");
    assert!(page.contains("<link rel=\"icon\" href=\"/pages/icon?v="), "{page}");
    assert!(page.contains("<a href=\"mailto:help@example.com\">Support</a>"), "{page}");
    let logo = app.anonymous().get("/pages/logo").await;
    assert_eq!((logo.status, &logo.headers[header::CONTENT_TYPE]), (200, &"image/svg+xml".parse().unwrap()));
    // A script in an SVG file does not run, even if the file is opened by itself.
    let policy = logo.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert_eq!(policy, "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    assert_eq!(logo.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    for path in ["/pages/icon", "/favicon.ico"] {
        let icon = app.anonymous().get(path).await;
        assert_eq!((icon.status, icon.bytes.as_ref()), (200, &b"png"[..]), "{path}");
    }
    app.anonymous().get("/pages/logo-dark").await.assert_error(404, "NOT_FOUND");
}

#[tokio::test]
async fn files_of_the_brand_have_the_prefix_of_the_public_url() {
    let app = TestApp::with_settings(|settings| {
        green(settings);
        settings.branding.logo_dark = Some(file(BrandImageFormat::Png, b"dark"));
        settings.public_url = PublicUrl::parse("http://vestibule.test/id").unwrap();
    })
    .await;
    let page = app.anonymous().get("/id/sign-in").await.assert_page(200, "href=\"/id/pages/theme.css?v=");
    for link in ["src=\"/id/pages/logo?v=", "srcset=\"/id/pages/logo-dark?v=", "href=\"/id/pages/icon?v="] {
        assert!(page.contains(link), "{link}: {page}");
    }
}

#[test]
fn variables_of_the_stylesheet_match_the_checked_backgrounds() {
    let style = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/style.css")).unwrap();
    let variables = |name: &str| -> Vec<Color> {
        let start = format!("{name}: #");
        let values = style.split(start.as_str()).skip(1);
        values.map(|rest| format!("#{}", rest.split(';').next().unwrap()).parse().unwrap()).collect()
    };
    let [light, dark] = variables("--sunken")[..] else { panic!("two themes") };
    assert_eq!((light, dark), (Color::LIGHT_BACKGROUND, Color::DARK_BACKGROUND));
    // No other background has less contrast to text.
    for name in ["--background", "--surface"] {
        let colors = variables(name);
        assert!(colors[0].contrast(Color::BLACK) >= light.contrast(Color::BLACK), "{name}");
        assert!(colors[1].contrast(Color::WHITE) >= dark.contrast(Color::WHITE), "{name}");
    }
    for [accent, background] in [[variables("--accent")[0], light], [variables("--accent")[1], dark]] {
        assert!(accent.contrast(background) >= Color::MIN_CONTRAST, "{accent}");
    }
}
