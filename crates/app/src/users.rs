//! `vestibule users`: lists and shows users, and ends their access.

mod profile;

use serde::Serialize;
use vestibule_core::email_address::EmailAddress;
use vestibule_core::id::UserId;
use vestibule_core::names::full_name;
use vestibule_core::operator::{FindUser, ListUsers, ListedUser, PreviewDisableUser, ShowUser, UserFilter};
use vestibule_core::search::SearchTerm;
use vestibule_core::time::Timestamp;

use crate::cli::{ListUsersArgs, UserKey, UsersArgs, UsersCommand};
use crate::error::AppError;
use crate::operator::{
    self, CancelSecondFactorReset, DisableUser, EnableUser, OrganizationName, ResetPassword, ResetSecondFactors,
    SecondFactorsReset, SignOutUser, UserDisabled, UserPasswordReset,
};
use crate::output;
use crate::settings::LoadedSettings;

/// Runs a command on users.
pub(crate) async fn run(args: &UsersArgs) -> Result<(), AppError> {
    let loaded = operator::load(&args.command.output().flags)?;
    match &args.command {
        UsersCommand::List(list_args) => list(&loaded, list_args).await,
        UsersCommand::Show(args) => {
            let user = find(&loaded, &args.user).await?;
            let profile = operator::query(&loaded, &ShowUser { user }).await?;
            profile::print(&profile, args.output.json)
        }
        UsersCommand::Disable(args) => {
            let user = find(&loaded, &args.user.user).await?;
            let outcome = if args.dry_run {
                UserDisabled::new(user, operator::query(&loaded, &PreviewDisableUser { user }).await?)
            } else {
                operator::run(&loaded, DisableUser { user }).await?
            };
            print_disabled(&loaded, &outcome, args.dry_run, args.user.output.json)
        }
        UsersCommand::Enable(args) => {
            let user = find(&loaded, &args.user).await?;
            let outcome = operator::run(&loaded, EnableUser { user }).await?;
            print(args.output.json, &outcome, || {
                if outcome.was_disabled {
                    format!("Enabled user {user}, who can sign in again")
                } else {
                    format!("User {user} is enabled already; nothing was changed")
                }
            })
        }
        UsersCommand::SignOut(args) => {
            let user = find(&loaded, &args.user).await?;
            let outcome = operator::run(&loaded, SignOutUser { user }).await?;
            let text =
                || format!("Ended {} of user {user}\n{}", sign_ins(outcome.ended_sign_ins), tokens_note(&loaded));
            print(args.output.json, &outcome, text)
        }
        UsersCommand::ResetPassword(args) => {
            let user = find(&loaded, &args.user).await?;
            let outcome = operator::run(&loaded, ResetPassword { user }).await?;
            print(args.output.json, &outcome, || password_reset_text(&loaded, &outcome))
        }
        UsersCommand::ResetSecondFactors(args) => {
            let user = find(&loaded, &args.user).await?;
            let outcome = operator::run(&loaded, ResetSecondFactors { user }).await?;
            print(args.output.json, &outcome, || second_factors_reset_text(&loaded, &outcome))
        }
        UsersCommand::CancelSecondFactorReset(args) => {
            let user = find(&loaded, &args.user).await?;
            let outcome = operator::run(&loaded, CancelSecondFactorReset { user }).await?;
            print(args.output.json, &outcome, || format!("Cancelled the reset; user {user} keeps their second factors"))
        }
    }
}

/// Returns the id of a user. An address names only the user who verified it.
async fn find(loaded: &LoadedSettings, user: &UserKey) -> Result<UserId, AppError> {
    match user {
        UserKey::Id(id) => Ok(*id),
        UserKey::Email(address) => operator::query(loaded, &FindUser { email: parse_email(address)? }).await,
    }
}

fn parse_email(address: &str) -> Result<EmailAddress, AppError> {
    EmailAddress::parse(address).map_err(|_| AppError::CommandFailed(format!("{address:?} is not an email address")))
}

#[derive(Serialize)]
struct UserList {
    users: Vec<UserSummary>,
    /// The value of `--after` for the next page.
    next: Option<String>,
}

/// A user in JSON.
#[derive(Serialize)]
struct UserSummary {
    id: String,
    first_name: String,
    last_name: String,
    username: Option<String>,
    /// The primary address.
    email: Option<String>,
    email_verified: bool,
    disabled: bool,
    has_password: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Whether the user verified the address of `--email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_searched_email: Option<bool>,
}

impl From<&ListedUser> for UserSummary {
    fn from(user: &ListedUser) -> Self {
        Self {
            id: user.id.to_string(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            username: user.username.clone(),
            email: user.email.clone(),
            email_verified: user.email_verified_at.is_some(),
            disabled: user.disabled,
            has_password: user.has_password,
            created_at: user.created_at,
            updated_at: user.updated_at,
            verified_searched_email: None,
        }
    }
}

async fn list(loaded: &LoadedSettings, args: &ListUsersArgs) -> Result<(), AppError> {
    let email = args.email.as_deref().map(parse_email).transpose()?;
    let filter = UserFilter { email, search: args.query.as_deref().map(SearchTerm::new), is_disabled: args.disabled };
    let page = operator::query(loaded, &ListUsers { filter, after: args.after, limit: args.page.limit }).await?;
    let users = page.items.iter().map(|matched| UserSummary {
        verified_searched_email: matched.has_verified,
        ..UserSummary::from(&matched.user)
    });
    let list = UserList { users: users.collect(), next: page.next.map(|id| id.to_string()) };
    if args.page.output.json {
        return output::print_json(&list);
    }
    let rows: Vec<_> = list.users.iter().map(UserSummary::row).collect();
    if rows.is_empty() {
        output::print_line("No users match");
    } else {
        output::print_table(&["ID", "EMAIL", "NAME", "STATUS", "CREATED"], &rows);
    }
    if let Some(next) = &list.next {
        output::print_line(format_args!("There may be more; continue with: --after {next}"));
    }
    Ok(())
}

impl UserSummary {
    fn row(&self) -> Vec<String> {
        let email = match (&self.email, self.email_verified) {
            (Some(email), true) => email.clone(),
            (Some(email), false) => format!("{email} (unverified)"),
            (None, _) => String::new(),
        };
        let status = if self.disabled { "disabled" } else { "enabled" };
        let status = match self.verified_searched_email {
            None => status.to_owned(),
            Some(true) => format!("{status}, verified the address"),
            Some(false) => format!("{status}, did not verify the address"),
        };
        vec![self.id.clone(), email, self.name(), status, self.created_at.to_string()]
    }

    fn name(&self) -> String {
        full_name(&self.first_name, &self.last_name)
    }
}

fn print_disabled(
    loaded: &LoadedSettings,
    outcome: &UserDisabled,
    is_dry_run: bool,
    is_json: bool,
) -> Result<(), AppError> {
    #[derive(Serialize)]
    struct Json<'a> {
        #[serde(flatten)]
        outcome: &'a UserDisabled,
        dry_run: bool,
    }
    if is_json {
        return output::print_json(&Json { outcome, dry_run: is_dry_run });
    }
    let (user, ended) = (&outcome.user, sign_ins(outcome.ended_sign_ins));
    output::print_line(match (outcome.was_disabled, is_dry_run) {
        (false, false) => format!("Disabled user {user} and ended {ended}"),
        (true, false) => format!("User {user} is disabled already; ended {ended}"),
        (false, true) => format!("Would disable user {user} and end {ended}; nothing was changed"),
        (true, true) => format!("User {user} is disabled already; would end {ended}; nothing was changed"),
    });
    output::print_line(tokens_note(loaded));
    print_without_admin(&outcome.organizations_without_admin);
    Ok(())
}

fn print_without_admin(organizations: &[OrganizationName]) {
    if organizations.is_empty() {
        return;
    }
    output::print_line("\nWarning: no enabled user is an admin of these organizations without this one:");
    let rows: Vec<_> =
        organizations.iter().map(|organization| vec![organization.id.clone(), organization.name.clone()]).collect();
    output::print_table(&["ID", "NAME"], &rows);
}

fn password_reset_text(loaded: &LoadedSettings, outcome: &UserPasswordReset) -> String {
    let user = &outcome.user;
    let removed = if outcome.had_password {
        format!("Removed the password of user {user}")
    } else {
        format!("User {user} has no password")
    };
    format!(
        "{removed} and ended {}\nTell the person to choose a new password with \"Forgot password\" at {}/reset\n{}",
        sign_ins(outcome.ended_sign_ins),
        loaded.settings.public_url.as_str(),
        tokens_note(loaded)
    )
}

fn second_factors_reset_text(loaded: &LoadedSettings, outcome: &SecondFactorsReset) -> String {
    let user = &outcome.user;
    match &outcome.due_at {
        _ if !outcome.had_factors => format!("User {user} has no second factor; nothing was changed"),
        Some(due_at) => format!(
            "The second factors of user {user} will be removed at {due_at}\nUntil then, the person can cancel this with the \
             link of the notice that was mailed to them, and you with: vestibule users cancel-second-factor-reset {user}"
        ),
        None => format!(
            "Removed the second factors of user {user} and ended all their sign-ins\nTell the person to sign in and to set up \
             new ones\n{}",
            tokens_note(loaded)
        ),
    }
}

fn tokens_note(loaded: &LoadedSettings) -> String {
    let seconds = loaded.settings.tokens.lifetime.as_secs();
    format!("Session tokens that backends hold work until they expire, for at most {seconds} s")
}

fn sign_ins(count: i64) -> String {
    if count == 1 { "1 sign-in".to_owned() } else { format!("{count} sign-ins") }
}

fn print(is_json: bool, json: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), AppError> {
    if is_json {
        return output::print_json(json);
    }
    output::print_line(text());
    Ok(())
}
