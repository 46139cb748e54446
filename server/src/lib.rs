//! The Restante relay: mailboxes of ciphertext, accounts, a directory of key packages.
//!
//! `http` → `delivery` → `store`: thin handlers, pure rules, all SQL. Read next: [`delivery`],
//! [`store`].

pub mod accounts;
pub mod app;
pub mod auth;
pub mod clock;
pub mod commands;
pub mod config;
pub mod delivery;
pub mod expiring;
pub mod http;
pub mod proxy;
pub mod random;
pub mod rate_limit;
pub mod router;
pub mod services;
pub mod shutdown;
pub mod store;
pub mod telemetry;
pub mod tls;

mod connections;
mod serve;
