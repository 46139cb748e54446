//! Rules of accounts: names, passwords, records, invites.
//!
//! Owns: what makes a username, a record, a registration or a login acceptable. Never does: SQL (it
//! is in `store/sqlite/accounts`), HTTP, anything with mailboxes but the inbox that a certificate
//! names. Read next: [`registration`], [`login`].

pub mod challenge;
pub mod credentials;
pub mod invite;
pub mod key_packages;
pub mod login;
pub mod opaque;
pub mod opaque_key;
pub mod publish;
pub mod record;
pub mod registration;
pub mod throttle;
pub mod username;
#[cfg(test)]
mod vectors;
