//! Accounts: registration, sign-in by password, and what a new home is made from.
//!
//! Owns: the client's half of OPAQUE (RFC 9807), the rules for passwords, the wraps of the identity
//! and the content of the vault. Never does: network or storage; each step takes the relay's last
//! answer and gives the next request. The account identity key exists only inside these steps and is
//! wiped when they end.
//!
//! Read next: [`Registration`], then `docs/protocol.md`, "Accounts and keys".

mod clients;
mod credentials;
mod login;
mod new_account;
mod opaque;
mod password;
mod register;
mod username;
pub mod vault;
#[cfg(test)]
mod vectors;

pub use clients::Arrival;
pub use credentials::{PasswordChange, Recovery};
pub use login::{Login, ProvedLogin, SignedIn};
pub use new_account::NewAccount;
#[cfg(test)]
pub(crate) use opaque::relay_answer;
pub use password::{MAX_PASSWORD, Password, StrongPassword, propose_password};
pub use register::{Registered, Registration};
pub use restante_crypto::wrap::RecoveryPhrase;
pub use username::normalise_username;
pub use vault::{VaultContact, VaultContent, VaultPhase, VaultRoom, VaultSettings};
