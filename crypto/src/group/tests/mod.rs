//! Groups as stories: people, a log that they all read, and what each sees.

mod insider;
mod large;
mod life;
mod noise;
mod secrets;
mod stories;
mod suites;
mod welcomes;
mod world;
