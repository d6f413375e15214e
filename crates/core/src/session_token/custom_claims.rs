//! The claims of a token template, with the values of one sign-in.

use serde_json::{Map, Value};

use super::mint::Subject;
use crate::error::Result;
use crate::execution::Context;
use crate::names::full_name;
use crate::settings::{ClaimTemplate, Placeholder};
use crate::{organization, user, workspace};

/// What placeholders stand for that the token does not need anyway. Each part is loaded only if the template uses it.
#[derive(Debug, Default)]
struct Details {
    user: Option<user::PublicUser>,
    organization_name: Option<String>,
    workspace_name: Option<String>,
}

/// Renders the claims of a template for the subject of a token.
pub(super) async fn render(
    cx: &mut Context<'_>,
    template: &ClaimTemplate,
    subject: &Subject,
) -> Result<Map<String, Value>> {
    let details = Details::load(cx, template, subject).await?;
    Ok(template.render(&|placeholder| details.value(placeholder, subject)))
}

impl Details {
    async fn load(cx: &mut Context<'_>, template: &ClaimTemplate, subject: &Subject) -> Result<Self> {
        let mut details = Self::default();
        let of_user = [
            Placeholder::FirstName,
            Placeholder::LastName,
            Placeholder::Name,
            Placeholder::Username,
            Placeholder::PrimaryEmail,
        ];
        if template.uses(&of_user) {
            details.user = cx.tx.optional(user::sql::PUBLIC_PROFILE, (subject.user,)).await?;
        }
        if let Some((organization, _)) = subject.organization {
            if template.uses(&[Placeholder::OrganizationName]) {
                let name = cx.tx.optional(organization::sql::NAME, (organization,)).await?;
                details.organization_name = name.map(|(name,)| name);
            }
            if let Some((workspace, _)) =
                subject.workspace.as_ref().filter(|_| template.uses(&[Placeholder::WorkspaceName]))
            {
                let found = cx.tx.optional(workspace::sql::SUMMARY, (organization, *workspace)).await?;
                details.workspace_name = found.map(|found| found.name);
            }
        }
        Ok(details)
    }

    /// Nothing is null; an empty name is, too.
    fn value(&self, placeholder: Placeholder, subject: &Subject) -> Value {
        let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map_or(Value::Null, Value::from);
        let id = |id: Option<String>| id.map_or(Value::Null, Value::from);
        let user = self.user.as_ref();
        let (organization, workspace) = (subject.organization.as_ref(), subject.workspace.as_ref());
        match placeholder {
            Placeholder::UserId => subject.user.to_string().into(),
            Placeholder::FirstName => text(user.map(|user| user.first_name.as_str())),
            Placeholder::LastName => text(user.map(|user| user.last_name.as_str())),
            Placeholder::Name => {
                let name = user.map(|user| full_name(&user.first_name, &user.last_name));
                text(name.as_deref())
            }
            Placeholder::Username => text(user.and_then(|user| user.username.as_deref())),
            // Anybody can claim an address; only a verified one says who the user is.
            Placeholder::PrimaryEmail => {
                let verified = user.filter(|user| user.email_verified_at.is_some());
                text(verified.and_then(|user| user.email.as_deref()))
            }
            Placeholder::OrganizationId => id(organization.map(|(organization, _)| organization.to_string())),
            Placeholder::OrganizationName => text(self.organization_name.as_deref()),
            Placeholder::MembershipId => {
                id(organization.and(subject.membership).map(|membership| membership.to_string()))
            }
            Placeholder::OrganizationPermissions => organization.map_or(Value::Null, |(_, own)| own.iter().collect()),
            Placeholder::WorkspaceId => id(workspace.map(|(workspace, _)| workspace.to_string())),
            Placeholder::WorkspaceName => text(self.workspace_name.as_deref()),
            Placeholder::WorkspaceMembershipId => {
                id(workspace.and(subject.workspace_membership).map(|membership| membership.to_string()))
            }
            Placeholder::WorkspacePermissions => workspace.map_or(Value::Null, |(_, own)| own.iter().collect()),
            Placeholder::SessionId => subject.session.to_string().into(),
            Placeholder::SignInId => subject.sign_in.to_string().into(),
        }
    }
}
