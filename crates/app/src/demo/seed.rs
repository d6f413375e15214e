//! The sample data: two companies, their members, and what happened in the last three weeks.

use std::collections::BTreeMap;
use std::sync::Arc;

use vestibule_core::id::OrganizationId;
use vestibule_core::mail::{FileTransport, MailTransport, Mailbox, Message, SendFuture};
use vestibule_core::time::{Clock, ManualClock, SystemClock};
use vestibule_core::{Problem, Result, mailer};

use super::seeder::{DAY, HOUR, Invite, Seeder};
use crate::error::AppError;
use crate::settings::LoadedSettings;
use crate::startup::open_service_with;

/// The password of every sample user.
pub(super) const PASSWORD: &str = "camellia-sinensis";

#[derive(Clone, Copy, Debug)]
pub(super) struct User {
    pub(super) email: &'static str,
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    /// A description for the list that the demo prints.
    pub(super) role: &'static str,
}

const fn user(email: &'static str, first_name: &'static str, last_name: &'static str, role: &'static str) -> User {
    User { email, first_name, last_name, role }
}

const ADA: User = user("ada@lindgren-tea.example", "Ada", "Lindgren", "owner of Lindgren Tea");
const BEN: User = user("ben@lindgren-tea.example", "Ben", "Okafor", "team lead at Lindgren Tea, can manage members");
const CHIARA: User = user("chiara@lindgren-tea.example", "Chiara", "Rossi", "member of Lindgren Tea");
const DMITRI: User =
    user("dmitri@lindgren-tea.example", "Dmitri", "Volkov", "left Lindgren Tea; an invitation he sent is pending");
const ELIF: User = user("elif@harbor-robotics.example", "Elif", "Kaya", "owner of Harbor Robotics");
const FARID: User =
    user("farid@harbor-robotics.example", "Farid", "Haddad", "member of Harbor Robotics, invited to Lindgren Tea");
const GRETA: User =
    user("greta@lindgren-tea.example", "Greta", "Olsen", "buyer at Lindgren Tea, in its workspace Warehouse");

pub(super) const USERS: [User; 7] = [ADA, BEN, CHIARA, DMITRI, ELIF, FARID, GRETA];

/// The IDs and session tokens of the curl commands that the demo prints.
#[derive(Debug)]
pub(crate) struct SeededData {
    pub(crate) organization: OrganizationId,
    pub(crate) owner_session: String,
    pub(crate) member_session: String,
    /// The token in the last invitation to each address.
    pub(crate) invitations: BTreeMap<String, String>,
}

/// Writes mail to `mail.file_dir`, and records it so that the seeder can follow the links in it.
#[derive(Debug)]
struct RecordingTransport {
    files: FileTransport,
    mailbox: Arc<Mailbox>,
}

impl MailTransport for RecordingTransport {
    fn send<'a>(&'a self, message: &'a Message) -> SendFuture<'a> {
        Box::pin(async move {
            self.mailbox.send(message).await?;
            self.files.send(message).await
        })
    }
}

/// Creates the sample data in a new database.
pub(crate) async fn create(loaded: &LoadedSettings) -> Result<SeededData, AppError> {
    let now = SystemClock.now();
    let clock = Arc::new(ManualClock::new(now.minus(DAY * 20)));
    let mailbox = Arc::new(Mailbox::default());
    let files = FileTransport::new(loaded.mail_file_dir.clone())
        .map_err(|error| AppError::MailDir { dir: loaded.mail_file_dir.clone(), error })?;
    let transport: Arc<dyn MailTransport> = Arc::new(RecordingTransport { files, mailbox: Arc::clone(&mailbox) });
    let service = open_service_with(loaded, Arc::<ManualClock>::clone(&clock), Some(transport)).await?;
    let seeder = Seeder::new(Arc::clone(&service), clock, mailbox);
    let failed =
        |problem: Problem| AppError::DatabaseSetup { database: loaded.database.clone(), reason: problem.to_string() };
    let data = seed(&seeder).await.map_err(failed)?;
    mailer::drain(&service).await.map_err(failed)?;
    Ok(data)
}

/// Creates three weeks of activity, ending now.
async fn seed(seeder: &Seeder) -> Result<SeededData> {
    let ada = seeder.sign_up_verified(ADA).await?;
    let tea = seeder.create_organization(&ada, "Lindgren Tea", "Importers of good leaves since 1958").await?;
    let warehouse = seeder.create_workspace(&ada, tea, "Warehouse").await?;
    let tasting = seeder.create_workspace(&ada, tea, "Tasting Room").await?;
    let team_lead =
        seeder.create_role(&ada, tea, "Team lead", &["organization:manage_members", "organization:member"]).await?;
    let buyer = seeder.create_role(&ada, tea, "Buyer", &["organization:member", "purchases:write"]).await?;
    seeder.join(&ada, tea, BEN, Invite::new("").role(team_lead)).await?;
    seeder.join(&ada, tea, CHIARA, Invite::new("")).await?;
    seeder.join(&ada, tea, DMITRI, Invite::new("").role(team_lead)).await?;
    seeder.join(&ada, tea, GRETA, Invite::new("").role(buyer).workspace(warehouse)).await?;

    // After eight days all sessions have expired, so users sign in again.
    seeder.advance(DAY * 8);
    let ada = seeder.sign_in(ADA).await?;
    seeder.invite(&ada, tea, Invite::new("jonas@nordwind-cafe.example")).await?;
    seeder.advance(DAY * 2);
    seeder.invite(&ada, tea, Invite::new("kiara@nordwind-cafe.example").workspace(tasting)).await?;
    let elif = seeder.sign_up_verified(ELIF).await?;
    let robots = seeder.create_organization(&elif, "Harbor Robotics", "Machines that carry boxes").await?;
    seeder.join(&elif, robots, FARID, Invite::new("")).await?;

    seeder.advance(DAY * 3 + HOUR * 3);
    seeder.invite(&ada, tea, Invite::new("ivo@leaf-and-kettle.example")).await?;
    let noor = seeder.invite(&ada, tea, Invite::new("noor@leaf-and-kettle.example")).await?;
    seeder.discard(&ada, tea, noor).await?;
    seeder.invite(&ada, tea, Invite::new("oskar@leaf-and-kettle.example")).await?;
    seeder.decline("oskar@leaf-and-kettle.example").await?;
    seeder.advance(DAY * 3);
    let dmitri = seeder.sign_in(DMITRI).await?;
    seeder.invite(&dmitri, tea, Invite::new("milan@karlin-market.example").days(14)).await?;
    seeder.leave(&dmitri, tea).await?;
    let ben = seeder.sign_in(BEN).await?;
    seeder.invite(&ben, tea, Invite::new("lena@karlin-market.example").role(team_lead)).await?;
    seeder.advance(DAY * 2);
    let (ada, elif) = (seeder.sign_in(ADA).await?, seeder.sign_in(ELIF).await?);
    seeder.invite(&ada, tea, Invite::new(FARID.email)).await?;
    seeder.invite(&elif, robots, Invite::new("pia@quayside.example")).await?;
    seeder.advance(DAY + HOUR * 20);
    seeder.invite(&ada, tea, Invite::new("hana@karlin-market.example").role(buyer).workspace(warehouse)).await?;
    seeder.invite(&elif, robots, Invite::new("quentin@quayside.example").days(30)).await?;

    seeder.advance(HOUR);
    Ok(SeededData {
        organization: tea,
        owner_session: seeder.sign_in(ADA).await?.session(),
        member_session: seeder.sign_in(CHIARA).await?.session(),
        invitations: seeder.invitation_tokens(),
    })
}
