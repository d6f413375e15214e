//! The words of an invitation's mail.

use askama::Template;

use super::plain;
use crate::time::Timestamp;

/// What an invitation's mail has to say. The names are what people typed; they are made harmless here.
#[derive(Clone, Copy)]
pub struct InvitationMail<'a> {
    /// The name of the product.
    pub app: &'a str,
    /// Into which organization.
    pub organization: &'a str,
    /// Who invites; `None` when they left since, and then the organization itself does.
    pub inviter: Option<&'a str>,
    /// Into which workspace besides.
    pub workspace: Option<&'a str>,
    /// As what.
    pub role: Option<&'a str>,
    /// What to open. It holds the secret.
    pub link: &'a str,
    /// From when on the link is dead.
    pub expires_at: Timestamp,
    /// For how many days the link is good.
    pub days: u32,
}

/// A mail's words, ready for a [`Message`](super::Message).
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// For programs that show text.
    pub text: String,
    /// For programs that show HTML.
    pub html: String,
}

impl InvitationMail<'_> {
    /// Writes the mail.
    ///
    /// Errors: none that the templates are known to make.
    pub fn render(&self) -> Result<Rendered, askama::Error> {
        let names = Names::of(self);
        Ok(Rendered {
            subject: names.subject(),
            text: TextBody { names: &names, link: self.link }.render()?,
            html: HtmlBody { names: &names, link: self.link }.render()?,
        })
    }
}

// Both hold the link, and whoever has the link has the invitation.
impl std::fmt::Debug for InvitationMail<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InvitationMail").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rendered").finish_non_exhaustive()
    }
}

/// Everything but the link, as it may stand in a mail.
struct Names {
    app: String,
    organization: String,
    inviter: Option<String>,
    workspace: Option<String>,
    role: Option<String>,
    deadline: String,
    days: u32,
}

impl Names {
    fn of(mail: &InvitationMail<'_>) -> Self {
        let given = |name: Option<&str>| name.map(plain).filter(|name| !name.is_empty());
        Self {
            app: plain(mail.app),
            organization: plain(mail.organization),
            inviter: given(mail.inviter),
            workspace: given(mail.workspace),
            role: given(mail.role),
            deadline: readable(mail.expires_at),
            days: mail.days,
        }
    }

    fn subject(&self) -> String {
        let Self { app, organization, inviter, .. } = self;
        match inviter {
            Some(inviter) => format!("{inviter} invites you to join {organization} on {app}"),
            None => format!("{organization} invites you to join them on {app}"),
        }
    }
}

#[derive(Template)]
#[template(path = "mail/invitation.txt")]
struct TextBody<'a> {
    names: &'a Names,
    link: &'a str,
}

#[derive(Template)]
#[template(path = "mail/invitation.html")]
struct HtmlBody<'a> {
    names: &'a Names,
    link: &'a str,
}

/// As people write an instant: `22 January 2026, 10:30 UTC`.
fn readable(instant: Timestamp) -> String {
    match jiff::Timestamp::from_second(instant.unix_seconds()) {
        Ok(date) => date.strftime("%-d %B %Y, %H:%M UTC").to_string(),
        Err(_) => instant.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LINK: &str = "https://join.example/invite#token=AbC-_123+x&y=1";

    fn mail() -> InvitationMail<'static> {
        InvitationMail {
            app: "Vestibule",
            organization: "Acme",
            inviter: Some("Nora Example"),
            workspace: Some("Design"),
            role: Some("Editor"),
            link: LINK,
            expires_at: Timestamp::from_microseconds(1_769_077_859_000_000),
            days: 7,
        }
    }

    #[test]
    fn the_text_says_who_where_what_and_until_when() {
        let Rendered { subject, text, .. } = mail().render().unwrap();
        assert_eq!(subject, "Nora Example invites you to join Acme on Vestibule");
        assert_eq!(
            text,
            "Hello,

Nora Example invites you to join the organization \"Acme\" on Vestibule.

Workspace: Design
Role: Editor

To accept, open this link:

https://join.example/invite#token=AbC-_123+x&y=1

It works until 22 January 2026, 10:30 UTC (7 days) and is meant for you
alone, so please do not pass it on.

Did you not expect this? Then you can ignore this mail: nothing happens
until you open the link and accept.

-- 
Vestibule"
        );
    }

    #[test]
    fn what_is_not_there_leaves_no_gap() {
        let few = InvitationMail { inviter: None, workspace: None, role: None, days: 1, ..mail() };
        let Rendered { subject, text, html } = few.render().unwrap();
        assert_eq!(subject, "Acme invites you to join them on Vestibule");
        assert!(text.starts_with(
            "Hello,\n\nThe organization \"Acme\" invites you to join them on Vestibule.\n\nTo accept, open this link:\n\n"
        ));
        assert!(text.contains("10:30 UTC (1 day) and"), "{text}");
        for body in [&text, &html] {
            assert!(!body.contains("Workspace") && !body.contains("Role") && !body.contains("\n\n\n"), "{body}");
        }
        let role_only = InvitationMail { workspace: None, ..mail() }.render().unwrap().text;
        assert!(role_only.contains("on Vestibule.\n\nRole: Editor\n\nTo accept"), "{role_only}");
        let empty = InvitationMail { inviter: Some(" \u{200b}"), ..mail() }.render().unwrap();
        assert!(empty.subject.starts_with("Acme invites"));
    }

    #[test]
    fn html_says_the_same_and_loads_nothing() {
        let html = mail().render().unwrap().html;
        let link = "https://join.example/invite#token=AbC-_123+x&#38;y=1";
        assert_eq!(html.matches(&format!("href=\"{link}\"")).count(), 2, "{html}");
        assert!(html.contains(&format!(">{link}</a>")));
        for words in ["Nora Example", "Acme", "Design", "Editor", "22 January 2026, 10:30 UTC", "ignore this mail"] {
            assert!(html.contains(words), "{words}");
        }
        for outside in ["<img", "<script", "<link", "src=", "url(", "@import", "http://"] {
            assert!(!html.contains(outside), "{outside}");
        }
        assert_eq!(html.matches("https://").count(), 3, "only the link");
    }

    #[test]
    fn names_carry_no_markup_no_links_and_no_lines() {
        let bad = "<a href=\"https://evil.example\">Win!</a>\r\nBcc: x@evil.example\n\nDear customer & friend";
        let mails = InvitationMail {
            app: bad,
            organization: bad,
            inviter: Some(bad),
            workspace: Some(bad),
            role: Some(bad),
            ..mail()
        };
        let Rendered { subject, text, html } = mails.render().unwrap();
        for body in [&subject, &text, &html] {
            for trace in ["https://evil", "evil.example", "x@evil", "\r", "\nBcc"] {
                assert!(!body.contains(trace), "{trace} in {body}");
            }
        }
        assert!(!html.contains("<a href=\"https\u{2060}"));
        assert!(html.contains("&#60;a href=&#34;https\u{2060}:"), "{html}");
        assert!(text.contains("<a href="), "text needs no escaping");
        assert_eq!(text.matches("https://").count(), 1);
        assert_eq!(text.lines().filter(|line| *line == LINK).count(), 1);
    }

    #[test]
    fn five_thousand_characters_make_a_short_mail() {
        let long = "Žluťoučký kůň ".repeat(360);
        let mails = InvitationMail { organization: &long, inviter: Some(&long), ..mail() };
        let Rendered { subject, text, html } = mails.render().unwrap();
        assert!(subject.chars().count() < 220 && text.chars().count() < 900 && html.chars().count() < 6000);
        assert!(subject.contains('…'));
    }

    #[test]
    fn instants_outside_the_calendar_are_still_written() {
        assert_eq!(readable(Timestamp::LATEST), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn no_debug_output_holds_the_link() {
        assert!(!format!("{:?} {:?}", mail(), mail().render().unwrap()).contains("join.example"));
    }

    proptest! {
        #[test]
        fn any_name_makes_a_mail_with_one_link(name in any::<String>()) {
            let mails = InvitationMail { organization: &name, inviter: Some(&name), role: Some(&name), ..mail() };
            let Rendered { subject, text, html } = mails.render().unwrap();
            prop_assert!(!subject.contains(char::is_control));
            prop_assert_eq!(text.matches("://").count(), 1);
            prop_assert_eq!(html.matches("<a ").count(), 2);
        }
    }
}
