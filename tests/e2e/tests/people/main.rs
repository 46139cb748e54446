//! Stories of people with real clients at a real relay.
#![expect(
    clippy::expect_used,
    reason = "a story that goes wrong has to fail loudly"
)]

mod account;
mod accounts;
mod arrivals;
mod away;
mod chat;
mod clients;
mod content;
mod ended;
mod files;
mod intruder;
mod kill;
mod network;
mod password;
mod push;
mod rates;
mod scripts;
mod settings;
mod suites;
mod terminal;
