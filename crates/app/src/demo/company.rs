//! The made-up company: its people, and what they have done in the last three weeks.

use std::sync::Arc;

use vestibule_core::id::OrganizationId;
use vestibule_core::mail::{Carrier, FileCarrier, Mailbox, Message, Sending};
use vestibule_core::outbox;
use vestibule_core::time::{Clock, ManualClock, SystemClock};
use vestibule_core::{Problem, Result};

use super::story::{DAY, HOUR, Invite, Story};
use crate::open::open_with;
use crate::settings::Loaded;
use crate::start_error::StartError;

/// Everybody's password.
pub(super) const PASSWORD: &str = "camellia-sinensis";

/// One of the people.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    pub(super) email: &'static str,
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    /// In words, for the announcement.
    pub(super) role: &'static str,
}

const fn person(email: &'static str, first_name: &'static str, last_name: &'static str, role: &'static str) -> Person {
    Person { email, first_name, last_name, role }
}

const ADA: Person = person("ada@lindgren-tea.example", "Ada", "Lindgren", "owner of Lindgren Tea");
const BEN: Person =
    person("ben@lindgren-tea.example", "Ben", "Okafor", "Team lead there: may invite, but not everything");
const CHIARA: Person = person("chiara@lindgren-tea.example", "Chiara", "Rossi", "plain member there");
const DMITRI: Person =
    person("dmitri@lindgren-tea.example", "Dmitri", "Volkov", "has left, and an invitation of his goes on");
const ELIF: Person = person("elif@harbor-robotics.example", "Elif", "Kaya", "owner of Harbor Robotics");
const FARID: Person =
    person("farid@harbor-robotics.example", "Farid", "Haddad", "member there, invited to Lindgren Tea");
const GRETA: Person = person("greta@lindgren-tea.example", "Greta", "Olsen", "Buyer at Lindgren Tea, in its Warehouse");

/// All of them.
pub(super) const PEOPLE: [Person; 7] = [ADA, BEN, CHIARA, DMITRI, ELIF, FARID, GRETA];

/// What the announcement needs to know.
#[derive(Debug)]
pub(super) struct Company {
    pub(super) organization: OrganizationId,
    pub(super) owner_session: String,
    pub(super) member_session: String,
}

/// Puts mails where the settings say, and reads them: people follow the links they are sent.
#[derive(Debug)]
struct ReadMail {
    folder: FileCarrier,
    mailbox: Arc<Mailbox>,
}

impl Carrier for ReadMail {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(async move {
            self.mailbox.send(message).await?;
            self.folder.send(message).await
        })
    }
}

/// Makes the company in a new database.
pub(super) async fn make(loaded: &Loaded) -> Result<Company, StartError> {
    let now = SystemClock.now();
    let clock = Arc::new(ManualClock::at(now.minus(DAY * 20)));
    let mailbox = Arc::new(Mailbox::default());
    let folder = FileCarrier::new(loaded.mail_folder.clone())
        .map_err(|error| StartError::MailFolder { folder: loaded.mail_folder.clone(), error })?;
    let carrier: Arc<dyn Carrier> = Arc::new(ReadMail { folder, mailbox: Arc::clone(&mailbox) });
    let service = open_with(loaded, Arc::<ManualClock>::clone(&clock), Some(carrier)).await?;
    let story = Story::new(Arc::clone(&service), clock, mailbox);
    let failed =
        |problem: Problem| StartError::Preparing { database: loaded.database.clone(), reason: problem.to_string() };
    let company = tell(&story).await.map_err(failed)?;
    outbox::drain(&service).await.map_err(failed)?;
    Ok(company)
}

/// Three weeks in the life of two companies.
async fn tell(story: &Story) -> Result<Company> {
    let ada = story.signs_up(ADA, None).await?;
    let tea = story.founds(&ada, "Lindgren Tea", "Importers of good leaves since 1958").await?;
    let warehouse = story.opens(&ada, tea, "Warehouse").await?;
    let tasting = story.opens(&ada, tea, "Tasting Room").await?;
    let team_lead =
        story.defines(&ada, tea, "Team lead", &["organization:manage_members", "organization:member"]).await?;
    let buyer = story.defines(&ada, tea, "Buyer", &["organization:member", "purchases:write"]).await?;
    story.joins(&ada, tea, BEN, Invite::to("").role(team_lead)).await?;
    story.joins(&ada, tea, CHIARA, Invite::to("")).await?;
    story.joins(&ada, tea, DMITRI, Invite::to("").role(team_lead)).await?;
    story.joins(&ada, tea, GRETA, Invite::to("").role(buyer).workspace(warehouse)).await?;

    // After more than a week everybody's session has ended, and they sign in again.
    story.passes(DAY * 8);
    let ada = story.signs_in(ADA).await?;
    story.invites(&ada, tea, Invite::to("jonas@nordwind-cafe.example")).await?;
    story.passes(DAY * 2);
    story.invites(&ada, tea, Invite::to("kiara@nordwind-cafe.example").workspace(tasting)).await?;
    let elif = story.signs_up(ELIF, None).await?;
    let robots = story.founds(&elif, "Harbor Robotics", "Machines that carry boxes").await?;
    story.joins(&elif, robots, FARID, Invite::to("")).await?;

    story.passes(DAY * 3 + HOUR * 3);
    story.invites(&ada, tea, Invite::to("ivo@leaf-and-kettle.example")).await?;
    let noor = story.invites(&ada, tea, Invite::to("noor@leaf-and-kettle.example")).await?;
    story.discards(&ada, tea, noor).await?;
    story.invites(&ada, tea, Invite::to("oskar@leaf-and-kettle.example")).await?;
    story.declines("oskar@leaf-and-kettle.example").await?;
    story.passes(DAY * 3);
    let dmitri = story.signs_in(DMITRI).await?;
    story.invites(&dmitri, tea, Invite::to("milan@karlin-market.example").days(14)).await?;
    story.leaves(&dmitri, tea).await?;
    let ben = story.signs_in(BEN).await?;
    story.invites(&ben, tea, Invite::to("lena@karlin-market.example").role(team_lead)).await?;
    story.passes(DAY * 2);
    let (ada, elif) = (story.signs_in(ADA).await?, story.signs_in(ELIF).await?);
    story.invites(&ada, tea, Invite::to(FARID.email)).await?;
    story.invites(&elif, robots, Invite::to("pia@quayside.example")).await?;
    story.passes(DAY + HOUR * 20);
    story.invites(&ada, tea, Invite::to("hana@karlin-market.example").role(buyer).workspace(warehouse)).await?;
    story.invites(&elif, robots, Invite::to("quentin@quayside.example").days(30)).await?;

    story.passes(HOUR);
    Ok(Company {
        organization: tea,
        owner_session: story.signs_in(ADA).await?.session(),
        member_session: story.signs_in(CHIARA).await?.session(),
    })
}
