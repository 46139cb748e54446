//! WebSockets, as the browser makes them.

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
    time::Duration,
};

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{BinaryType, MessageEvent};

use super::{
    http::Http,
    task::{sleep, timeout},
};
use crate::{
    engine::io::Failure,
    platform::{Incoming, MAX_ANSWER},
};

/// How long a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Frames that wait to be taken. The browser cannot be told to wait: a connection with more ends, and
/// the next one goes on where it stopped.
const MAX_WAITING: usize = 1024;

/// Bytes that the browser may hold back before a flush waits for it.
const MAX_HELD_BACK: u32 = 1024 * 1024;

/// How often it is looked whether it holds back fewer.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A connected WebSocket. Dropped, it is closed.
pub(crate) struct WebSocket {
    socket: web_sys::WebSocket,
    heard: Heard,
    _handlers: [Closure<dyn FnMut(MessageEvent)>; 3],
}

/// What the browser told.
#[derive(Clone, Default)]
struct Heard(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    is_open: bool,
    has_ended: bool,
    frames: VecDeque<Vec<u8>>,
    waiting: Option<Waker>,
}

impl WebSocket {
    /// The browser answers pings, but sends none.
    pub(crate) const PINGS: bool = false;

    /// Connects.
    ///
    /// # Errors
    /// [`Failure::Lost`], whatever the reason: the browser does not tell.
    pub(crate) async fn connect(_http: &Http, url: String) -> Result<Self, Failure> {
        let socket = web_sys::WebSocket::new(&url).map_err(|_| Failure::Lost)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let heard = Heard::default();
        let connected = Self {
            _handlers: handlers(&socket, &heard),
            socket,
            heard,
        };
        let opening = poll_fn(|context| {
            connected.heard.poll(context.waker(), |state| {
                state
                    .is_open
                    .then_some(true)
                    .or(state.has_ended.then_some(false))
            })
        });
        match timeout(CONNECT_TIMEOUT, opening).await {
            Ok(true) => Ok(connected),
            _ => Err(Failure::Lost),
        }
    }

    /// What the peer says next; none once the connection has ended.
    pub(crate) async fn next(&mut self) -> Option<Incoming> {
        let frame = poll_fn(|context| {
            self.heard.poll(context.waker(), |state| {
                let frame = state.frames.pop_front();
                frame.map(Some).or(state.has_ended.then_some(None))
            })
        });
        frame.await.map(Incoming::Frame)
    }

    /// Takes a frame to be written.
    ///
    /// # Errors
    /// [`Failure::Lost`].
    #[expect(clippy::unused_async, reason = "other machines wait")]
    pub(crate) async fn feed(&mut self, frame: Vec<u8>) -> Result<(), Failure> {
        self.socket
            .send_with_u8_array(&frame)
            .map_err(|_| Failure::Lost)
    }

    /// Waits until the browser has written nearly all of what was taken.
    ///
    /// # Errors
    /// [`Failure::Lost`].
    pub(crate) async fn flush(&mut self) -> Result<(), Failure> {
        while self.socket.buffered_amount() > MAX_HELD_BACK {
            if self.heard.0.borrow().has_ended {
                return Err(Failure::Lost);
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// See [`Self::PINGS`].
    ///
    /// # Errors
    /// Always [`Failure::Lost`].
    #[expect(clippy::unused_async, reason = "other machines wait")]
    pub(crate) async fn ping(&mut self) -> Result<(), Failure> {
        Err(Failure::Lost)
    }

    /// Says goodbye.
    #[expect(clippy::unused_async, reason = "other machines wait")]
    pub(crate) async fn close(&mut self) {
        // One that has ended is closed.
        let _ = self.socket.close();
    }
}

impl Drop for WebSocket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
    }
}

impl Heard {
    fn poll<T>(&self, waker: &Waker, look: impl FnOnce(&mut State) -> Option<T>) -> Poll<T> {
        let mut state = self.0.borrow_mut();
        match look(&mut state) {
            Some(found) => Poll::Ready(found),
            None => {
                state.waiting = Some(waker.clone());
                Poll::Pending
            }
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let waiting = {
            let mut state = self.0.borrow_mut();
            change(&mut state);
            state.waiting.take()
        };
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}

impl State {
    fn take(&mut self, frame: Option<Vec<u8>>) {
        match frame {
            Some(frame) if self.frames.len() < MAX_WAITING && frame.len() <= MAX_ANSWER => {
                self.frames.push_back(frame);
            }
            _ => self.has_ended = true,
        }
    }
}

fn handlers(socket: &web_sys::WebSocket, heard: &Heard) -> [Closure<dyn FnMut(MessageEvent)>; 3] {
    let opened = heard.clone();
    let on_open = Closure::<dyn FnMut(MessageEvent)>::new(move |_| {
        opened.change(|state| state.is_open = true);
    });
    let told = heard.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        told.change(|state| state.take(frame(&message)));
    });
    let ended = heard.clone();
    let on_close = Closure::<dyn FnMut(MessageEvent)>::new(move |_| {
        ended.change(|state| state.has_ended = true);
    });
    socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
    [on_open, on_message, on_close]
}

/// The bytes of a binary message; none of a text, which the protocol does not have.
fn frame(message: &MessageEvent) -> Option<Vec<u8>> {
    let buffer = message.data().dyn_into::<ArrayBuffer>().ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}
