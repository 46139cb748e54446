//! R8: what strangers send and never finish does not grow the relay's memory. The relay is a process
//! of its own here, so that its memory can be looked at.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

use std::{
    io::{BufRead, BufReader},
    net::{IpAddr, SocketAddr},
    process::{Child, Command, Stdio},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt, stream::FuturesUnordered};
use restante_wire::{
    ErrorCode, MailboxAddress, Outcome, OwnerTag, SeatId, SeatSecret, WireError, codec,
    mailbox::{Answer, Create, Request, Stamp},
    stream::{ClientFrame, ServerFrame},
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::frame::coding::CloseCode},
};

const MIB: usize = 1024 * 1024;

/// Longest that anything may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// What each attacker announces, and what it sends of it.
const ANNOUNCED: usize = 5 * MIB;
const SENT: usize = 4 * MIB;

/// What the relay may grow by beside its budget: some tens of connections and the allocator's rests.
const SLACK: usize = 24 * MIB;

struct Relay {
    process: Child,
    address: SocketAddr,
    _dir: tempfile::TempDir,
}

impl Relay {
    /// With a large pool of 12 MiB, of which one address may hold this much.
    fn start(mib_per_address: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_restante-server"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(dir.path())
            .env("RESTANTE_LIMITS__RECEIVE_LARGE_MIB", "12")
            .env(
                "RESTANTE_LIMITS__RECEIVE_LARGE_MIB_PER_ADDRESS",
                mib_per_address,
            )
            .env("RESTANTE_LIMITS__STALL_SECONDS", "600")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on http://");
        let address = url.expect("the first line names the URL").parse().unwrap();
        Self {
            process,
            address,
            _dir: dir,
        }
    }

    /// Bytes of memory that the relay has in use.
    fn resident(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kib: usize = line
            .unwrap()
            .split_whitespace()
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        kib * 1024
    }

    async fn connect(&self, from: [u8; 4]) -> Stream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((IpAddr::from(from), 0).into()).unwrap();
        let socket = socket.connect(self.address).await.unwrap();
        let url = format!("ws://{}/v1/stream", self.address);
        let (mut stream, _) = tokio_tungstenite::client_async(url, socket).await.unwrap();
        assert!(matches!(frame(&mut stream).await, ServerFrame::Greeting(_)));
        stream
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

type Stream = WebSocketStream<TcpStream>;

async fn message(stream: &mut Stream) -> Message {
    let next = tokio::time::timeout(DEADLINE, stream.next());
    next.await.unwrap().unwrap().unwrap()
}

async fn frame(stream: &mut Stream) -> ServerFrame<Answer> {
    match message(stream).await {
        Message::Binary(bytes) => codec::decode(&bytes).unwrap(),
        other => panic!("the relay sent {other:?}"),
    }
}

/// Sends a frame of which the last part is missing.
async fn send_part_of_a_frame(stream: &mut Stream) {
    let mut head = vec![0x82, 0xff];
    head.extend_from_slice(&(ANNOUNCED as u64).to_be_bytes());
    head.extend_from_slice(&[0; 4]);
    let socket = stream.get_mut();
    let sending = async {
        socket.write_all(&head).await.unwrap();
        for _ in 0..SENT / MIB {
            socket.write_all(&vec![1; MIB]).await.unwrap();
        }
    };
    tokio::time::timeout(DEADLINE, sending).await.unwrap();
}

/// Waits until the relay refuses, which it says twice: in its own words and in those of WebSockets.
async fn refused(mut stream: Stream) -> Stream {
    let ServerFrame::Answer { request: 0, result } = frame(&mut stream).await else {
        panic!("the relay answers a request that it has not read");
    };
    let Outcome::Refused(WireError {
        code: ErrorCode::Overloaded,
        retry_after_ms: Some(_),
    }) = result
    else {
        panic!("the relay says {result:?}");
    };
    match message(&mut stream).await {
        Message::Close(Some(close)) => assert_eq!(close.code, CloseCode::Again),
        other => panic!("the relay sent {other:?}"),
    }
    stream
}

fn create(number: u8) -> Request {
    Request::Create(Create {
        stamp: Stamp::default(),
        mailbox: MailboxAddress([number; 32]),
        seat: SeatId([1; 32]),
        secret_hash: SeatSecret([2; 32]).hash(),
        owner_tag: OwnerTag([3; 32]),
    })
}

async fn ask(stream: &mut Stream, body: Request) -> Result<Answer, WireError> {
    let bytes = codec::encode(&ClientFrame { request: 1, body });
    stream.send(Message::Binary(bytes.into())).await.unwrap();
    match frame(stream).await {
        ServerFrame::Answer { result, .. } => result.into(),
        other => panic!("the relay sent {other:?}"),
    }
}

#[tokio::test]
async fn r8_unfinished_frames_stay_within_their_budget_and_honest_clients_go_on() {
    const ATTACKERS: usize = 30;
    let relay = Relay::start("6");
    let mut honest = relay.connect([127, 0, 0, 2]).await;
    assert_eq!(ask(&mut honest, create(1)).await, Ok(Answer::Done));
    let before = relay.resident();

    let mut attackers = FuturesUnordered::new();
    for _ in 0..ATTACKERS {
        let mut attacker = relay.connect([127, 0, 0, 1]).await;
        send_part_of_a_frame(&mut attacker).await;
        attackers.push(refused(attacker));
    }
    // One may hold what it sent, all others not.
    let _refused: Vec<Stream> = attackers.by_ref().take(ATTACKERS - 1).collect().await;
    let grown = relay.resident().saturating_sub(before);
    assert!(grown < 6 * MIB + SLACK, "{} MiB", grown / MIB);

    // Short requests have their own part, and other addresses theirs of the large one.
    let mut near = relay.connect([127, 0, 0, 1]).await;
    assert_eq!(ask(&mut near, create(2)).await, Ok(Answer::Done));
    let long = Message::Binary(vec![1; ANNOUNCED].into());
    honest.send(long).await.unwrap();
    let ServerFrame::Answer { result, .. } = frame(&mut honest).await else {
        panic!("a frame that is no request is answered");
    };
    assert_eq!(result, Outcome::Refused(ErrorCode::BadRequest.into()));
    assert_eq!(ask(&mut honest, create(3)).await, Ok(Answer::Done));
}

#[tokio::test]
async fn r8_a_connection_that_once_sent_much_holds_nothing_of_it() {
    const CONNECTIONS: usize = 30;
    let relay = Relay::start("12");
    let mut idle = vec![relay.connect([127, 0, 0, 1]).await];
    let before = relay.resident();
    for _ in 0..CONNECTIONS {
        let mut stream = relay.connect([127, 0, 0, 1]).await;
        let long = Message::Binary(vec![1; ANNOUNCED].into());
        stream.send(long).await.unwrap();
        assert!(matches!(
            frame(&mut stream).await,
            ServerFrame::Answer { .. }
        ));
        idle.push(stream);
    }
    let grown = relay.resident().saturating_sub(before);
    assert!(grown < 12 * MIB + SLACK, "{} MiB", grown / MIB);
}
