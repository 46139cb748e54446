//! The Restante client: a pure engine, its encrypted store and a native driver.
