//! The Restante relay: mailboxes of ciphertext, accounts, a directory of key packages.
//!
//! `http` → `delivery` → `store`: thin handlers, pure rules, all SQL. Read next: [`delivery`],
//! [`store`].

pub mod clock;
pub mod store;
