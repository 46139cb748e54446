//! What the browser's exceptions mean.

use js_sys::{JsString, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::ErrorKind;

/// What an exception of the file system means, by its name: texts differ between browsers.
pub(super) fn kind(exception: &JsValue) -> ErrorKind {
    let name = Reflect::get(exception, &JsValue::from_str("name"));
    let name = name.ok().and_then(|name| name.dyn_into::<JsString>().ok());
    match name.map(String::from).as_deref() {
        Some("QuotaExceededError") => ErrorKind::DiskFull,
        Some("NoModificationAllowedError") => ErrorKind::HomeInUse,
        // Private windows of some browsers have the interface, and refuse at its use.
        Some("SecurityError" | "NotAllowedError" | "UnknownError") => ErrorKind::NoStorage,
        Some("NotFoundError") => ErrorKind::NotFound,
        _ => ErrorKind::Storage,
    }
}
