//! Connected accounts: the identities with which the caller signs in.

use axum::extract::Path;
use axum::response::Response;
use vestibule_core::id::IdentityId;
use vestibule_core::identity::{DisconnectIdentity, Identity, ListIdentities};
use vestibule_core::identity_provider::ProviderId;
use vestibule_core::single_sign_on::{BeginLink, begin_link};
use vestibule_core::{Code, Problem};

use super::super::context::PageContext;
use super::super::form::Form;
use super::super::organization::Confirmation;
use super::super::reauthentication::{Action, protected};
use super::super::single_sign_on::{ProviderButton, ProviderButtons, leave_page, provider_name};
use super::{page, redirect_or_error};
use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    Routes::default()
        .post("/account/connections/connect", protected(Action::ConnectAccount, connect))
        .post("/account/connections/{id}/disconnect", protected(Action::DisconnectAccount, disconnect))
}

pub(super) struct IdentityView {
    pub(super) id: IdentityId,
    /// The name of the provider.
    pub(super) provider: String,
    /// What the provider said last; may be empty.
    pub(super) email: String,
    /// HTML.
    pub(super) last_used: String,
    /// Whether it is one of an organization's provider, which the caller cannot disconnect.
    pub(super) is_managed: bool,
}

impl IdentityView {
    fn new(cx: &PageContext, identity: Identity) -> Self {
        let is_managed = identity.connection_id.is_some();
        Self {
            id: identity.id,
            provider: if is_managed { cx.words.single_sign_on() } else { provider_name(cx, &identity.provider) },
            email: identity.email,
            last_used: cx.words.time_html(identity.last_used_at, cx.now()),
            is_managed,
        }
    }

    /// Tells several accounts of one provider apart.
    pub(super) fn label(&self) -> String {
        if self.email.is_empty() { self.provider.clone() } else { format!("{} ({})", self.provider, self.email) }
    }
}

/// What the account page shows. Without providers and identities, it has no such section.
#[derive(Default)]
pub(super) struct ConnectionList {
    pub(super) identities: Vec<IdentityView>,
    /// The providers that can be connected.
    pub(super) available: Vec<ProviderButton>,
}

impl ConnectionList {
    /// Empty for a person who is signed in as the user, for support.
    pub(super) async fn load(cx: &PageContext) -> Self {
        let Ok(identities) = cx.try_query(ListIdentities).await else { return Self::default() };
        let mut available = ProviderButtons::new(cx, Vec::new()).buttons;
        available.retain(|button| identities.iter().all(|identity| identity.provider != button.id));
        Self { identities: identities.into_iter().map(|identity| IdentityView::new(cx, identity)).collect(), available }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.identities.is_empty() && self.available.is_empty()
    }
}

async fn connect(cx: PageContext, form: Form) -> Response {
    let begun = match form.text("provider").parse::<ProviderId>() {
        Ok(provider) => {
            let name = provider_name(&cx, provider.as_str());
            let begin = BeginLink { provider, return_to: "/account".to_owned(), is_page: true };
            begin_link(cx.app.service(), &cx.caller, begin).await.result.map(|begun| (name, begun))
        }
        Err(_) => Err(Problem::from(Code::ProviderNotConfigured)),
    };
    match begun {
        Ok((name, begun)) => leave_page(&cx, name, begun.url, begun.token.as_ref()),
        Err(problem) => page(&cx, Some(&problem)).await,
    }
}

async fn disconnect(cx: PageContext, Path(id): Path<String>, form: Form) -> Response {
    let id: IdentityId = id.parse().unwrap_or_else(|_| 0.into());
    // One that is gone needs no confirmation: the command says so.
    let identities = match cx.query(ListIdentities).await {
        Ok(identities) => identities,
        Err(response) => return response,
    };
    if let Some(found) = identities.into_iter().find(|found| found.id == id) {
        let (t, view) = (cx.words, IdentityView::new(&cx, found));
        let (title, button) = (t.disconnect_title(view.label()), t.disconnect_named(&view.provider));
        let action = format!("/account/connections/{id}/disconnect");
        let confirmation = Confirmation::new(title, button, action, "/account")
            .paragraph(t.disconnect_warning(&view.provider))
            .require(&cx, &form);
        if let Err(response) = confirmation {
            return response;
        }
    }
    redirect_or_error(&cx, cx.run(DisconnectIdentity { id }).await, "identity_removed").await
}
