//! Requests by HTTP, as the browser makes them.

use js_sys::{Reflect, Uint8Array};
use restante_wire::{ErrorCode, api};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, ReferrerPolicy, Request, RequestCache,
    RequestCredentials, RequestInit, RequestRedirect, Response, WorkerGlobalScope,
};

use super::task::timeout;
use crate::{
    Error,
    engine::io::Failure,
    platform::{Answer, MAX_ANSWER, REQUEST_TIMEOUT},
};

/// The browser's HTTP client. Requests carry no cookie, follow no redirect and are not cached; the
/// connections are the browser's, and may be shared by all that the page does.
#[derive(Debug, Clone)]
pub(crate) struct Http;

impl Http {
    /// The one there is.
    ///
    /// # Errors
    /// None here.
    #[expect(clippy::unnecessary_wraps, reason = "other machines can fail")]
    pub(crate) const fn new() -> Result<Self, Error> {
        Ok(Self)
    }

    /// Posts a body, with a value of the `Authorization` header if there is one.
    ///
    /// # Errors
    /// [`Failure::Lost`], whatever the reason: the browser does not tell; `too_large` beyond
    /// [`MAX_ANSWER`].
    pub(crate) async fn post(
        &self,
        url: &str,
        authorization: Option<&str>,
        body: Vec<u8>,
    ) -> Result<Answer, Failure> {
        let making = make(url, authorization, &body);
        let answered = timeout(REQUEST_TIMEOUT, making).await;
        answered.unwrap_or(Err(Failure::Lost))
    }
}

/// Ends a request when nobody waits for it any more.
struct Abort(AbortController);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn make(url: &str, authorization: Option<&str>, body: &[u8]) -> Result<Answer, Failure> {
    let abort = Abort(AbortController::new().map_err(lost)?);
    let request = request(url, authorization, body, &abort.0).map_err(lost)?;
    let worker: WorkerGlobalScope = js_sys::global().unchecked_into();
    let response = JsFuture::from(worker.fetch_with_request(&request)).await;
    let response: Response = response.map_err(lost)?.unchecked_into();
    Ok(Answer {
        status: response.status(),
        body: read_limited(&response).await?,
    })
}

fn request(
    url: &str,
    authorization: Option<&str>,
    body: &[u8],
    abort: &AbortController,
) -> Result<Request, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", api::CONTENT_TYPE)?;
    if let Some(authorization) = authorization {
        headers.set("authorization", authorization)?;
    }
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&Uint8Array::from(body));
    init.set_credentials(RequestCredentials::Omit);
    init.set_redirect(RequestRedirect::Error);
    init.set_cache(RequestCache::NoStore);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    init.set_signal(Some(&abort.signal()));
    Request::new_with_str_and_init(url, &init)
}

async fn read_limited(response: &Response) -> Result<Vec<u8>, Failure> {
    let mut answer = Vec::new();
    let Some(stream) = response.body() else {
        return Ok(answer);
    };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    loop {
        let part = JsFuture::from(reader.read()).await.map_err(lost)?;
        let value = Reflect::get(&part, &JsValue::from_str("value")).map_err(lost)?;
        let Ok(chunk) = value.dyn_into::<Uint8Array>() else {
            return Ok(answer);
        };
        if answer.len() + chunk.length() as usize > MAX_ANSWER {
            return Err(Failure::Refused(ErrorCode::TooLarge.into()));
        }
        answer.extend_from_slice(&chunk.to_vec());
    }
}

fn lost(_: JsValue) -> Failure {
    Failure::Lost
}
