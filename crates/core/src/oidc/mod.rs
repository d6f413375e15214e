//! OpenID Connect and OAuth 2.0, as a client: discovery, keys, authorization URLs, the exchange of codes, ID tokens and
//! profiles. Nothing here reads the database.
