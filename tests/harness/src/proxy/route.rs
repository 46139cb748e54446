//! One connection through the proxy.

use std::{collections::HashMap, io, sync::Arc};

use restante_wire::{
    api, codec,
    inbox::{InboxAnswer, InboxRequest},
    mailbox::{Answer, Request},
    stream::{ClientFrame, ServerFrame},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, tcp::OwnedWriteHalf},
};

use super::{
    Weather,
    plan::{Action, Direction, inbox_request_name, request_name},
    unit::{Splitter, Unit, header, path},
};

/// Carries messages both ways until one side, the plan or a cut ends the connection.
pub(super) async fn run(client: TcpStream, relay: TcpStream, weather: Arc<Weather>) {
    let mut cuts = weather.cuts.subscribe();
    tokio::select! {
        _ = carry(client, relay, &weather) => {}
        _ = cuts.changed() => {}
    }
}

async fn carry(client: TcpStream, relay: TcpStream, weather: &Weather) -> io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_relay, mut to_relay) = relay.into_split();
    let (mut requests, mut answers) = (Splitter::default(), Splitter::default());
    let mut names = Names::default();
    let (mut request_bytes, mut answer_bytes) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            read = from_client.read(&mut request_bytes) => {
                requests.feed(read_part(&request_bytes, read?)?);
                while let Some(unit) = requests.next() {
                    let name = names.of_request(&unit).to_owned();
                    if names.is_upgrade {
                        requests.upgrade();
                    }
                    pass(weather, Direction::ToRelay, &name, &unit, &mut to_relay).await?;
                }
            }
            read = from_relay.read(&mut answer_bytes) => {
                answers.feed(read_part(&answer_bytes, read?)?);
                while let Some(unit) = answers.next() {
                    let name = names.of_answer(&unit).to_owned();
                    if names.is_upgrade {
                        answers.upgrade();
                    }
                    pass(weather, Direction::ToClient, &name, &unit, &mut to_client).await?;
                }
            }
        }
    }
}

/// The bytes that were read; none is the end.
fn read_part(bytes: &[u8], len: usize) -> io::Result<&[u8]> {
    bytes
        .get(..len)
        .filter(|part| !part.is_empty())
        .ok_or_else(ended)
}

async fn pass(
    weather: &Weather,
    direction: Direction,
    name: &str,
    unit: &Unit,
    to: &mut OwnedWriteHalf,
) -> io::Result<()> {
    let mut is_held = weather.is_held.subscribe();
    is_held
        .wait_for(|is_held| !is_held)
        .await
        .map_err(|_| ended())?;
    match weather.decide(direction, name) {
        Some(Action::Lose) => return Err(ended()),
        Some(Action::Repeat) => to.write_all(unit.raw()).await?,
        None => {}
    }
    to.write_all(unit.raw()).await
}

fn ended() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}

/// What requests are under way, so that answers have names, too.
#[derive(Default)]
struct Names {
    /// Path of the last HTTP request: answers come in order.
    path: String,
    is_upgrade: bool,
    by_number: HashMap<u64, &'static str>,
}

impl Names {
    fn of_request(&mut self, unit: &Unit) -> &str {
        match unit {
            Unit::Http { head, .. } => {
                self.path = path(head).to_owned();
                self.is_upgrade = header(head, "upgrade").is_some();
                &self.path
            }
            Unit::Frame { payload, .. } => {
                let frame = if self.path == api::ACCOUNT_STREAM {
                    codec::decode::<ClientFrame<InboxRequest>>(payload)
                        .map(|frame| (frame.request, inbox_request_name(&frame.body)))
                } else {
                    codec::decode::<ClientFrame<Request>>(payload)
                        .map(|frame| (frame.request, request_name(&frame.body)))
                };
                let Ok((number, name)) = frame else {
                    return "unknown";
                };
                self.by_number.insert(number, name);
                name
            }
        }
    }

    fn of_answer(&mut self, unit: &Unit) -> &str {
        match unit {
            Unit::Http { .. } => &self.path,
            Unit::Frame { payload, .. } => {
                let number = if self.path == api::ACCOUNT_STREAM {
                    answered::<InboxAnswer>(payload)
                } else {
                    answered::<Answer>(payload)
                };
                number
                    .and_then(|number| self.by_number.remove(&number))
                    .unwrap_or("event")
            }
        }
    }
}

fn answered<A: serde::de::DeserializeOwned>(payload: &[u8]) -> Option<u64> {
    match codec::decode::<ServerFrame<A>>(payload) {
        Ok(ServerFrame::Answer { request, .. }) => Some(request),
        _ => None,
    }
}
