//! The list of all routes of the server-to-server API.

use axum::Router;
use axum::http::Uri;
use vestibule_core::Code;
use vestibule_core::permission::Requirement;
use vestibule_core::{api_key, user_management};

use super::{keys, users};
use crate::app::App;
use crate::envelope::Refusal;
use crate::health;
use crate::openapi::{Declaration, command, commands, query};
use crate::routes::api_routes;

pub(super) fn router(app: &App) -> Router {
    let routes = api_routes().merge(health::routes());
    routes.with_fallback(async |_: Uri| Refusal(Code::RouteNotFound.into())).with_state(app.clone())
}

/// Whether a request needs no API key.
pub(super) fn is_public(path: &str) -> bool {
    health::is_check(path)
}

/// The codes of a cursor and a sort key that a list does not know.
const LIST_ERRORS: &[Code] = &[Code::InvalidCursor];

/// A call that is refused with this code.
fn refused(code: Code) -> Declaration {
    query::<user_management::CheckUserForChange>().with_errors(&[code])
}

api_routes! {
    /// API keys.
    keys {
        keys::list => query::<api_key::List>();
        keys::create => command::<api_key::Create>();
        keys::rotate => command::<api_key::Rotate>();
        keys::revoke => command::<api_key::Revoke>();
    }
    /// Users and what belongs to them.
    users {
        users::list::list => query::<user_management::List>().with_errors(LIST_ERRORS);
        users::create::create => commands(Requirement::Operator, user_management::CREATE_USER_ERRORS);
        users::bulk::bulk => command::<user_management::BulkCreate>();
        users::show::show => query::<user_management::Show>();
        users::update::update => command::<user_management::UpdateUser>();
        users::update::delete => command::<user_management::DeleteUser>();
        users::password::update => commands(Requirement::Operator, user_management::SET_PASSWORD_ERRORS);
        users::password::remove => command::<user_management::RemovePassword>();
        users::addresses::list => query::<user_management::ListAddresses>();
        users::addresses::add => command::<user_management::AddAddress>();
        users::addresses::update => command::<user_management::UpdateAddress>();
        users::addresses::delete => command::<user_management::DeleteAddress>();
        users::addresses::make_primary => command::<user_management::MakePrimary>();
        users::sign_ins::list => query::<user_management::ListSignIns>();
        users::sign_ins::revoke => command::<user_management::EndSignIn>();
        users::sign_ins::revoke_all => command::<user_management::EndAllSignIns>();
        users::memberships::in_organizations => query::<user_management::ListMemberships>();
        users::memberships::in_workspaces => query::<user_management::ListWorkspaceMemberships>();
        users::unsupported::list_phones => query::<user_management::CheckUser>();
        users::unsupported::list_social_connections => query::<user_management::CheckUser>();
        users::unsupported::add_phone => refused(Code::PhonesNotSupported);
        users::unsupported::update_phone => refused(Code::PhonesNotSupported);
        users::unsupported::delete_phone => refused(Code::PhonesNotSupported);
        users::unsupported::make_phone_primary => refused(Code::PhonesNotSupported);
        users::unsupported::delete_social_connection => refused(Code::SocialConnectionNotFound);
        users::unsupported::list_passkeys => refused(Code::FactorsNotSupported);
        users::unsupported::rename_passkey => refused(Code::FactorsNotSupported);
        users::unsupported::delete_passkey => refused(Code::FactorsNotSupported);
        users::unsupported::add_authenticator => refused(Code::FactorsNotSupported);
        users::unsupported::delete_authenticator => refused(Code::FactorsNotSupported);
        users::unsupported::regenerate_backup_codes => refused(Code::FactorsNotSupported);
    }
}
