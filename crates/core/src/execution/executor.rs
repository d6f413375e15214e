//! The executor: runs commands and queries, and owns their dependencies. Nothing is global, so each test has its own
//! executor.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;
use vestibule_db::{Db, QueryStats, Tx};

use super::after_commit::AfterCommit;
use super::caller_checks::run_operation;
use super::erased::{CommandOperation, Operation, Output, QueryOperation, downcast};
use super::{Command, Context, Query, Reply, finish, postgres, sqlite};
use crate::cache::{AccessCache, OrganizationCache, RevalidationBatcher, ValidatedAccess};
use crate::caller::{self, Caller};
use crate::deployment::Deployment;
use crate::dns::Dns;
use crate::error::{Code, Problem, Result};
use crate::event::ActorKind;
use crate::http_client::HttpClient;
use crate::id::IdSource;
use crate::image_store::ImageStore;
use crate::index_requests::IndexRequests;
use crate::mail::{MailTransport, Templates};
use crate::metrics::Metrics;
use crate::oidc::ProviderCache;
use crate::password::{PasswordHasher, PasswordPolicy};
use crate::permission::Requirement;
use crate::random::Randomness;
use crate::request_rate::{ApiKeyRequests, RequestRate};
use crate::scope::ScopeRequirement;
use crate::secret::Keys;
use crate::security_log::{Audit, Subject};
use crate::settings::Settings;
use crate::time::{Clock, Timestamp};
use crate::webhook_requests::WebhookRequests;

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
    /// For requests to URLs that users name.
    pub http_client: Arc<HttpClient>,
    pub(crate) identity_providers: Arc<ProviderCache>,
    /// Wakes the worker of the outbox's ordinary queue.
    pub(crate) outbox: Notify,
    /// Wakes the worker of the outbox's urgent queue.
    pub(crate) urgent_outbox: Notify,
    /// Wakes the cleanup worker.
    pub(crate) cleanup: Notify,
    /// Wakes the sealer of the audit log.
    pub(crate) audit_sealer: Notify,
    /// Wakes the worker that delivers webhooks.
    pub(crate) webhook_requests: WebhookRequests,
    pub(crate) index_requests: IndexRequests,
    /// Attempts to sign in, to sign up and to reset a password; counted for automatic challenges only.
    pub(crate) attempts: RequestRate,
    /// Requests for challenges.
    pub(crate) challenge_requests: RequestRate,
    pub(crate) api_key_requests: ApiKeyRequests,
    pub(super) access_cache: AccessCache,
    pub(super) revalidation_batcher: RevalidationBatcher,
    pub(crate) organization_cache: OrganizationCache,
    pub(crate) deployment: OnceLock<Deployment>,
    pub metrics: Metrics,
    /// When the process has opened the service.
    pub started_at: Timestamp,
    /// The statements of all operations so far, also of failed ones.
    #[cfg(feature = "test-hooks")]
    pub statement_count: std::sync::atomic::AtomicU64,
    pub settings: Settings,
}

impl Executor {
    pub(crate) fn new(dependencies: Dependencies) -> Self {
        let Dependencies { db, clock, random, settings, keys, mail_transport, templates, images, dns } = dependencies;
        db.set_max_group(settings.max_writes_per_commit);
        let http_client = Arc::new(HttpClient::new(&settings, Arc::clone(&dns)));
        Self {
            db,
            ids: IdSource::without_node(),
            lease_holder: random.bytes(),
            random,
            keys,
            mail_transport,
            templates,
            password_policy: PasswordPolicy::new(&settings),
            passwords: PasswordHasher::new(settings.passwords.max_concurrent_hashes),
            images,
            identity_providers: ProviderCache::new(
                Arc::clone(&http_client),
                settings.http_client.provider_timeout,
                Arc::clone(&clock),
            ),
            http_client,
            dns,
            outbox: Notify::new(),
            urgent_outbox: Notify::new(),
            cleanup: Notify::new(),
            audit_sealer: Notify::new(),
            webhook_requests: WebhookRequests::default(),
            index_requests: IndexRequests::default(),
            attempts: RequestRate::default(),
            challenge_requests: RequestRate::default(),
            api_key_requests: ApiKeyRequests::default(),
            access_cache: AccessCache::default(),
            revalidation_batcher: RevalidationBatcher::default(),
            organization_cache: OrganizationCache::default(),
            deployment: OnceLock::new(),
            metrics: Metrics::default(),
            started_at: clock.now(),
            clock,
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
            self.count_statements(&reply);
            self.log_outcome(caller, Audit::RefusalsOnly, &reply.subject, reply.result.as_ref().err());
            if reply.is_touch_due {
                // It is about the session, also if the caller acts by a setup link.
                let caller = Caller { setup_token: None, ..caller.clone() };
                // The response does not depend on it.
                let _ = timeout(TOUCH_TIMEOUT, self.run(&caller, finish::Touch)).await;
            }
            reply
        })
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
        super::erased::assert_declared(command, &cx, &result);
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
                super::erased::assert_declared(query, &cx, &result);
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
        let credentials = (access.session().cloned(), access.api_key().cloned());
        let mut cx = Context::new(self, caller, now, tx, credentials, Some(access));
        let result = run_operation(&mut cx, query).await;
        #[cfg(feature = "test-hooks")]
        super::erased::assert_declared(query, &cx, &result);
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
        let mut after_commit = AfterCommit::default();
        if access.is_none()
            && let Some(organization) = operation.organization(&self.settings)
        {
            access = self.validate_access(caller, organization, now, &mut after_commit, &mut tx).await?;
        }
        let session = match (access.as_ref().and_then(ValidatedAccess::session), &caller.token) {
            (Some(session), _) => Some(session.clone()),
            (None, Some(token)) => caller::load_session(&mut tx, token, now, &self.settings).await?,
            (None, None) => None,
        };
        let api_key = match (access.as_ref().and_then(ValidatedAccess::api_key), &caller.api_key) {
            (Some(key), _) => Some(key.clone()),
            (None, Some(key)) => Some(caller::load_api_key(&mut tx, key, now).await?.ok_or(Code::ApiKeyInvalid)?),
            (None, None) => None,
        };
        if let Some(key) = &caller.api_key {
            self.api_key_requests.mark_known(&key.rate_limit_key(), now);
        }
        let setup_link = match &caller.setup_token {
            Some(token) => Some(caller::load_setup_link(&mut tx, token, now).await?.ok_or(Code::InvalidSetupLink)?),
            None => None,
        };
        let otherwise = match operation.requires() {
            _ if caller.is_operator => ActorKind::Operator,
            Requirement::Operator => ActorKind::System,
            _ => ActorKind::Anonymous,
        };
        let cx = Context::new(self, caller, now, tx, (session, api_key), access);
        let subject = Subject { setup_link: setup_link.as_ref().map(|link| link.id), ..cx.subject };
        Ok(Context { setup_link, after_commit, subject, otherwise, ..cx })
    }

    /// The open database, for its metrics, and for tests that fill its disk.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The node number under which this process makes ids.
    pub fn node(&self) -> i64 {
        self.ids.node()
    }
}
