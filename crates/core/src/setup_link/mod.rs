//! Setup links: a customer's IT department sets up single sign-on without an account.
