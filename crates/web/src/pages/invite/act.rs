//! The steps from an invitation to being in, and away from it.

use axum::response::Response;
use vestibule_core::context::Caller;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::invitation::{Accept, Decline, Look, Outcome};
use vestibule_core::join_request::{AskForMine, renew as renew_invitation};
use vestibule_core::names::PersonName;
use vestibule_core::outbox::Refuse;
use vestibule_core::password::Password;
use vestibule_core::secret::{InvitationToken, SessionToken};
use vestibule_core::sign_in::{self, Identifier};
use vestibule_core::sign_up::{self, SignUp};
use vestibule_core::user::AddInvitedAddress;
use vestibule_core::{Code, Problem};

use super::super::asked::{Asked, see_other};
use super::super::form::Form;
use super::{Held, open, paste, told, with_token};

/// Accepts, for whoever is signed in with the invited address.
pub(super) async fn accept(asked: Asked, Held(token): Held) -> Response {
    match token {
        None => paste(&asked, None),
        Some(token) => accept_with(&asked, &token, None).await,
    }
}

/// Accepts in a session, which may be a new one, and goes on into the organization.
async fn accept_with(asked: &Asked, token: &InvitationToken, session: Option<&SessionToken>) -> Response {
    let mut asked = asked.clone();
    if session.is_some() {
        asked.caller = Caller { token: session.cloned(), ..asked.caller };
    }
    let response = match asked.run(Accept { token: token.clone() }).await {
        Ok(Outcome { refusal: None, organization: Some(organization), .. }) => {
            let there = see_other(&format!("/organizations/{}?done=joined", organization.id));
            with_token(&asked, there, "")
        }
        // Every obstacle has a step of its own on the page.
        Ok(Outcome { refusal: Some(code), .. }) if is_a_step(code) => see_other("/invite"),
        Ok(Outcome { refusal, .. }) => {
            let problem = refusal.unwrap_or(Code::Internal).into();
            open(&asked, token, Some(&problem), None).await
        }
        Err(problem) => open(&asked, token, Some(&problem), None).await,
    };
    asked.with_session(response, session)
}

const fn is_a_step(code: Code) -> bool {
    matches!(
        code,
        Code::InvitationRequiresSignin
            | Code::InvitationRequiresSignup
            | Code::InvitationEmailMismatch
            | Code::InvitationEmailUnverified
            | Code::InvitationExpired
    )
}

/// Signs in with the invited address, and accepts.
pub(super) async fn sign_in(asked: Asked, Held(token): Held, form: Form) -> Response {
    let Some(token) = token else {
        return paste(&asked, None);
    };
    let signed_in = match EmailAddress::parse(form.text("email")) {
        Ok(email) => {
            let password = Password::attempt(form.text("password").to_owned());
            let service = asked.app.service();
            sign_in::with_password(service, &asked.caller, Identifier::Email(email), password).await.result
        }
        Err(error) => Err(error.into()),
    };
    match signed_in {
        Ok(came_in) => accept_with(&asked, &token, came_in.token.as_ref()).await,
        Err(problem) => open(&asked, &token, Some(&problem), Some(&form)).await,
    }
}

/// Makes an account for the invited address, which the mailed link proves, and accepts.
pub(super) async fn sign_up(asked: Asked, Held(token): Held, form: Form) -> Response {
    let Some(token) = token else {
        return paste(&asked, None);
    };
    let newcomer = newcomer(&asked, &token, &form).await;
    let signed_up = match newcomer {
        Ok(newcomer) => sign_up::sign_up(asked.app.service(), &asked.caller, newcomer).await.result,
        Err(problem) => Err(problem),
    };
    match signed_up {
        // A token that somebody handed on proves nothing: then a code is mailed first.
        Ok(came_in) => match came_in.session.attempts.first().filter(|_| came_in.session.active().is_none()) {
            Some(attempt) => {
                let id = attempt.id;
                let response = super::super::sign_up::send_code(&asked, id, "/invite", came_in.token.as_ref()).await;
                asked.with_session(response, came_in.token.as_ref())
            }
            None => accept_with(&asked, &token, came_in.token.as_ref()).await,
        },
        Err(problem) => open(&asked, &token, Some(&problem), Some(&form)).await,
    }
}

async fn newcomer(asked: &Asked, token: &InvitationToken, form: &Form) -> Result<SignUp, Problem> {
    let looked = asked.run_query(Look { token: token.clone() }).await?;
    Ok(SignUp {
        email: EmailAddress::parse(&looked.in_hand.email_key)?,
        first_name: PersonName::parse("first_name", form.text("first_name"))?,
        last_name: PersonName::parse("last_name", form.text("last_name"))?,
        username: None,
        password: Password::chosen(form.text("password").to_owned(), asked.app.settings().passwords.minimum_length)?,
        invitation: Some(token.clone()),
    })
}

/// Adds the invited address to the account that is signed in, and accepts with that.
pub(super) async fn add_address(asked: Asked, Held(token): Held) -> Response {
    let Some(token) = token else {
        return paste(&asked, None);
    };
    match asked.run(AddInvitedAddress { token: token.clone() }).await {
        Ok(()) => accept_with(&asked, &token, None).await,
        Err(problem) => open(&asked, &token, Some(&problem), None).await,
    }
}

/// Asks the organization to invite the account that is signed in.
pub(super) async fn ask(asked: Asked, Held(token): Held) -> Response {
    let Some(token) = token else {
        return paste(&asked, None);
    };
    let t = asked.words;
    match asked.run(AskForMine { token: token.clone() }).await {
        Ok(()) => told(&asked, t.asked_title(), t.asked_words(), Some(("/organizations", t.to_organizations()))),
        Err(problem) => open(&asked, &token, Some(&problem), None).await,
    }
}

/// Whoever is signed in with the address declines by pressing; anybody else types the address first, which no scanner of
/// mail does.
pub(super) async fn decline(asked: Asked, Held(token): Held, form: Form) -> Response {
    let Some(token) = token else {
        return paste(&asked, None);
    };
    let t = asked.words;
    let may = match asked.run_query(Look { token: token.clone() }).await {
        Ok(looked) if looked.obstacle.is_none() => Ok(()),
        Ok(looked) => typed_address(&form, &looked.in_hand.email_key),
        Err(problem) => Err(problem),
    };
    let declined = match may {
        Ok(()) => asked.run(Decline { token: token.clone() }).await,
        Err(problem) => Err(problem),
    };
    match declined {
        Ok(()) => {
            if form.is_ticked("stop") {
                // It was declined; that no more mail comes is said where it goes wrong.
                if let Err(problem) = asked.run(Refuse { token: asked.app.service().refusal(&token) }).await {
                    return asked.refused(&problem);
                }
            }
            told(&asked, t.declined_title(), t.declined_words(), None)
        }
        Err(problem) => open(&asked, &token, Some(&problem), Some(&form)).await,
    }
}

/// Asks for a new invitation in place of one that ran out.
pub(super) async fn renew(asked: Asked, Held(token): Held, form: Form) -> Response {
    let Some(token) = token else {
        return paste(&asked, None);
    };
    let t = asked.words;
    let may = match asked.run_query(Look { token: token.clone() }).await {
        Ok(looked) => typed_address(&form, &looked.in_hand.email_key),
        Err(problem) => Err(problem),
    };
    let renewed = match may {
        Ok(()) => renew_invitation(asked.app.service(), &asked.caller, token.clone()).await.result,
        Err(problem) => Err(problem),
    };
    match renewed {
        Ok(()) => told(&asked, t.asked_title(), t.renewed_words(), None),
        Err(problem) => open(&asked, &token, Some(&problem), Some(&form)).await,
    }
}

/// Whether what was typed is the invited address.
pub(super) fn typed_address(form: &Form, invited: &str) -> Result<(), Problem> {
    let typed = EmailAddress::parse(form.text("email"))?;
    if typed.key() == invited { Ok(()) } else { Err(Code::InvitationEmailMismatch.into()) }
}
