//! The pages and states of a preview.

/// Whose browser shows a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visitor {
    Anonymous,
    /// The owner of the sample organization.
    Owner,
    /// A member without further permissions.
    Member,
}

/// A page in a state.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// The name of the file, without the extension.
    pub(super) name: &'static str,
    pub(super) visitor: Visitor,
    pub(super) path: String,
    /// The fields of the form that leads to the state, for a `POST`.
    pub(super) form: Option<Vec<(&'static str, String)>>,
    /// The address whose invitation the browser has opened.
    pub(super) invitation: Option<&'static str>,
    /// The key of the flash message.
    pub(super) flash: Option<&'static str>,
}

impl Scene {
    fn get(name: &'static str, visitor: Visitor, path: impl Into<String>) -> Self {
        Self { name, visitor, path: path.into(), form: None, invitation: None, flash: None }
    }

    fn post(name: &'static str, visitor: Visitor, path: impl Into<String>, form: &[(&'static str, &str)]) -> Self {
        let form = form.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { form: Some(form), ..Self::get(name, visitor, path) }
    }

    fn invite(name: &'static str, visitor: Visitor, invitee: &'static str) -> Self {
        Self { invitation: Some(invitee), ..Self::get(name, visitor, "/invite") }
    }
}

/// Two members. Neither can be invited, so the result of the invitation changes nothing.
pub(super) const NOT_INVITED: &str = "ben@lindgren-tea.example, greta@lindgren-tea.example";

/// The ids in the paths of the sample organization.
#[derive(Clone, Debug)]
pub(super) struct SampleIds {
    pub(super) organization: String,
    pub(super) member: String,
    pub(super) workspace: String,
    /// What the review of [`NOT_INVITED`] is confirmed by.
    pub(super) reviewed: String,
}

/// Returns every scene. Each form leads to a state that a page shows, and changes nothing.
pub(super) fn scenes(ids: &SampleIds) -> Vec<Scene> {
    use Visitor::{Anonymous, Member, Owner};
    let tab = |tab: &str| format!("/organizations/{}/-/{tab}", ids.organization);
    let member = tab(&format!("members/{}", ids.member));
    let mut scenes = vec![
        Scene::get("sign-in", Anonymous, "/sign-in"),
        Scene::post("sign-in-error", Anonymous, "/sign-in", &[("identifier", "ada@example.com"), ("password", "x")]),
        Scene::get("sign-in-link", Anonymous, "/sign-in/link"),
        Scene::get("sign-in-code", Anonymous, "/sign-in/code?attempt=1"),
        Scene::get("sign-up", Anonymous, "/sign-up"),
        Scene::post("sign-up-error", Anonymous, "/sign-up", &[("email", "new@example.com"), ("password", "short")]),
        Scene::get("reset", Anonymous, "/reset"),
        Scene::get("reset-code", Anonymous, "/reset/code?email=ada%40example.com"),
        Scene::get("security-notice", Anonymous, "/security-notice"),
        Scene::get("invite-paste", Anonymous, "/invite"),
        Scene::invite("invite-new", Anonymous, "hana@karlin-market.example"),
        Scene::invite("invite-known", Anonymous, "farid@harbor-robotics.example"),
        Scene::invite("invite-wrong-account", Member, "hana@karlin-market.example"),
        Scene::invite("invite-expired", Anonymous, "jonas@nordwind-cafe.example"),
        Scene::invite("invite-revoked", Anonymous, "noor@leaf-and-kettle.example"),
        Scene::invite("invite-declined", Anonymous, "oskar@leaf-and-kettle.example"),
        Scene::invite("invite-accepted", Anonymous, "greta@lindgren-tea.example"),
        Scene::get("organizations", Owner, "/organizations"),
        Scene::get("choose-organization", Owner, "/choose-organization"),
        Scene::get("account", Owner, "/account"),
        Scene::get("account-delete", Owner, "/account/delete"),
    ];
    scenes.push(Scene { flash: Some("saved"), ..Scene::get("account-saved", Owner, "/account") });
    for (name, path) in [
        ("members", "members"),
        ("invitations", "invitations"),
        ("roles", "roles"),
        ("workspaces", "workspaces"),
        ("domains", "domains"),
        ("requests", "requests"),
        ("settings", "settings"),
    ] {
        scenes.push(Scene::get(name, Owner, tab(path)));
    }
    scenes.extend([
        Scene::get("members-as-member", Member, tab("members")),
        Scene::get("settings-as-member", Member, tab("settings")),
        Scene::get("members-none-found", Owner, tab("members?search=nobody")),
        Scene::get("member", Owner, member.clone()),
        Scene::get("workspace", Owner, tab(&format!("workspaces/{}", ids.workspace))),
        Scene::post(
            "invite-review",
            Owner,
            tab("invitations"),
            &[("emails", "kim@quayside.example, lee@quayside.example, kim@quayside.example, ben@lindgren-tea.example")],
        ),
        Scene::post(
            "invite-result",
            Owner,
            tab("invitations"),
            &[("emails", NOT_INVITED), ("reviewed", ids.reviewed.as_str())],
        ),
        Scene::post("confirm-remove-member", Owner, format!("{member}/remove"), &[]),
        Scene::post("confirm-transfer", Owner, format!("{member}/transfer"), &[]),
        Scene::post("confirm-leave", Owner, tab("leave"), &[]),
        Scene::post("confirm-delete-organization", Owner, tab("delete"), &[]),
        Scene::get("forbidden", Member, tab("domains")),
        Scene::get("not-found", Owner, "/nope"),
    ]);
    scenes
}
