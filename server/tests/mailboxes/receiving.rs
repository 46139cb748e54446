//! Frames that begin and do not go on.

use restante_wire::{
    ErrorCode, WireError,
    mailbox::{Answer, Request, Unwatch},
};

use crate::wire::Relay;

/// Time stands still but where everybody waits: then it jumps to the next deadline.
#[tokio::test(start_paused = true)]
async fn r8_a_frame_that_does_not_go_on_is_refused_and_ends_its_connection_only() {
    let relay = Relay::start().await;
    let mut other = relay.seats().await;
    let began = tokio::time::Instant::now();
    for beginning in [
        &[0x82_u8][..],
        &[0x82, 0xfe, 4],
        &[0x02, 0x81, 0, 0, 0, 0, 1],
    ] {
        let mut stream = relay.seats().await;
        stream.write_raw(beginning).await;
        let refused = stream.drain().await;
        let expected: WireError = ErrorCode::BadRequest.into();
        assert_eq!(refused, [(0, Err(expected))]);
    }
    assert!(began.elapsed().as_secs() >= 3 * 15);
    let nothing = Unwatch {
        mailboxes: Vec::new(),
    };
    let answered = other.ask(Request::Unwatch(nothing)).await;
    assert_eq!(answered, Ok(Answer::Done));
}
