//! Signing in with an identity provider: a social one of the settings, or the one of an organization.
