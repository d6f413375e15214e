use proptest::prelude::*;

use super::*;
use crate::mail::email_template::{InvitationEmail, WebhooksEmail};

const LINK: &str = "https://join.example/invite#token=inv_SAMPLE.sample";

fn invitation() -> InvitationEmail<'static> {
    match EmailTemplate::samples()[0] {
        EmailTemplate::Invitation(email) => InvitationEmail { message: "", ..email },
        _ => unreachable!(),
    }
}

fn render(template: &EmailTemplate<'_>, language: Language) -> RenderedEmail {
    Templates::built_in().unwrap().render(template, language, "Vestibule").unwrap()
}

#[test]
fn every_language_has_a_file_for_each_template() {
    for language in Language::ALL {
        let mut expected: Vec<_> =
            EmailTemplate::TEMPLATES.iter().map(|name| format!("{}/{name}.txt", language.tag())).collect();
        expected.sort();
        let folder = format!("{}/", language.tag());
        let files = MAIL_TEMPLATES.iter().map(|(name, _)| *name).filter(|name| name.starts_with(&folder));
        assert_eq!(files.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn renders_invitation() {
    let RenderedEmail { subject, text, .. } = render(&EmailTemplate::Invitation(invitation()), Language::English);
    assert_eq!(subject, "“Nora Lindgren” invites you to join “Lindgren Tea” on Vestibule");
    assert_eq!(
        text,
        "Hello,

“Nora Lindgren” invites you to join the organization “Lindgren Tea” on Vestibule.

Role: “Buyer”

Open the invitation:

https://join.example/invite#token=inv_SAMPLE.sample

The link expires on 22 January 2026, 10:30 UTC (in 7 days). It is only for you, so please do not share it.

Weren't expecting this? You can ignore this email: nothing happens unless you accept the invitation. Unsubscribe from \
“Lindgren Tea” emails: https://join.example/invite/stop/sample

-- 
Vestibule"
    );
}

#[test]
fn quotes_message_of_inviter() {
    let email = InvitationEmail { message: "Welcome!\n\nSee https://evil.example", ..invitation() };
    let RenderedEmail { text, html, .. } = render(&EmailTemplate::Invitation(email), Language::English);
    assert!(text.contains("\n\n“Nora Lindgren” writes:\n> Welcome!\n> See https\u{2060}:"), "{text}");
    assert!(html.contains("&gt; Welcome!") && !html.contains("evil.example"), "{html}");
}

#[test]
fn omits_missing_values() {
    let sparse = InvitationEmail { inviter: None, role: None, days: 1, ..invitation() };
    for (language, beginning) in [
        (Language::English, "Hello,\n\nYou are invited to join the organization “Lindgren Tea” on Vestibule.\n\nOpen"),
        (
            Language::German,
            "Guten Tag,\n\nSie wurden eingeladen, der Organisation „Lindgren Tea“ auf Vestibule beizutreten.\n\nEinladung",
        ),
    ] {
        let RenderedEmail { text, .. } = render(&EmailTemplate::Invitation(sparse), language);
        assert!(text.starts_with(beginning), "{text}");
        assert!(text.contains("(in 1 day)") || text.contains("(1 Tag)"), "{text}");
        assert!(!text.contains("\n\n\n"), "{text}");
    }
    let invisible = InvitationEmail { inviter: Some(" \u{200b}"), ..invitation() };
    assert!(
        render(&EmailTemplate::Invitation(invisible), Language::English)
            .subject
            .starts_with("You are invited to join “Lindgren Tea”")
    );
}

#[test]
fn renders_every_template_in_both_forms_and_languages() {
    for template in EmailTemplate::samples() {
        for language in Language::ALL {
            let RenderedEmail { subject, text, html } = render(&template, language);
            assert!(!subject.is_empty() && subject.chars().count() < 100, "{subject}");
            for body in [&text, &html] {
                assert!(!body.contains(markup::is_mark), "{body}");
                assert!(body.contains("Vestibule"));
                if let Some(link) = template.link() {
                    assert!(body.replace("&amp;", "&").contains(link), "{body}");
                }
            }
            assert!(html.contains(&format!("<html lang=\"{}\"", language.tag())));
            for external in ["<img", "<script", "<link", "src=", "url(", "@import", "http://"] {
                assert!(!html.contains(external), "{external}");
            }
            insta::assert_snapshot!(format!("{}.{}", template.name(), language.tag()), format!("{subject}\n\n{text}"));
        }
    }
}

#[test]
fn invitations_show_the_logo_of_the_organization_in_html() {
    let email = InvitationEmail {
        organization: "Lindgren & “Tea”",
        organization_logo: Some("https://join.example/images/1f2e.png"),
        workspace: Some("Warehouse"),
        workspace_role: Some("Member"),
        ..invitation()
    };
    for (name, template) in [
        ("invitation_with_logo", EmailTemplate::Invitation(InvitationEmail { workspace: None, ..email })),
        ("workspace_invitation_with_logo", EmailTemplate::Invitation(email)),
        ("reminder_with_logo", EmailTemplate::Reminder(email)),
    ] {
        let RenderedEmail { text, html, .. } = render(&template, Language::English);
        assert_eq!(html.matches("<img").count(), 1, "{html}");
        assert!(!text.contains("images/"), "{text}");
        insta::assert_snapshot!(name, html);
    }
    let without = InvitationEmail { organization_logo: None, ..email };
    assert!(!render(&EmailTemplate::Invitation(without), Language::English).html.contains("<img"));
}

#[test]
fn html_has_the_look_of_the_brand() {
    let mut settings = Settings::default();
    settings.branding.logo = crate::settings::BrandImage::parse("https://cdn.example.com/logo.png");
    settings.branding.accent_color = "#ffcc00".parse().unwrap();
    settings.branding.corner_radius = 3;
    settings.branding.support_email = Some("help@example.com".to_owned());
    let templates = Templates::built_in().unwrap().with_branding(&settings);
    let template = EmailTemplate::Invitation(invitation());
    for (language, label) in [(Language::English, "Support"), (Language::German, "Hilfe")] {
        let RenderedEmail { text, html, .. } = templates.render(&template, language, "Lindgren ID").unwrap();
        let text_color = settings.branding.accent_color.text();
        for expected in [
            "<img src=\"https://cdn.example.com/logo.png\" alt=\"Lindgren ID\" height=\"32\"",
            "border-radius: 3px; background-color: #ffcc00;",
            &format!("color: {text_color}; font-weight: 600"),
            &format!("<a href=\"mailto:help@example.com\" style=\"color: inherit\">{label}</a>"),
        ] {
            assert!(html.contains(expected), "{expected} in {html}");
        }
        assert!(!text.contains("cdn.example.com") && !text.contains("mailto:"), "{text}");
    }
}

#[test]
fn links_are_written_without_escaped_slashes() {
    for template in EmailTemplate::samples() {
        for language in Language::ALL {
            let RenderedEmail { html, .. } = render(&template, language);
            for entity in ["&#x2f;", "&#x2F;", "&#47;", "&sol;"] {
                assert!(!html.contains(entity), "{entity} in {html}");
            }
            if let Some(link) = template.link() {
                assert!(html.contains(&format!("href=\"{}\"", link.replace('&', "&amp;"))), "{html}");
            }
        }
    }
}

#[test]
fn layouts_of_operators_escape_in_the_same_way() {
    let folder = tempfile::tempdir().unwrap();
    let layout = "{% set title = subject %}<a title='{{ title|e }}' href=\"https://a.example/{{ app }}\">{{ app|upper }}</a>\
                  {{ subject|escape|safe }}{{ missing is defined }}{{ 1 + 1 }}{{ none }}";
    std::fs::write(folder.path().join("layout.html"), layout).unwrap();
    let templates = Templates::from_folder(folder.path()).unwrap();
    let RenderedEmail { html, .. } =
        templates.render(&EmailTemplate::AddressInUse, Language::English, "A/B <'&\">").unwrap();
    assert!(
        html.contains("&lt;&#39;&amp;&#39;&gt;") && !html.contains("&#x2f;") && !html.contains("&amp;amp;"),
        "{html}"
    );
}

#[test]
fn names_cannot_inject_markup_links_or_lines() {
    let hostile =
        "<a href=\"https://evil.example\">Win!</a>\r\nBcc: x@evil.example\n\nDear customer & friend \u{e000}x\u{e000}";
    let email = InvitationEmail {
        organization: hostile,
        inviter: Some(hostile),
        workspace: Some(hostile),
        role: Some(hostile),
        workspace_role: Some(hostile),
        message: hostile,
        ..invitation()
    };
    for template in [EmailTemplate::Invitation(email), EmailTemplate::Reminder(email)] {
        let templates = Templates::built_in().unwrap();
        let RenderedEmail { subject, text, html } = templates.render(&template, Language::English, hostile).unwrap();
        for body in [&subject, &text, &html] {
            for trace in ["https://evil", "evil.example", "x@evil", "\r", "\nBcc"] {
                assert!(!body.contains(trace), "{trace} in {body}");
            }
        }
        assert_eq!(html.matches("<a ").count(), 3, "the button, its link, and the unsubscribe link: {html}");
        assert!(html.contains("&lt;a href="), "{html}");
        assert_eq!(text.matches("https://").count(), 2);
        assert_eq!(text.lines().filter(|line| *line == LINK).count(), 1);
    }
}

#[test]
fn hostile_names_are_quoted_and_shortened_in_subject_and_body() {
    let hostile = "Your account is locked\u{201d}. Call +1 555 0100 now to unlock it, or it is deleted today";
    let email = InvitationEmail {
        organization: hostile,
        inviter: Some(hostile),
        workspace: Some(hostile),
        role: Some(hostile),
        workspace_role: Some(hostile),
        // Its lines begin with `>` instead.
        message: "",
        ..invitation()
    };
    let templates = [
        EmailTemplate::Invitation(email),
        EmailTemplate::Invitation(InvitationEmail { inviter: None, workspace: None, ..email }),
        EmailTemplate::Reminder(email),
        EmailTemplate::MemberRemoved { organization: hostile },
        EmailTemplate::OwnershipTransfer {
            organization: hostile,
            owner: hostile,
            link: LINK,
            expires_at: email.expires_at,
        },
        EmailTemplate::WebhooksDisabled(WebhooksEmail {
            organization: hostile,
            url: "https://hooks.example/",
            is_gone: true,
            count: 1,
            link: LINK,
            unsubscribe_url: LINK,
        }),
    ];
    for template in &templates {
        for (language, open, close) in [(Language::English, '“', '”'), (Language::German, '„', '“')] {
            let RenderedEmail { subject, text, .. } = render(template, language);
            for form in [subject.as_str(), text.as_str()] {
                // Each name is within one pair of quotation marks of its own.
                for (at, _) in form.match_indices("Your account is locked") {
                    assert!(form[..at].ends_with(open), "{form}");
                    let name = form[at..].split(close).next().unwrap();
                    assert!(name.chars().count() <= 60 && name.ends_with('…') && !name.contains(open), "{form}");
                }
                assert!(form.contains("Your account is locked") && !form.contains("deleted today"), "{form}");
            }
        }
    }
}

#[test]
fn truncates_long_names() {
    let long = "Žluťoučký kůň ".repeat(360);
    let email = InvitationEmail { organization: &long, inviter: Some(&long), ..invitation() };
    let RenderedEmail { subject, text, html } = render(&EmailTemplate::Invitation(email), Language::German);
    assert!(subject.chars().count() < 260 && text.chars().count() < 1200 && html.chars().count() < 6000);
    assert!(subject.contains('…'));
}

#[test]
fn templates_of_a_folder_override_the_built_in_ones() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("de")).unwrap();
    let file = folder.path().join("de/invitation.txt");
    let message = "Subject: Servus\r\n\r\nKommen Sie zu {{ organization }}!\r\n\r\n{{ button(\"Los\") }}\r\n";
    std::fs::write(&file, message).unwrap();
    let templates = Templates::from_folder(folder.path()).unwrap();
    let german = templates.render(&EmailTemplate::Invitation(invitation()), Language::German, "Vestibule").unwrap();
    assert_eq!(german.subject, "Servus");
    assert_eq!(german.text, format!("Kommen Sie zu „Lindgren Tea“!\n\nLos:\n\n{LINK}\n\n-- \nVestibule"));
    let english = templates.render(&EmailTemplate::Invitation(invitation()), Language::English, "Vestibule").unwrap();
    assert!(english.subject.starts_with("“Nora Lindgren” invites"));

    for (message, reason) in [
        ("Hello", "begins with a line"),
        ("Subject: x\n\nno way in", "no {{ button"),
        ("Subject: x\n\n{{ button(\"y\") }} {{ organisation }}", "line 3"),
        ("Subject: x\n\n{% if %}", "line 3"),
    ] {
        std::fs::write(&file, message).unwrap();
        let error = Templates::from_folder(folder.path()).unwrap_err();
        assert_eq!(error.file, file);
        assert!(error.reason.contains(reason), "{error}");
    }
    std::fs::remove_file(&file).unwrap();
    std::fs::write(folder.path().join("de/invitaton.txt"), "Subject: x\n\ny").unwrap();
    assert!(Templates::from_folder(folder.path()).unwrap_err().reason.contains("no template has this name"));
    assert!(Templates::from_folder(&folder.path().join("nowhere")).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_name_renders_without_additional_links(name in any::<String>()) {
        let email = InvitationEmail { organization: &name, inviter: Some(&name), role: Some(&name), message: &name, ..invitation() };
        let RenderedEmail { subject, text, html } = render(&EmailTemplate::Invitation(email), Language::English);
        prop_assert!(!subject.contains(char::is_control));
        prop_assert_eq!(text.matches("://").count(), 2);
        prop_assert_eq!(html.matches("<a ").count(), 3);
    }
}
