//! The pure engine: inputs with the time go in; requests, a deadline and events come out. It opens no
//! socket and reads no clock.

pub mod account;
pub mod content;
pub mod io;
