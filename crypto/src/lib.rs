//! MLS and account cryptography for Restante clients; no SQL, network or clock.
