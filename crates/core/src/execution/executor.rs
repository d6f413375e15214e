//! The executor: runs commands and queries, and owns their dependencies. Nothing is global, so each test has its own
//! executor.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;
use vestibule_db::{Db, QueryStats, Tx};

use super::after_commit::AfterCommit;
use super::erased::{CommandOperation, Operation, Output, QueryOperation, downcast};
use super::{Command, Context, Query, Reply, finish, postgres, sqlite};
use crate::cache::{
    self, AccessCache, AccessKey, Cached, CachedAccess, OrganizationCache, REVALIDATION_STATS, RevalidationBatcher,
    Revision, ValidatedAccess,
};
use crate::caller::{self, Caller, CurrentApiKey, CurrentSession};
use crate::deployment::Deployment;
use crate::dns::Dns;
use crate::error::{Code, Problem, Result};
use crate::event::ActorKind;
use crate::id::{IdSource, OrganizationId};
use crate::image_store::ImageStore;
use crate::index_requests::IndexRequests;
use crate::mail::{MailTransport, Templates};
use crate::password::{PasswordHasher, PasswordPolicy};
use crate::permission::{RequiredPermission, Requirement};
use crate::random::Randomness;
use crate::request_rate::RequestRate;
use crate::scope::ScopeRequirement;
use crate::secret::{Keys, SessionToken};
use crate::security_log::{self, Audit, Subject};
use crate::settings::Settings;
use crate::time::{Clock, Timestamp};

/// How long a response waits until the session's last use is stored. It is stored even if that takes longer.
const TOUCH_TIMEOUT: Duration = Duration::from_millis(200);

/// The execution of an erased operation. It is boxed so that the compiler does not check the execution code again for
/// each handler's future, which took a third of the time it needs for the web crate's types.
type Executing<'a> = Pin<Box<dyn Future<Output = Reply<Output>> + Send + 'a>>;

/// What the service depends on.
#[derive(Debug)]
pub struct Dependencies {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Randomness>,
    pub settings: Settings,
    pub keys: Keys,
    /// `None` if no mail is sent.
    pub mail_transport: Option<Arc<dyn MailTransport>>,
    pub templates: Templates,
    pub images: ImageStore,
    pub dns: Arc<dyn Dns>,
}

/// Runs commands and queries.
#[derive(Debug)]
pub struct Executor {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Randomness>,
    pub(crate) ids: IdSource,
    /// Identifies this process's lease on its node number.
    pub(crate) lease_holder: [u8; 16],
    pub(crate) keys: Keys,
    pub(crate) mail_transport: Option<Arc<dyn MailTransport>>,
    pub(crate) templates: Templates,
    pub(crate) passwords: PasswordHasher,
    pub(crate) password_policy: PasswordPolicy,
    pub images: ImageStore,
    pub(crate) dns: Arc<dyn Dns>,
    /// Wakes the worker of the outbox's ordinary queue.
    pub(crate) outbox: Notify,
    /// Wakes the worker of the outbox's urgent queue.
    pub(crate) urgent_outbox: Notify,
    /// Wakes the cleanup worker.
    pub(crate) cleanup: Notify,
    /// Wakes the sealer of the audit log.
    pub(crate) audit_sealer: Notify,
    pub(crate) index_requests: IndexRequests,
    /// Attempts to sign in, to sign up and to reset a password; counted for automatic challenges only.
    pub(crate) attempts: RequestRate,
    /// Requests for challenges.
    pub(crate) challenge_requests: RequestRate,
    /// Requests of API keys.
    pub(crate) api_key_requests: RequestRate,
    pub(super) access_cache: AccessCache,
    pub(super) revalidation_batcher: RevalidationBatcher,
    pub(crate) organization_cache: OrganizationCache,
    pub(crate) deployment: OnceLock<Deployment>,
    /// The statements of all operations so far, also of failed ones.
    #[cfg(feature = "test-hooks")]
    pub statement_count: std::sync::atomic::AtomicU64,
    pub settings: Settings,
}

impl Executor {
    pub(crate) fn new(dependencies: Dependencies) -> Self {
        let Dependencies { db, clock, random, settings, keys, mail_transport, templates, images, dns } = dependencies;
        db.set_max_group(settings.max_writes_per_commit);
        Self {
            db,
            clock,
            ids: IdSource::without_node(),
            lease_holder: random.bytes(),
            random,
            keys,
            mail_transport,
            templates,
            password_policy: PasswordPolicy::new(&settings),
            passwords: PasswordHasher::new(settings.passwords.max_concurrent_hashes),
            images,
            dns,
            outbox: Notify::new(),
            urgent_outbox: Notify::new(),
            cleanup: Notify::new(),
            audit_sealer: Notify::new(),
            index_requests: IndexRequests::default(),
            attempts: RequestRate::default(),
            challenge_requests: RequestRate::default(),
            api_key_requests: RequestRate::default(),
            access_cache: AccessCache::default(),
            revalidation_batcher: RevalidationBatcher::default(),
            organization_cache: OrganizationCache::default(),
            deployment: OnceLock::new(),
            #[cfg(feature = "test-hooks")]
            statement_count: std::sync::atomic::AtomicU64::new(0),
            settings,
        }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        self.random.bytes()
    }

    /// Whether mail is sent.
    pub fn sends_mail(&self) -> bool {
        self.mail_transport.is_some()
    }

    /// The deployment and its default roles.
    pub fn deployment(&self) -> Result<&Deployment> {
        self.deployment.get().ok_or_else(|| Problem::internal("the deployment is not loaded"))
    }

    /// Runs a command in one transaction, which is committed when this returns. The command completes even if the
    /// caller stops waiting.
    pub async fn run<C: Command>(self: &Arc<Self>, caller: &Caller, command: C) -> Reply<C::Out> {
        downcast(self.execute_command(caller, Box::new(CommandOperation(command))).await)
    }

    /// Runs a query in a read-only transaction.
    pub async fn query<Q: Query>(self: &Arc<Self>, caller: &Caller, query: &Q) -> Reply<Q::Out> {
        downcast(self.execute_query(caller, &QueryOperation(query)).await)
    }

    fn execute_command<'a>(self: &'a Arc<Self>, caller: &'a Caller, command: Box<dyn Operation>) -> Executing<'a> {
        Box::pin(async move {
            let reply = match &self.db {
                Db::Sqlite(sqlite) => sqlite::run(self, sqlite, caller, command).await,
                Db::Postgres(_) => postgres::run(self, caller, command).await,
            };
            #[cfg(feature = "test-hooks")]
            self.count_statements(&reply);
            reply
        })
    }

    fn execute_query<'a>(self: &'a Arc<Self>, caller: &'a Caller, query: &'a dyn Operation) -> Executing<'a> {
        Box::pin(async move {
            let reply = match &self.db {
                Db::Sqlite(sqlite) => sqlite::query(self, sqlite, caller, query).await,
                Db::Postgres(postgres) => postgres::query(self, postgres, caller, query).await,
            };
            #[cfg(feature = "test-hooks")]
            self.count_statements(&reply);
            security_log::log(caller.address, Audit::RefusalsOnly, &reply.subject, reply.result.as_ref().err());
            if reply.is_touch_due {
                // The response does not depend on it.
                let _ = timeout(TOUCH_TIMEOUT, self.run(caller, finish::Touch)).await;
            }
            reply
        })
    }

    /// The caller's access to an organization, from the cache if it is still current, at the cost of at most one
    /// statement. `None` if the caller is not authorized, the session is due to be touched, or the database failed: run
    /// the query itself then.
    pub async fn cached_access(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        required: RequiredPermission,
    ) -> Option<(CachedAccess, QueryStats)> {
        let token = caller.token.as_ref()?;
        let key = AccessKey::new(token, organization);
        let now = self.now();
        if let Some(cached) = self.access_cache.get(&key)
            && let Some((revision, stats)) = self.revalidate_cached(&cached, now).await
        {
            return cached.grant(caller, required, now, revision).map(|access| (access, stats));
        }
        let (loaded, revision) = match &self.db {
            Db::Sqlite(sqlite) => sqlite::load_access(self, sqlite, token, organization, now).await,
            Db::Postgres(postgres) => postgres::load_access(self, postgres, token, organization, now).await,
        }?;
        let access = loaded.grant(caller, required, now, revision);
        self.access_cache.insert(key, Arc::new(loaded));
        access.map(|access| (access, REVALIDATION_STATS))
    }

    /// Returns what the revalidation cost, at most one statement, if the cached value is still current.
    pub async fn revalidate<T>(&self, cached: &Cached<T>) -> Option<QueryStats> {
        self.revalidate_cached(cached, self.now()).await.map(|(_, stats)| stats)
    }

    async fn revalidate_cached<T>(&self, cached: &Cached<T>, now: Timestamp) -> Option<(Revision, QueryStats)> {
        if !cached.validity.is_current_at(now) {
            return None;
        }
        // Read before the database is queried: a later commit may not be visible to that query.
        let commits = self.db.commits();
        if let Some(revision) = commits.and_then(|commits| cached.validated_at(commits)) {
            return Some((revision, QueryStats::default()));
        }
        let revision = match &self.db {
            Db::Sqlite(sqlite) => sqlite::revalidate(sqlite, &cached.validity).await,
            Db::Postgres(postgres) => postgres::revalidate(self, postgres, &cached.validity).await,
        }?;
        if let Some(commits) = commits {
            cached.record_validation(commits, revision);
        }
        Some((revision, REVALIDATION_STATS))
    }

    /// Runs a command in its transaction. `access` is the caller's, if it was validated already, with what that cost.
    pub(super) async fn run_in(
        &self,
        caller: &Caller,
        command: &dyn Operation,
        access: Option<(ValidatedAccess, QueryStats)>,
        tx: Tx<'_>,
    ) -> (Reply<Output>, AfterCommit) {
        let (access, stats_before) = access.unzip();
        let mut cx = match self.context(caller, command, access, tx).await {
            Ok(cx) => cx,
            Err(problem) => return (Reply::failed(problem), AfterCommit::default()),
        };
        let result = run_operation(&mut cx, command).await;
        #[cfg(feature = "test-hooks")]
        super::erased::assert_declared(command, &result);
        let result = match (result, command.scope()) {
            (Ok(output), ScopeRequirement::One(_)) => finish::spend_idempotency_key(&mut cx).await.map(|()| output),
            (result, _) => result,
        };
        let result = match result {
            Ok(output) => finish::finish(&mut cx).await.map(|()| output),
            Err(error) => Err(error),
        };
        #[cfg(feature = "test-hooks")]
        super::audited::assert_emitted(command, &cx, &result);
        let after_commit = std::mem::take(&mut cx.after_commit);
        let mut reply = Reply::new(&cx, result);
        reply.stats = reply.stats.plus(stats_before.unwrap_or_default());
        (reply, after_commit)
    }

    /// Runs a query in its transaction.
    pub(super) async fn query_in(&self, caller: &Caller, query: &dyn Operation, tx: Tx<'_>) -> Reply<Output> {
        match self.context(caller, query, None, tx).await {
            Ok(mut cx) => {
                let result = run_operation(&mut cx, query).await;
                #[cfg(feature = "test-hooks")]
                super::erased::assert_declared(query, &result);
                std::mem::take(&mut cx.after_commit).run(self, result.is_ok());
                Reply::new(&cx, result)
            }
            Err(problem) => Reply::failed(problem),
        }
    }

    /// Runs a query for a caller whose access was validated. The calling function runs the hooks.
    pub(super) async fn query_with_access(
        &self,
        caller: &Caller,
        query: &dyn Operation,
        access: ValidatedAccess,
        now: Timestamp,
        tx: Tx<'_>,
    ) -> (Reply<Output>, AfterCommit) {
        let session = Some(access.session().clone());
        let after_commit = AfterCommit::default();
        let subject = initial_subject(session.as_ref());
        let access = Some(access);
        let mut cx = Context {
            tx,
            now,
            session,
            api_key: None,
            access,
            caller,
            executor: self,
            after_commit,
            subject,
            events: Vec::new(),
            has_emitted: false,
            otherwise: ActorKind::Anonymous,
        };
        let result = run_operation(&mut cx, query).await;
        #[cfg(feature = "test-hooks")]
        super::erased::assert_declared(query, &result);
        let after_commit = std::mem::take(&mut cx.after_commit);
        (Reply::new(&cx, result), after_commit)
    }

    async fn context<'a>(
        &'a self,
        caller: &'a Caller,
        operation: &dyn Operation,
        mut access: Option<ValidatedAccess>,
        mut tx: Tx<'a>,
    ) -> Result<Context<'a>> {
        let now = self.now();
        let (mut session, mut after_commit) = (None, AfterCommit::default());
        if let Some(token) = &caller.token {
            if access.is_none()
                && let Some(organization) = operation.organization(&self.settings)
            {
                access = self.validate_access(token, organization, now, &mut after_commit, &mut tx).await?;
            }
            session = match &access {
                Some(access) => Some(access.session().clone()),
                None => caller::load_session(&mut tx, token, now, &self.settings).await?,
            };
        }
        let api_key = match &caller.api_key {
            Some(key) => Some(caller::load_api_key(&mut tx, key, now).await?.ok_or(Code::ApiKeyInvalid)?),
            None => None,
        };
        let mut subject = initial_subject(session.as_ref());
        subject.api_key = api_key.as_ref().map(|key| key.id);
        let otherwise = match operation.requires() {
            _ if caller.is_operator => ActorKind::Operator,
            Requirement::Operator => ActorKind::System,
            _ => ActorKind::Anonymous,
        };
        Ok(Context {
            tx,
            now,
            session,
            api_key,
            access,
            caller,
            executor: self,
            after_commit,
            subject,
            events: Vec::new(),
            has_emitted: false,
            otherwise,
        })
    }

    /// The caller's access to an organization, from the cache if it is still current, or loaded. `None` unless the
    /// caller is a signed-in member with a role; the command then determines the error.
    async fn validate_access(
        &self,
        token: &SessionToken,
        organization: OrganizationId,
        now: Timestamp,
        after_commit: &mut AfterCommit,
        tx: &mut Tx<'_>,
    ) -> Result<Option<ValidatedAccess>> {
        let key = AccessKey::new(token, organization);
        if let Some(cached) = self.access_cache.get(&key).filter(|cached| cached.validity.is_current_at(now))
            && let Some(revision) = cache::revalidate(&cached.validity, tx).await?
        {
            return Ok(Some(ValidatedAccess::new(cached, revision)));
        }
        let loaded = cache::load_access(token, organization, now, &self.settings, tx).await?;
        Ok(loaded.map(|(access, revision)| {
            let access = Arc::new(access);
            let cached = Arc::clone(&access);
            after_commit.on_end(move |executor| executor.access_cache.insert(key, cached));
            ValidatedAccess::new(access, revision)
        }))
    }

    #[cfg(feature = "test-hooks")]
    fn count_statements(&self, reply: &Reply<Output>) {
        self.statement_count.fetch_add(reply.stats.statements.into(), std::sync::atomic::Ordering::Relaxed);
    }

    /// The open database, for tests that fill its disk.
    #[cfg(feature = "test-hooks")]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The node number under which this process makes ids.
    pub fn node(&self) -> i64 {
        self.ids.node()
    }
}

/// Runs an operation, unless the caller is an impersonator to whom it is refused, or an API key without its scope.
///
/// # Errors
/// `IMPERSONATION_NOT_ALLOWED`; `SCOPE_MISSING`, also for an operation that is not for API keys.
async fn run_operation(cx: &mut Context<'_>, operation: &dyn Operation) -> Result<Output> {
    if let Some(key) = &cx.api_key {
        check_scope(key, operation.scope())?;
    }
    if let Some(impersonator) = cx.session.as_ref().and_then(|session| session.impersonator_id) {
        cx.caller.span_mark.record(impersonator);
        if !operation.allows_impersonator() {
            return Err(Code::ImpersonationNotAllowed.into());
        }
    }
    operation.run(cx).await
}

/// Checks that an API key has the scope of an operation.
///
/// # Errors
/// `SCOPE_MISSING`.
fn check_scope(key: &CurrentApiKey, required: ScopeRequirement) -> Result<()> {
    match required {
        ScopeRequirement::NotForApiKeys => Err(Code::ScopeMissing.into()),
        ScopeRequirement::One(scope) if !key.scopes.contains(scope) => Err(scope.missing()),
        ScopeRequirement::Any | ScopeRequirement::One(_) => Ok(()),
    }
}

fn initial_subject(session: Option<&CurrentSession>) -> Subject {
    let impersonator = session.and_then(|session| session.impersonator_id);
    Subject { impersonator, ..Subject::of_user(session.and_then(|session| session.user_id)) }
}
