//! Errors as a page gets them.

use restante_client::{Error, Retry};
use serde_json::json;
use wasm_bindgen::JsValue;

/// `{code, retry}`, as JSON.
pub(crate) fn to_js(error: &Error) -> JsValue {
    let retry = match error.retry {
        Retry::Now => json!("now"),
        Retry::Never => json!("never"),
        Retry::AfterMs(ms) => json!({ "after_ms": ms }),
    };
    let fault = json!({ "code": error.code(), "retry": retry });
    JsValue::from_str(&fault.to_string())
}
