//! The Restante relay: mailboxes of ciphertext, accounts, a directory of key packages.
//!
//! `http` → `delivery` → `store` for mailboxes and inboxes, `http` → `accounts` → `store` for people:
//! thin handlers, rules, all SQL. [`app`] starts and ends it all; [`router`] is what every request
//! passes. Read next: [`delivery`], [`accounts`], [`store`].

pub mod accounts;
pub mod app;
pub mod auth;
pub mod blobs;
pub mod clock;
pub mod commands;
pub mod config;
pub mod delivery;
pub mod expiring;
pub mod first_start;
pub mod http;
pub mod jobs;
pub mod proxy;
pub mod push;
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
