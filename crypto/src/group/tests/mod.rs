//! Groups as stories: people, a log that they all read, and what each sees.

mod stories;
mod world;
