//! The judge of passwords, in a module that is fetched when somebody chooses one.
//!
//! Its word lists weigh as much as half of the engine. Whoever opens the engine says how to ask it.

use std::cell::RefCell;

use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::{
    Error, ErrorKind, Retry,
    engine::account::{Password, StrongPassword},
};

thread_local! {
    static JUDGE: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Asks this function from now on: `(password, username)` to the promise of what
/// `restante_strength::is_strong` says.
pub fn judge_by(judge: Function) {
    JUDGE.set(Some(judge));
}

/// Lets a password pass that is strong enough to be that of an account.
///
/// # Errors
/// `weak_password`; `offline` if the module cannot be fetched.
pub(crate) async fn check_password(
    password: Password,
    username: &str,
) -> Result<StrongPassword, Error> {
    let judge = JUDGE.with_borrow(Clone::clone).ok_or(ErrorKind::Internal)?;
    let asked = judge.call2(&JsValue::NULL, &password.as_str().into(), &username.into());
    let answer = JsFuture::from(asked.map_err(|_| lost())?.unchecked_into::<Promise>()).await;
    let is_strong = answer.map_err(|_| lost())?.as_bool();
    StrongPassword::judged(password, is_strong.ok_or(ErrorKind::Internal)?)
}

/// Exceptions may quote what was asked: they are not kept.
fn lost() -> Error {
    Error::new(ErrorKind::Offline).with_retry(Retry::Now)
}
