//! Random runs: one seed decides who there is, what they do, what goes wrong and in what order, and
//! an independent model says what everybody must see in the end.
//!
//! A run is a [`Scenario`], drawn from a seed, or read from a file of a run that failed. [`play`]
//! carries it out in a [`World`](crate::World). What the people's commands mean for what everybody
//! must see is kept by [`model`], which knows neither MLS nor the engine's rows; [`verdict`] compares
//! the world with it whenever the world has come to rest. Whatever an engine, the relay or a check
//! finds wrong is a panic; [`outcome`] catches it.
//!
//! Read next: [`action`] for what can happen, [`shrink`] for how a failure becomes short.

pub mod action;
mod model;
pub mod outcome;
mod play;
mod proof;
pub mod scenario;
pub mod shrink;
pub mod tally;
mod verdict;

pub use outcome::{Failed, run};
pub use scenario::Scenario;
pub use tally::Tally;
