//! The web client, as `client-core/web` was built, out of this program.
//!
//! Owns: which file answers which path, in which encoding, for how long it may be kept, and what a
//! page of this relay may do in a browser ([`headers`]). Never does: read a file system, so that no
//! path leads out of what was embedded; compress, since the build did; know what is in the files.

mod headers;

use std::marker::PhantomData;

use axum::{
    Router,
    body::Bytes,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use restante_wire::ErrorCode;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::endpoint::refuse;

/// What `cargo xtask web` made; nothing, where the relay was built without.
#[derive(RustEmbed)]
#[folder = "../client-core/web/dist/built"]
#[allow_missing = true]
pub(crate) struct Built;

/// The page at `/`.
const INDEX: &str = "index.html";

/// Folder of files that have a hash of their content in the name.
const HASHED: &str = "assets";

/// What the build adds to the name of a file for its Brotli form.
const BROTLI: &str = ".br";

/// Said at `/` by a relay that carries no client.
const NOT_BUILT: &str = "\
This is a Restante relay. It was built without the web client: build that with `cargo xtask web`,
then the relay anew. Other clients work with this address as it is.
";

/// Serves a built client: its page, the files beside it and the hashed ones.
pub fn routes<F: RustEmbed + 'static>() -> Router {
    let site = Site::<F>(PhantomData);
    Router::new()
        .route(
            "/",
            get(move |headers: HeaderMap| async move { site.index(&headers) }),
        )
        .route(
            "/{file}",
            get(
                move |Path(file): Path<String>, headers: HeaderMap| async move {
                    site.file(&file, &headers)
                },
            ),
        )
        .route(
            "/assets/{*file}",
            get(
                move |Path(file): Path<String>, headers: HeaderMap| async move {
                    site.file(&format!("{HASHED}/{file}"), &headers)
                },
            ),
        )
}

/// The files of a client.
struct Site<F>(PhantomData<fn() -> F>);

impl<F> Clone for Site<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Site<F> {}

impl<F: RustEmbed> Site<F> {
    fn index(self, asked: &HeaderMap) -> Response {
        match F::get(INDEX) {
            Some(_) => self.file(INDEX, asked),
            None => (StatusCode::NOT_FOUND, headers::of_a_page(), NOT_BUILT).into_response(),
        }
    }

    /// A file by its path below the client's folder.
    fn file(self, path: &str, asked: &HeaderMap) -> Response {
        // A packed form has no path of its own: it answers for the plain one.
        let plain = F::get(path).filter(|_| !path.ends_with(BROTLI));
        let Some(plain) = plain else {
            return refuse(ErrorCode::NotFound.into());
        };
        let is_hashed = path
            .strip_prefix(HASHED)
            .is_some_and(|rest| rest.starts_with('/'));
        let packed = F::get(&format!("{path}{BROTLI}"));
        let mut headers = headers::of_a_file(is_hashed, packed.is_some());
        let tag = tag_of(&plain);
        if asked
            .get(header::IF_NONE_MATCH)
            .is_some_and(|had| names(had, &tag))
        {
            headers.insert(header::ETAG, tag);
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        headers.insert(header::ETAG, tag);
        if let Ok(kind) = HeaderValue::from_str(plain.metadata.mimetype()) {
            headers.insert(header::CONTENT_TYPE, kind);
        }
        let body = match packed.filter(|_| takes_brotli(asked)) {
            Some(packed) => {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
                packed
            }
            None => plain,
        };
        (headers, bytes(body)).into_response()
    }
}

/// What was compiled in is handed out without a copy.
fn bytes(file: EmbeddedFile) -> Bytes {
    match file.data {
        std::borrow::Cow::Borrowed(data) => Bytes::from_static(data),
        std::borrow::Cow::Owned(data) => data.into(),
    }
}

/// Weak: the same for both encodings.
fn tag_of(file: &EmbeddedFile) -> HeaderValue {
    let hash = URL_SAFE_NO_PAD.encode(file.metadata.sha256_hash());
    // Of base64url and ASCII around it, which a header takes.
    HeaderValue::from_str(&format!("W/\"{hash}\"")).unwrap_or(HeaderValue::from_static("W/\"\""))
}

/// Whether a tag is among those that the browser has.
fn names(had: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(had), Ok(tag)) = (had.to_str(), tag.to_str()) else {
        return false;
    };
    had.split(',').any(|one| one.trim() == tag)
}

/// Whether `br` is among the encodings that are taken, and not with the weight of nothing.
fn takes_brotli(asked: &HeaderMap) -> bool {
    let values = asked.get_all(header::ACCEPT_ENCODING).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let is_brotli = parts
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case("br"));
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            is_brotli && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|q| q > 0.0))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_sent_to_those_who_take_it() {
        let asked = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            takes_brotli(&headers)
        };
        assert!(asked("gzip, deflate, br, zstd"));
        assert!(asked("BR;q=0.5"));
        assert!(!asked("gzip, br;q=0"));
        assert!(!asked("gzip, brotli"));
        assert!(!takes_brotli(&HeaderMap::new()));
    }
}
