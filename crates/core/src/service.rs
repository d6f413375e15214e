//! The service as the entry points (JSON API, pages, CLI, tests) use it.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

use crate::bootstrap::Bootstrap;
use crate::caller::Idempotency;
use crate::error::{Problem, Result};
use crate::execution::{Caller, Dependencies, Executor};
use crate::id::{DomainId, OrganizationId};
use crate::secret::{ApiKeyDigest, InvitationToken, UnsubscribeToken};
use crate::{api_key, node, session_token};

/// The service. It dereferences to the [`Executor`], which runs commands and queries.
#[derive(Debug)]
pub struct Service {
    executor: Arc<Executor>,
}

/// Why the service could not be opened.
#[derive(Debug)]
pub enum ServiceError {
    /// The database was created with another master key.
    WrongKey,
    Database(Problem),
}

impl Service {
    /// Leases a node number and loads the deployment. In a new database, creates the deployment and its roles first.
    pub async fn open(dependencies: Dependencies) -> Result<Arc<Self>, ServiceError> {
        let executor = Arc::new(Executor::new(dependencies));
        node::claim(&executor).await.map_err(ServiceError::Database)?;
        let bootstrapped = executor.run(&Caller::anonymous(), Bootstrap).await.result;
        let deployment = bootstrapped.map_err(ServiceError::Database)?.ok_or(ServiceError::WrongKey)?;
        let _ = executor.deployment.set(deployment);
        Ok(Arc::new(Self { executor }))
    }

    /// Opens the service for queries only, on a database that was opened for reading. It leases no node number, does
    /// not check the master key, and has not loaded the deployment.
    pub fn open_read_only(dependencies: Dependencies) -> Arc<Self> {
        Arc::new(Self { executor: Arc::new(Executor::new(dependencies)) })
    }

    /// Releases the node number, for a process that runs no [`node::renew_lease_loop`]. Do not use the service after
    /// this call.
    pub async fn close(&self) {
        node::release(&self.executor).await;
    }

    /// The public keys that verify session tokens. The current signing key is first.
    pub fn published_keys(&self) -> Result<Vec<session_token::PublishedKey>> {
        session_token::published_keys(&self.executor.keys, &self.executor.settings.tokens, self.executor.now())
    }

    /// The value of the TXT record that proves ownership of a domain.
    pub fn domain_proof(&self, organization: OrganizationId, domain: DomainId) -> String {
        self.executor.keys.domain_proof(organization, domain)
    }

    /// Counts a request of an API key from this address.
    ///
    /// # Errors
    /// `TOO_MANY_REQUESTS`.
    pub fn record_api_key_request(&self, key: &ApiKeyDigest, client: IpAddr) -> Result<()> {
        api_key::record_request(&self.executor, key, client)
    }

    /// What is stored of an idempotency key and of the request with it: its method and path, and its body.
    pub fn idempotency(&self, key: &str, target: &str, body: &[u8]) -> Idempotency {
        Idempotency::new(&self.executor.keys, key, target, body)
    }

    /// The token with which the invitee of this invitation unsubscribes from the organization's mail.
    pub fn unsubscribe_token(&self, token: &InvitationToken) -> UnsubscribeToken {
        self.executor.keys.unsubscribe_token(token.invitation())
    }
}

impl Deref for Service {
    type Target = Arc<Executor>;

    fn deref(&self) -> &Arc<Executor> {
        &self.executor
    }
}
