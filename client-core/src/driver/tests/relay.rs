//! A relay that does what a test wants: real sockets, no rules.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use futures_util::{SinkExt, StreamExt};
use restante_wire::{
    Day, RestoreId,
    account::{RegisterStart, RegisterStarted},
    codec,
    error::Done,
    stream::{ClientFrame, Greeting, ServerFrame},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};

use crate::engine::account::relay_answer;

/// The WebSocket half: the test accepts and speaks.
pub(super) struct StreamRelay {
    listener: TcpListener,
    pub(super) url: String,
}

impl StreamRelay {
    pub(super) async fn new() -> Self {
        Self::at("127.0.0.1:0").await
    }

    pub(super) async fn at(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let url = url(listener.local_addr().unwrap());
        Self { listener, url }
    }

    /// The next connection, greeted.
    pub(super) async fn accept(&self) -> Peer {
        let (socket, _) = self.listener.accept().await.unwrap();
        let mut peer = Peer(accept_async(socket).await.unwrap());
        let greeting = Greeting {
            restore_id: RestoreId([0; 16]),
            day: Day(20_000),
        };
        peer.send(&ServerFrame::<()>::Greeting(greeting)).await;
        peer
    }
}

/// One accepted connection.
pub(super) struct Peer(WebSocketStream<TcpStream>);

impl Peer {
    pub(super) async fn send<T: Serialize>(&mut self, frame: &T) {
        self.send_bytes(codec::encode(frame)).await;
    }

    pub(super) async fn send_bytes(&mut self, bytes: Vec<u8>) {
        self.0.send(Message::Binary(bytes.into())).await.unwrap();
    }

    pub(super) async fn receive<R: DeserializeOwned>(&mut self) -> ClientFrame<R> {
        let message = self.0.next().await.unwrap().unwrap();
        codec::decode(&message.into_data()).unwrap()
    }

    /// Whether the client said goodbye.
    pub(super) async fn is_closed(&mut self) -> bool {
        matches!(
            self.0.next().await,
            None | Some(Ok(Message::Close(_)) | Err(_))
        )
    }
}

/// What the HTTP half saw and will do.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    finishes: Vec<Vec<u8>>,
    authorizations: Vec<Option<String>>,
    /// Finishes to take, but not to answer.
    lost: usize,
    /// Finishes to refuse for good.
    taken: usize,
}

impl Seen {
    pub(super) fn lose_answers(&self, count: usize) {
        self.0.lock().unwrap().lost = count;
    }

    pub(super) fn refuse(&self, count: usize) {
        self.0.lock().unwrap().taken = count;
    }

    /// Bodies of the requests that close a registration, in order.
    pub(super) fn finishes(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap().finishes.clone()
    }

    /// `Authorization` of every anonymous request.
    pub(super) fn authorizations(&self) -> Vec<Option<String>> {
        self.0.lock().unwrap().authorizations.clone()
    }
}

/// The HTTP half; it answers registrations and look-ups.
pub(super) async fn serve() -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = url(listener.local_addr().unwrap());
    let seen = Seen::default();
    let router = Router::new()
        .route("/v1/register/start", post(register_start))
        .route("/v1/register/finish", post(register_finish))
        .route("/v1/directory/lookup", post(look_up))
        .with_state(seen.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, seen)
}

async fn register_start(body: Bytes) -> Vec<u8> {
    let request: RegisterStart = codec::decode(&body).unwrap();
    codec::encode(&RegisterStarted {
        username: request.username,
        opaque: relay_answer(&request.opaque),
    })
}

async fn register_finish(State(seen): State<Seen>, body: Bytes) -> Response {
    let mut inner = seen.0.lock().unwrap();
    inner.finishes.push(body.to_vec());
    if inner.lost > 0 {
        inner.lost -= 1;
        // Nothing a relay would say: the client cannot know what happened.
        return StatusCode::BAD_GATEWAY.into_response();
    }
    if inner.taken > 0 {
        inner.taken -= 1;
        let refusal = restante_wire::WireError::new(restante_wire::ErrorCode::UsernameTaken);
        return (StatusCode::CONFLICT, codec::encode(&refusal)).into_response();
    }
    codec::encode(&Done {}).into_response()
}

async fn look_up(State(seen): State<Seen>, request: Request) -> StatusCode {
    let header = request.headers().get("authorization");
    let authorization = header.map(|value| value.to_str().unwrap().to_owned());
    seen.0.lock().unwrap().authorizations.push(authorization);
    StatusCode::NOT_FOUND
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}
