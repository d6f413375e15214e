//! Identities: who a user is at an identity provider. The subject identifies; an address never does.
