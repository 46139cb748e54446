//! Requests by HTTP.

use std::sync::Arc;

use restante_wire::{ErrorCode, api::Access};
use tokio::sync::mpsc;

use super::relay;
use crate::{
    driver::{
        posts::{Post, Posts},
        report::Report,
        session::Session,
        side::Side,
    },
    engine::io::{CallId, Failure, Input},
    platform::Runtime,
};

fn post(relay: &str, access: Access) -> Post {
    Post {
        call: CallId(1),
        relay: relay.to_owned(),
        path: "/v1/directory/lookup",
        access,
        body: Vec::new(),
    }
}

async fn refusal(reports: &mut mpsc::Receiver<Report>) -> ErrorCode {
    match reports.recv().await.unwrap() {
        Report::Posted {
            epoch: 3,
            input:
                Input::Answered {
                    call: CallId(1),
                    result: Err(Failure::Refused(error)),
                },
        } => error.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn r7_anonymous_posts_carry_no_account() {
    let (url, seen) = relay::serve().await;
    let (sender, mut reports) = mpsc::channel(8);
    let session = Session::new(url.clone(), Side::new().unwrap(), sender.clone());
    session.keep(restante_wire::SessionToken([7; 32])).await;
    let mut posts = Posts::new(Side::new().unwrap(), Arc::new(session), sender);
    posts
        .start(&Runtime::current(), 3, post(&url, Access::Anonymous))
        .unwrap();
    assert_eq!(refusal(&mut reports).await, ErrorCode::NotFound);
    assert_eq!(seen.authorizations(), [None]);
}

#[tokio::test]
async fn the_token_is_shown_to_no_other_relay() {
    let (url, seen) = relay::serve().await;
    let (sender, mut reports) = mpsc::channel(8);
    let home = "https://home.example".to_owned();
    let session = Session::new(home, Side::new().unwrap(), sender.clone());
    session.keep(restante_wire::SessionToken([7; 32])).await;
    let mut posts = Posts::new(Side::new().unwrap(), Arc::new(session), sender);
    posts
        .start(&Runtime::current(), 3, post(&url, Access::Session))
        .unwrap();
    assert_eq!(refusal(&mut reports).await, ErrorCode::WrongConnection);
    assert!(seen.authorizations().is_empty());
}
