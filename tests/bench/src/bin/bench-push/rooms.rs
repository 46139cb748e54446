//! Rooms whose members sleep, all but the one who writes.

use std::{net::SocketAddr, sync::Arc};

use restante_crypto::wake_handle::seal_handle;
use restante_harness::{
    seat::{self, Seat},
    wire::{Connection, connect},
};
use restante_wire::{
    PushKey,
    api::{CONTENT_TYPE, Endpoint},
    codec,
    mailbox::{Request, SeatChanges, SetWakeHandle},
    push::{PushService, ReadPushService},
    stream::ServerFrame,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::gateways::{Gateways, Names};

/// Connections that make rooms at once.
const MAKERS: usize = 16;

/// Mailboxes, the seat that writes in each, and who sleeps there.
pub(crate) struct Rooms {
    /// Who writes.
    pub(crate) writers: Vec<Seat>,
    /// Numbers of devices by the names that gateways know.
    pub(crate) names: Names,
    /// Sleepers of one room: device `n` is in room `n / per_room`.
    pub(crate) per_room: usize,
}

impl Rooms {
    /// Makes so many rooms of so many sleepers.
    pub(crate) async fn make(
        relay: SocketAddr,
        gateways: &Gateways,
        count: usize,
        per_room: usize,
    ) -> Self {
        let key = push_key(relay).await;
        let (names, targets): (Vec<_>, Vec<_>) = (0..count * per_room)
            .map(|number| gateways.device(number))
            .unzip();
        let targets = Arc::new(targets);
        let mut makers = JoinSet::new();
        for maker in 0..MAKERS {
            let targets = Arc::clone(&targets);
            makers.spawn(async move {
                let mut connection = connect(relay).await;
                let mut made = Vec::new();
                for room in (maker..count).step_by(MAKERS) {
                    let of_room = targets.chunks(per_room).nth(room).expect("its targets");
                    let writer = make_room(&mut connection, &key, of_room).await;
                    made.push((room, writer));
                }
                made
            });
        }
        let mut writers = Vec::new();
        while let Some(made) = makers.join_next().await {
            writers.extend(made.expect("rooms"));
        }
        writers.sort_unstable_by_key(|(room, _)| *room);
        Self {
            writers: writers.into_iter().map(|(_, writer)| writer).collect(),
            names: names.into_iter().zip(0..).collect(),
            per_room,
        }
    }
}

async fn make_room(
    connection: &mut Connection,
    key: &PushKey,
    targets: &[restante_wire::push::Target],
) -> Seat {
    let writer = Seat::in_new_mailbox();
    let sleepers = targets.iter().map(|_| Seat::in_mailbox(writer.mailbox));
    let mut sleepers: Vec<Seat> = sleepers.collect();
    let changes = SeatChanges {
        add: sleepers.iter().map(Seat::grant).collect(),
        ..SeatChanges::default()
    };
    let mut requests = vec![
        writer.create(),
        writer.append(vec![seat::commit(0, changes)]),
    ];
    for (sleeper, target) in sleepers.iter_mut().zip(targets) {
        requests.push(sleeper.rotate());
        let handle = seal_handle(key, target).expect("a handle");
        requests.push(Request::SetWakeHandle(SetWakeHandle {
            access: sleeper.access(),
            handle: Some(handle),
        }));
    }
    let mut waiting = requests.len();
    for request in requests {
        connection.queue(request).await.expect("a queued request");
    }
    connection.flush().await.expect("a flush");
    while waiting > 0 {
        if let ServerFrame::Answer { result, .. } = connection.frame().await.expect("a frame") {
            Result::from(result).expect("no refusal");
            waiting -= 1;
        }
    }
    writer
}

/// The key that a relay announces.
async fn push_key(relay: SocketAddr) -> PushKey {
    let body = codec::encode(&ReadPushService {});
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {relay}\r\nContent-Type: {CONTENT_TYPE}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        ReadPushService::PATH,
        body.len()
    );
    let mut socket = TcpStream::connect(relay).await.expect("a connection");
    socket.write_all(head.as_bytes()).await.expect("a request");
    socket.write_all(&body).await.expect("a request");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.expect("an answer");
    let head_end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let (_, body) = answer.split_at(head_end.expect("a head") + 4);
    let service: PushService = codec::decode(body).expect("what it announces");
    service.key.expect("a key")
}
