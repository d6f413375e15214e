//! Clients of the API as they are: what they send, and what they read of the responses.

mod react_sdk;
