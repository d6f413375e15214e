//! Composing mails to admins about the identity providers of their organization.

use super::compose::{Compose, Composition, NO_RECIPIENT, OBSOLETE};
use crate::enterprise_connection::sql::{self as connections, ConnectionRow};
use crate::error::Result;
use crate::execution::Context;
use crate::id::{ConnectionId, OrganizationId, UserId};
use crate::mail::{ConnectionEmail, EmailTemplate};
use crate::names::full_name;
use crate::outbox::sql::{self, Recipient};

type Composed = Result<Composition>;

impl Compose<'_> {
    /// To an admin: the connection has another issuer or client, as it is now.
    pub(super) async fn connection_changed(
        &self,
        cx: &mut Context<'_>,
        (organization, user): (OrganizationId, UserId),
        connection: ConnectionId,
    ) -> Composed {
        let (recipient, row) = match find(cx, (organization, user), connection).await? {
            Ok(found) => found,
            Err(skipped) => return Ok(skipped),
        };
        let link = link(cx, &row);
        self.to_user(cx, &recipient, &EmailTemplate::ConnectionChanged(email(&recipient, &row, &link)))
    }

    /// To an admin: the client secret will expire, unless it was replaced or has expired since.
    pub(super) async fn connection_secret_expires(
        &self,
        cx: &mut Context<'_>,
        (organization, user): (OrganizationId, UserId),
        connection: ConnectionId,
    ) -> Composed {
        let (recipient, row) = match find(cx, (organization, user), connection).await? {
            Ok(found) => found,
            Err(skipped) => return Ok(skipped),
        };
        let Some(expires_at) = row.secret_expires_at.filter(|end| cx.now < *end && row.secret_notice_days.is_some())
        else {
            return Ok(Composition::Skip(OBSOLETE));
        };
        let days = expires_at.since(cx.now).as_secs().div_ceil(24 * 3600);
        let link = link(cx, &row);
        let template = EmailTemplate::ConnectionSecretExpires {
            connection: email(&recipient, &row, &link),
            expires_at,
            days: u32::try_from(days).unwrap_or(u32::MAX),
        };
        self.to_user(cx, &recipient, &template)
    }

    /// To an admin: one of them has signed in without the identity provider that the organization requires.
    pub(super) async fn sso_bypassed(
        &self,
        cx: &mut Context<'_>,
        (organization, user): (OrganizationId, UserId),
        admin: UserId,
    ) -> Composed {
        let recipient = match find_admin(cx, (organization, user)).await? {
            Ok(found) => found,
            Err(skipped) => return Ok(skipped),
        };
        let host = cx.executor.settings.public_url.as_str();
        let link = format!("{host}/organizations/{organization}/-/audit-log?action=organization.sso.bypassed");
        let found = cx.tx.optional(connections::NAMED_USER, (admin,)).await?;
        let person = found.map(|found| {
            Some(full_name(&found.first_name, &found.last_name))
                .filter(|name| !name.is_empty())
                .or(found.username)
                .unwrap_or_default()
        });
        let template = EmailTemplate::SsoBypassed {
            organization: &recipient.organization_name,
            person: person.as_deref().unwrap_or_default(),
            link: &link,
        };
        self.to_user(cx, &recipient, &template)
    }
}

/// The recipient, if they are still an admin, and the connection; or why nothing is sent.
async fn find(
    cx: &mut Context<'_>,
    ids: (OrganizationId, UserId),
    connection: ConnectionId,
) -> Result<Result<(Recipient, ConnectionRow), Composition>> {
    let recipient = match find_admin(cx, ids).await? {
        Ok(recipient) => recipient,
        Err(skipped) => return Ok(Err(skipped)),
    };
    let row = cx.tx.optional(connections::FIND, (ids.0, connection)).await?;
    Ok(row.map(|row| (recipient, row)).ok_or(Composition::Skip(OBSOLETE)))
}

async fn find_admin(
    cx: &mut Context<'_>,
    (organization, user): (OrganizationId, UserId),
) -> Result<Result<Recipient, Composition>> {
    if cx.tx.optional(connections::IS_ADMIN, (organization, user)).await?.is_none() {
        return Ok(Err(Composition::Skip(OBSOLETE)));
    }
    let recipient = cx.tx.optional(sql::RECIPIENT, (organization, user)).await?;
    Ok(recipient.ok_or(Composition::Skip(NO_RECIPIENT)))
}

fn link(cx: &Context<'_>, row: &ConnectionRow) -> String {
    let host = cx.executor.settings.public_url.as_str();
    format!("{host}/organizations/{}/-/connections/{}", row.organization_id, row.id)
}

fn email<'a>(recipient: &'a Recipient, row: &'a ConnectionRow, link: &'a str) -> ConnectionEmail<'a> {
    ConnectionEmail { organization: &recipient.organization_name, name: &row.name, issuer: &row.issuer, link }
}
