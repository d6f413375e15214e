use proptest::prelude::*;

use super::*;
use crate::mail::email_template::Invited;

const LINK: &str = "https://join.example/invite#token=inv_SAMPLE.sample";

fn invited() -> Invited<'static> {
    match EmailTemplate::samples()[0] {
        EmailTemplate::Invitation(invited) => invited,
        _ => unreachable!(),
    }
}

fn written(letter: &EmailTemplate<'_>, language: Language) -> Rendered {
    Templates::built_in().unwrap().render(letter, language, "Vestibule").unwrap()
}

#[test]
fn an_invitation_says_who_where_what_and_until_when() {
    let Rendered { subject, text, .. } = written(&EmailTemplate::Invitation(invited()), Language::English);
    assert_eq!(subject, "Nora Lindgren invites you to join Lindgren Tea on Vestibule");
    assert_eq!(
        text,
        "Hello,

Nora Lindgren invites you to join the organization \"Lindgren Tea\" on Vestibule.

Role: Member

Open the invitation:

https://join.example/invite#token=inv_SAMPLE.sample

It works until 22 January 2026, 10:30 UTC (7 days) and is meant for you alone, so please do not pass it on.

Did you not expect this? Then you can ignore this mail: nothing happens until you open the link and accept. No more mail \
from Lindgren Tea: https://join.example/invite/stop/sample

-- 
Vestibule"
    );
}

#[test]
fn what_is_not_there_leaves_no_gap() {
    let few = Invited { inviter: None, role: None, days: 1, ..invited() };
    for (language, begins) in [
        (
            Language::English,
            "Hello,\n\nThe organization \"Lindgren Tea\" invites you to join them on Vestibule.\n\nOpen",
        ),
        (
            Language::German,
            "Guten Tag,\n\nDie Organisation „Lindgren Tea“ lädt Sie zu sich auf Vestibule ein.\n\nEinladung",
        ),
    ] {
        let Rendered { text, .. } = written(&EmailTemplate::Invitation(few), language);
        assert!(text.starts_with(begins), "{text}");
        assert!(text.contains("(1 day)") || text.contains("(1 Tag)"), "{text}");
        assert!(!text.contains("\n\n\n"), "{text}");
    }
    let unseen = Invited { inviter: Some(" \u{200b}"), ..invited() };
    assert!(written(&EmailTemplate::Invitation(unseen), Language::English).subject.starts_with("Lindgren Tea invites"));
}

#[test]
fn every_letter_says_the_same_in_both_forms_and_languages() {
    for letter in EmailTemplate::samples() {
        for language in Language::ALL {
            let Rendered { subject, text, html } = written(&letter, language);
            assert!(!subject.is_empty() && subject.chars().count() < 100, "{subject}");
            for body in [&text, &html] {
                assert!(!body.contains(markup::is_mark), "{body}");
                assert!(body.contains("Vestibule"));
                if let Some(link) = letter.link() {
                    assert!(body.replace("&#x2f;", "/").replace("&amp;", "&").contains(link), "{body}");
                }
            }
            assert!(html.contains(&format!("<html lang=\"{}\"", language.tag())));
            for outside in ["<img", "<script", "<link", "src=", "url(", "@import", "http://"] {
                assert!(!html.contains(outside), "{outside}");
            }
            insta::assert_snapshot!(
                format!("{}.{}", letter.template(), language.tag()),
                format!("{subject}\n\n{text}")
            );
        }
    }
}

#[test]
fn names_carry_no_markup_no_links_and_no_lines() {
    let bad =
        "<a href=\"https://evil.example\">Win!</a>\r\nBcc: x@evil.example\n\nDear customer & friend \u{e000}x\u{e000}";
    let invited = Invited { organization: bad, inviter: Some(bad), workspace: Some(bad), role: Some(bad), ..invited() };
    for letter in [EmailTemplate::Invitation(invited), EmailTemplate::Reminder(invited)] {
        let templates = Templates::built_in().unwrap();
        let Rendered { subject, text, html } = templates.render(&letter, Language::English, bad).unwrap();
        for body in [&subject, &text, &html] {
            for trace in ["https://evil", "evil.example", "x@evil", "\r", "\nBcc"] {
                assert!(!body.contains(trace), "{trace} in {body}");
            }
        }
        assert_eq!(html.matches("<a ").count(), 3, "the button, its link, and the way out: {html}");
        assert!(html.contains("&lt;a href="), "{html}");
        assert_eq!(text.matches("https://").count(), 2);
        assert_eq!(text.lines().filter(|line| *line == LINK).count(), 1);
    }
}

#[test]
fn five_thousand_characters_make_a_short_mail() {
    let long = "Žluťoučký kůň ".repeat(360);
    let invited = Invited { organization: &long, inviter: Some(&long), ..invited() };
    let Rendered { subject, text, html } = written(&EmailTemplate::Invitation(invited), Language::German);
    assert!(subject.chars().count() < 260 && text.chars().count() < 1200 && html.chars().count() < 6000);
    assert!(subject.contains('…'));
}

#[test]
fn an_operators_words_take_the_place_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("de")).unwrap();
    let file = folder.path().join("de/invitation.txt");
    let message = "Subject: Servus\r\n\r\nKommen Sie zu {{ organization }}!\r\n\r\n{{ button(\"Los\") }}\r\n";
    std::fs::write(&file, message).unwrap();
    let templates = Templates::in_folder(folder.path()).unwrap();
    let german = templates.render(&EmailTemplate::Invitation(invited()), Language::German, "Vestibule").unwrap();
    assert_eq!(german.subject, "Servus");
    assert_eq!(german.text, format!("Kommen Sie zu Lindgren Tea!\n\nLos:\n\n{LINK}\n\n-- \nVestibule"));
    let english = templates.render(&EmailTemplate::Invitation(invited()), Language::English, "Vestibule").unwrap();
    assert!(english.subject.starts_with("Nora Lindgren invites"));

    for (message, told) in [
        ("Hello", "begins with a line"),
        ("Subject: x\n\nno way in", "no {{ button"),
        ("Subject: x\n\n{{ button(\"y\") }} {{ organisation }}", "line 3"),
        ("Subject: x\n\n{% if %}", "line 3"),
    ] {
        std::fs::write(&file, message).unwrap();
        let error = Templates::in_folder(folder.path()).unwrap_err();
        assert_eq!(error.file, file);
        assert!(error.reason.contains(told), "{error}");
    }
    std::fs::remove_file(&file).unwrap();
    std::fs::write(folder.path().join("de/invitaton.txt"), "Subject: x\n\ny").unwrap();
    assert!(Templates::in_folder(folder.path()).unwrap_err().reason.contains("no template has this name"));
    assert!(Templates::in_folder(&folder.path().join("nowhere")).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_name_makes_a_mail_with_one_way_in(name in any::<String>()) {
        let invited = Invited { organization: &name, inviter: Some(&name), role: Some(&name), ..invited() };
        let Rendered { subject, text, html } = written(&EmailTemplate::Invitation(invited), Language::English);
        prop_assert!(!subject.contains(char::is_control));
        prop_assert_eq!(text.matches("://").count(), 2);
        prop_assert_eq!(html.matches("<a ").count(), 3);
    }
}
