//! The service: everything that is handed in, and the two ways to use it, [`Service::run`] for commands and
//! [`Service::ask`] for queries.

mod errand;
mod on_postgres;
mod on_sqlite;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use self::errand::{Asking, Doing, Done, Errand, typed};
use crate::access::Need;
use crate::context::{Afterwards, Caller, Command, Context, Query, Reply};
use crate::db::{Cost, Db, Tx};
use crate::deployment::{self, Deployment};
use crate::domain::Dns;
use crate::error::{Problem, Result};
use crate::id::{DomainId, IdSource, OrganizationId};
use crate::images::ImageStore;
use crate::invitation::KnownSurroundings;
use crate::keys::Keys;
use crate::mail::{Carrier, Templates};
use crate::node;
use crate::password::PasswordHasher;
use crate::random::Randomness;
use crate::revision::{self, Asked, CallerKey, Found, KnownCallers, Revision, Standing};
use crate::secret::{InvitationToken, RefusalToken, SessionToken};
use crate::session::{self, Kept, kept};
use crate::session_token;
use crate::settings::Settings;
use crate::time::{Clock, Timestamp};

/// How long an answer waits for the note that its session is in use. The note is written all the same, if later.
const NOTING: Duration = Duration::from_millis(200);

/// What is handed in: nothing here is global, so a test can hold its own.
#[derive(Debug)]
pub struct Parts {
    /// The open database.
    pub db: Db,
    /// Who is asked for the time.
    pub clock: Arc<dyn Clock>,
    /// Who is asked for randomness.
    pub random: Arc<dyn Randomness>,
    /// What the operator has set.
    pub settings: Settings,
    /// The keys in use.
    pub keys: Keys,
    /// What carries mail away; `None` when nothing does.
    pub carrier: Option<Arc<dyn Carrier>>,
    /// The words of mails.
    pub templates: Templates,
    /// Where images are.
    pub images: ImageStore,
    /// Who answers for DNS.
    pub dns: Arc<dyn Dns>,
}

/// The running service.
#[derive(Debug)]
pub struct Service {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Randomness>,
    pub(crate) ids: IdSource,
    pub(crate) holder: node::Holder,
    pub(crate) keys: Keys,
    pub(crate) carrier: Option<Arc<dyn Carrier>>,
    pub(crate) templates: Templates,
    pub(crate) passwords: PasswordHasher,
    /// Where images are.
    pub images: ImageStore,
    pub(crate) dns: Arc<dyn Dns>,
    pub(crate) outbox: Notify,
    pub(crate) housekeeping: Notify,
    known: KnownCallers,
    asked: Asked,
    pub(crate) surroundings: KnownSurroundings,
    deployment: OnceLock<Deployment>,
    /// What the operator has set.
    pub settings: Settings,
}

/// Why a service could not be put together.
#[derive(Debug)]
pub enum ServiceError {
    /// This is not the master key that the database was made with.
    WrongKey,
    /// The database failed.
    Database(Problem),
}

impl Service {
    /// Puts the parts together; on a new database, makes the deployment and its roles.
    pub async fn open(parts: Parts) -> Result<Arc<Self>, ServiceError> {
        let Parts { db, clock, random, settings, keys, carrier, templates, images, dns } = parts;
        db.share_commits(settings.writes_per_commit);
        let passwords = PasswordHasher::new(settings.passwords.parallel_hashes);
        let service = Arc::new(Self {
            db,
            clock,
            ids: IdSource::without_node(),
            holder: random.bytes(),
            random,
            keys,
            carrier,
            templates,
            passwords,
            images,
            dns,
            outbox: Notify::new(),
            housekeeping: Notify::new(),
            known: KnownCallers::default(),
            asked: Asked::default(),
            surroundings: KnownSurroundings::default(),
            deployment: OnceLock::new(),
            settings,
        });
        node::claim(&service).await.map_err(ServiceError::Database)?;
        let established = service.run(&Caller::nobody(), deployment::Establish).await.result;
        let deployment = established.map_err(ServiceError::Database)?.ok_or(ServiceError::WrongKey)?;
        let _ = service.deployment.set(deployment);
        Ok(service)
    }

    /// The open database, for the suite to fill its disk.
    #[cfg(feature = "test-hooks")]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The number under which this process makes ids.
    pub fn node(&self) -> i64 {
        self.ids.node()
    }

    /// The keys by which others check session tokens; the one that signs now is the first.
    pub fn published_keys(&self) -> Result<Vec<session_token::PublishedKey>> {
        session_token::published(&self.keys, &self.settings.tokens, self.now())
    }

    /// What the TXT record holds that proves a domain.
    pub fn domain_proof(&self, organization: OrganizationId, domain: DomainId) -> String {
        self.keys.domain_proof(organization, domain)
    }

    /// Whether anything carries mail.
    pub fn sends_mail(&self) -> bool {
        self.carrier.is_some()
    }

    /// What the invitee of this invitation refuses further mail with.
    pub fn refusal(&self, token: &InvitationToken) -> RefusalToken {
        self.keys.refusal(token.invitation())
    }

    /// The instant it is now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Fresh random bytes.
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        self.random.bytes()
    }

    /// The installation and its roles. It is there from the moment the service is open.
    pub fn deployment(&self) -> Result<&Deployment> {
        self.deployment.get().ok_or_else(|| Problem::internal("the deployment is not established"))
    }

    /// Has a command done for a caller, in one transaction. When this returns, it is on the disk. What was begun is finished
    /// even when nobody waits for it any more.
    pub async fn run<C: Command>(self: &Arc<Self>, caller: &Caller, command: C) -> Reply<C::Out> {
        typed(self.have_done(caller, Box::new(Doing(command))).await)
    }

    /// Answers a caller's question.
    pub async fn ask<Q: Query>(self: &Arc<Self>, caller: &Caller, query: &Q) -> Reply<Q::Out> {
        typed(self.have_answered(caller, &Asking(query)).await)
    }

    async fn have_done(self: &Arc<Self>, caller: &Caller, command: Box<dyn Errand>) -> Reply<Done> {
        match &self.db {
            Db::Sqlite(sqlite) => on_sqlite::run(self, sqlite, caller, command).await,
            Db::Postgres(_) => on_postgres::run(self, caller, command).await,
        }
    }

    async fn have_answered(self: &Arc<Self>, caller: &Caller, query: &dyn Errand) -> Reply<Done> {
        let reply = match &self.db {
            Db::Sqlite(sqlite) => on_sqlite::ask(self, sqlite, caller, query).await,
            Db::Postgres(postgres) => on_postgres::ask(self, postgres, caller, query).await,
        };
        if reply.stale_session {
            // What was asked is answered even if the note that it was asked cannot be written, or takes long.
            let _ = timeout(NOTING, self.run(caller, session::Touch)).await;
        }
        reply
    }

    /// The caller's standing in an organization, when they may see what is asked for and nothing else is to be done or
    /// said: for showing again what was made at an earlier revision. One statement at the most. `None` when anything is
    /// not as usual: whoever asks then goes the whole way, which knows the words for it.
    pub async fn standing(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        need: Need,
    ) -> Option<(Standing, Cost)> {
        let token = caller.token.as_ref()?;
        let key = CallerKey::new(token, organization);
        let now = self.now();
        if let Some(known) = self.known.of(&key)
            && let Some((revision, cost)) = self.still(&known, now).await
        {
            return known.standing(caller, need, now, revision).map(|standing| (standing, cost));
        }
        let (known, revision) = match &self.db {
            Db::Sqlite(sqlite) => on_sqlite::find_out(self, sqlite, token, organization, now).await,
            Db::Postgres(postgres) => on_postgres::find_out(self, postgres, token, organization, now).await,
        }?;
        let standing = known.standing(caller, need, now, revision);
        self.known.keep(key, Arc::new(known));
        standing.map(|standing| (standing, kept::ASKED))
    }

    /// Whether what was read of a session before still is so, and what finding out cost: a statement at the most.
    pub async fn holds<T>(&self, kept: &Kept<T>) -> Option<Cost> {
        self.still(kept, self.now()).await.map(|(_, cost)| cost)
    }

    async fn still<T>(&self, kept: &Kept<T>, now: Timestamp) -> Option<(Revision, Cost)> {
        if !kept.holds.on_time(now) {
            return None;
        }
        // Before the database is asked: what is committed after this is not known to be seen.
        let commits = self.db.commits();
        if let Some(revision) = commits.and_then(|commits| kept.held_at(commits)) {
            return Some((revision, Cost::default()));
        }
        let still = match &self.db {
            Db::Sqlite(sqlite) => on_sqlite::still(sqlite, &kept.holds).await,
            Db::Postgres(postgres) => on_postgres::still(self, postgres, &kept.holds).await,
        };
        let revision = still?;
        if let Some(commits) = commits {
            kept.note_held_at(commits, revision);
        }
        Some((revision, kept::ASKED))
    }

    /// Has a command done for a caller, who may have been found already, at this cost.
    async fn turn(
        &self,
        caller: &Caller,
        command: &dyn Errand,
        found: Option<(Found, Cost)>,
        tx: Tx<'_>,
    ) -> (Reply<Done>, Afterwards) {
        let (found, before) = found.unzip();
        let mut cx = match self.context(caller, command, found, tx).await {
            Ok(cx) => cx,
            Err(problem) => return (Reply::refused(problem), Afterwards::default()),
        };
        let result = match command.run(&mut cx).await {
            Ok(out) => finish(&mut cx).map(|()| out),
            Err(problem) => Err(problem),
        };
        let afterwards = std::mem::take(&mut cx.afterwards);
        let mut reply = Reply::new(&cx, result);
        reply.cost = reply.cost.and(before.unwrap_or_default());
        (reply, afterwards)
    }

    /// Does what is left to do once all that a transaction saw is known to be there to stay; and what it did, if it has
    /// succeeded.
    fn follow_up(&self, afterwards: Afterwards, has_succeeded: bool) {
        if let Some((key, known)) = afterwards.caller {
            self.known.keep(key, known);
        }
        if let Some((organization, surroundings)) = afterwards.surroundings {
            self.surroundings.keep(organization, surroundings);
        }
        if has_succeeded && afterwards.outbox {
            self.outbox.notify_one();
        }
        if has_succeeded && afterwards.housekeeping {
            self.housekeeping.notify_one();
        }
    }

    async fn answer(&self, caller: &Caller, query: &dyn Errand, tx: Tx<'_>) -> Reply<Done> {
        match self.context(caller, query, None, tx).await {
            Ok(mut cx) => {
                let result = query.run(&mut cx).await;
                self.follow_up(std::mem::take(&mut cx.afterwards), result.is_ok());
                Reply::new(&cx, result)
            }
            Err(problem) => Reply::refused(problem),
        }
    }

    /// The same for a caller who is known; whoever asks for it follows it up.
    async fn answer_known(
        &self,
        caller: &Caller,
        query: &dyn Errand,
        found: Found,
        now: Timestamp,
        tx: Tx<'_>,
    ) -> (Reply<Done>, Afterwards) {
        let session = Some(found.session().clone());
        let afterwards = Afterwards::default();
        let mut cx = Context { tx, now, session, found: Some(found), caller, service: self, afterwards };
        let result = query.run(&mut cx).await;
        let afterwards = std::mem::take(&mut cx.afterwards);
        (Reply::new(&cx, result), afterwards)
    }

    async fn context<'a>(
        &'a self,
        caller: &'a Caller,
        errand: &dyn Errand,
        mut found: Option<Found>,
        mut tx: Tx<'a>,
    ) -> Result<Context<'a>> {
        let now = self.clock.now();
        let (mut session, mut afterwards) = (None, Afterwards::default());
        if let Some(token) = &caller.token {
            if found.is_none()
                && let Some(organization) = errand.organization(&self.settings)
            {
                found = self.find(token, organization, now, &mut afterwards, &mut tx).await?;
            }
            session = match &found {
                Some(found) => Some(found.session().clone()),
                None => session::current(&mut tx, token, now, &self.settings).await?,
            };
        }
        Ok(Context { tx, now, session, found, caller, service: self, afterwards })
    }

    /// What a caller has in an organization: known already and asked after, or found out. `None` when anything is not as
    /// usual; who asks then goes the whole way.
    async fn find(
        &self,
        token: &SessionToken,
        organization: OrganizationId,
        now: Timestamp,
        afterwards: &mut Afterwards,
        tx: &mut Tx<'_>,
    ) -> Result<Option<Found>> {
        let key = CallerKey::new(token, organization);
        if let Some(known) = self.known.of(&key).filter(|known| known.holds.on_time(now))
            && let Some(revision) = revision::still(&known.holds, tx).await?
        {
            return Ok(Some(Found::new(known, revision)));
        }
        let found = revision::find_out(token, organization, now, &self.settings, tx).await?;
        Ok(found.map(|(known, revision)| {
            let known = Arc::new(known);
            afterwards.caller = Some((key, Arc::clone(&known)));
            Found::new(known, revision)
        }))
    }
}

/// What every command ends with, in its own transaction.
fn finish(cx: &mut Context<'_>) -> Result<()> {
    session::note_use(cx)?;
    revision::revise(cx)
}
