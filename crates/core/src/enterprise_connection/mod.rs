//! Enterprise connections: the identity providers of organizations.
