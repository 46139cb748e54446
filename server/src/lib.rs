//! The Restante relay: mailboxes of ciphertext, accounts, a directory of key packages.
//!
//! `http` → `delivery` → `store`: thin handlers, pure rules, all SQL. Read next: [`delivery`],
//! [`store`].

pub mod accounts;
pub mod auth;
pub mod clock;
pub mod config;
pub mod expiring;
pub mod http;
pub mod proxy;
pub mod random;
pub mod rate_limit;
pub mod router;
pub mod services;
pub mod store;
