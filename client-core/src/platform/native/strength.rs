//! The judge of passwords, in this program.

use super::blocking;
use crate::{
    Error,
    engine::account::{Password, StrongPassword},
};

/// Lets a password pass that is strong enough to be that of an account.
///
/// # Errors
/// `weak_password`; `internal_client` if the system gives no thread.
pub(crate) async fn check_password(
    password: Password,
    username: &str,
) -> Result<StrongPassword, Error> {
    let username = username.to_owned();
    blocking(move || {
        let is_strong = restante_strength::is_strong(password.as_str(), &username);
        StrongPassword::judged(password, is_strong)
    })
    .await
}
