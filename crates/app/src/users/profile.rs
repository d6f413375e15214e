//! The output of `vestibule users show`.

use serde::Serialize;
use vestibule_core::operator::UserProfile;
use vestibule_core::time::Timestamp;

use super::{UserSummary, sign_ins};
use crate::error::AppError;
use crate::output::{self, Printable};

#[derive(Serialize)]
struct Profile {
    #[serde(flatten)]
    user: UserSummary,
    addresses: Vec<Address>,
    second_factors: SecondFactors,
    /// The newest hundred.
    sign_ins: Vec<SignIn>,
    sign_in_count: i64,
    memberships: Vec<Membership>,
}

#[derive(Serialize)]
struct Address {
    id: String,
    email: String,
    is_primary: bool,
    /// `verified`, `unverified`, or `claimed`: added and not verified, so that it reserves nothing.
    state: &'static str,
    verified_at: Option<Timestamp>,
    created_at: Timestamp,
}

#[derive(Serialize)]
struct SecondFactors {
    policy: &'static str,
    authenticator_added_at: Option<Timestamp>,
    passkeys: Vec<Passkey>,
    backup_codes_left: i64,
    /// When a waiting reset removes them all.
    reset_due_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct Passkey {
    name: String,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct SignIn {
    id: String,
    ip_address: String,
    user_agent: String,
    created_at: Timestamp,
    last_active_at: Timestamp,
    expires_at: Timestamp,
}

#[derive(Serialize)]
struct Membership {
    organization_id: String,
    organization: String,
    organization_deleted: bool,
    roles: Vec<String>,
}

impl From<&UserProfile> for Profile {
    fn from(profile: &UserProfile) -> Self {
        let addresses = profile.addresses.iter().map(|address| Address {
            id: address.id.to_string(),
            email: address.email.clone(),
            is_primary: address.is_primary,
            state: match address.verified_at {
                Some(_) => "verified",
                None if address.is_claim => "claimed",
                None => "unverified",
            },
            verified_at: address.verified_at,
            created_at: address.created_at,
        });
        let sign_ins = profile.sign_ins.iter().map(|sign_in| SignIn {
            id: sign_in.id.to_string(),
            ip_address: sign_in.ip_address.clone(),
            user_agent: sign_in.user_agent.clone(),
            created_at: sign_in.created_at,
            last_active_at: sign_in.last_active_at,
            expires_at: sign_in.expires_at,
        });
        let memberships = profile.memberships.iter().map(|membership| Membership {
            organization_id: membership.organization.to_string(),
            organization: membership.name.clone(),
            organization_deleted: membership.deleted_at.is_some(),
            roles: membership.roles.clone(),
        });
        Self {
            user: UserSummary::from(&profile.user),
            addresses: addresses.collect(),
            second_factors: SecondFactors::from(profile),
            sign_ins: sign_ins.collect(),
            sign_in_count: profile.sign_in_count,
            memberships: memberships.collect(),
        }
    }
}

impl From<&UserProfile> for SecondFactors {
    fn from(profile: &UserProfile) -> Self {
        let passkeys = profile.passkeys.iter().map(|passkey| Passkey {
            name: passkey.name.clone(),
            created_at: passkey.created_at,
            last_used_at: passkey.last_used_at,
        });
        Self {
            policy: profile.factors.policy.as_str(),
            authenticator_added_at: profile.factors.authenticator_added_at,
            passkeys: passkeys.collect(),
            backup_codes_left: profile.factors.backup_codes_left,
            reset_due_at: profile.factors.reset_due_at,
        }
    }
}

/// Prints a user.
pub(super) fn print(profile: &UserProfile, is_json: bool) -> Result<(), AppError> {
    let profile = Profile::from(profile);
    if is_json {
        return output::print_json(&profile);
    }
    let user = &profile.user;
    let yes_no = |is: bool| if is { "yes" } else { "no" };
    output::print_line(format_args!("ID:         {}", user.id));
    output::print_line(format_args!("Name:       {}", Printable(&user.name())));
    output::print_line(format_args!("User name:  {}", Printable(user.username.as_deref().unwrap_or("none"))));
    output::print_line(format_args!("Disabled:   {}", yes_no(user.disabled)));
    output::print_line(format_args!("Password:   {}", yes_no(user.has_password)));
    output::print_line(format_args!("Created:    {}", user.created_at));
    print_lists(&profile);
    Ok(())
}

fn print_lists(profile: &Profile) {
    output::print_line("\nAddresses");
    let addresses = profile.addresses.iter().map(|address| {
        let primary = if address.is_primary { "primary, " } else { "" };
        let since = address.verified_at.map(|at| format!(" on {at}")).unwrap_or_default();
        let note = if address.state == "claimed" { ": may be anybody's" } else { "" };
        vec![address.email.clone(), format!("{primary}{}{since}{note}", address.state)]
    });
    output::print_table(&["EMAIL", "STATE"], &addresses.collect::<Vec<_>>());
    print_second_factors(&profile.second_factors);

    let shown = profile.sign_ins.len();
    let newest = if profile.sign_in_count > 100 { format!("; the newest {shown} are") } else { String::new() };
    output::print_line(format_args!("\n{} active{newest}", sign_ins(profile.sign_in_count)));
    if !profile.sign_ins.is_empty() {
        let rows = profile.sign_ins.iter().map(|sign_in| {
            let SignIn { ip_address, user_agent, created_at, last_active_at, .. } = sign_in;
            vec![last_active_at.to_string(), created_at.to_string(), ip_address.clone(), user_agent.clone()]
        });
        output::print_table(&["LAST ACTIVE", "SINCE", "IP ADDRESS", "BROWSER"], &rows.collect::<Vec<_>>());
    }

    output::print_line(format_args!("\nMemberships: {}", profile.memberships.len()));
    if !profile.memberships.is_empty() {
        let rows = profile.memberships.iter().map(|membership| {
            let deleted = if membership.organization_deleted { " (deleted)" } else { "" };
            let name = format!("{}{deleted}", membership.organization);
            vec![membership.organization_id.clone(), name, membership.roles.join(", ")]
        });
        output::print_table(&["ORGANIZATION ID", "NAME", "ROLES"], &rows.collect::<Vec<_>>());
    }
}

fn print_second_factors(factors: &SecondFactors) {
    let added = |at: Timestamp| format!("since {at}");
    let authenticator = factors.authenticator_added_at.map_or_else(|| "none".to_owned(), added);
    output::print_line("\nSecond factors");
    output::print_line(format_args!("Policy:        {}", factors.policy));
    output::print_line(format_args!("Authenticator: {authenticator}"));
    output::print_line(format_args!("Backup codes:  {} left", factors.backup_codes_left));
    output::print_line(format_args!("Passkeys:      {}", factors.passkeys.len()));
    if !factors.passkeys.is_empty() {
        let rows = factors.passkeys.iter().map(|passkey| {
            let last_used = passkey.last_used_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
            vec![passkey.name.clone(), passkey.created_at.to_string(), last_used]
        });
        output::print_table(&["NAME", "CREATED", "LAST USED"], &rows.collect::<Vec<_>>());
    }
    if let Some(due_at) = factors.reset_due_at {
        output::print_line(format_args!("Reset:         will remove all of them at {due_at}"));
    }
}
