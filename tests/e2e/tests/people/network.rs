//! A network that loses, repeats and cuts.

use restante_harness::{
    person::{Person, assert_agreement},
    proxy::Proxy,
    relay::Relay,
};

/// Two people talk while something happens to the network, and afterwards.
async fn talk_through(trouble: fn(&Proxy)) {
    let relay = Relay::start().await;
    let network = Proxy::before(relay.address()).await;
    let alice = Person::register(&network.url(), "alice").await;
    let bob = Person::register(&network.url(), "bob").await;
    let room = alice.befriends(&bob).await;
    trouble(&network);
    alice.says(room, "in trouble").await;
    bob.sees(room, "in trouble").await;
    bob.says(room, "so am I").await;
    alice.sees(room, "so am I").await;
    network.all_happened().await;
    alice.says(room, "afterwards").await;
    bob.sees(room, "afterwards").await;
    for person in [&alice, &bob] {
        person.has_sent_all(room).await;
    }
    let agreed = assert_agreement(room, &[&alice, &bob]).await;
    let texts: Vec<String> = agreed.messages.into_iter().map(|(.., text)| text).collect();
    assert_eq!(texts, ["in trouble", "so am I", "afterwards"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn c4_a_message_whose_append_was_lost_arrives_once() {
    talk_through(|network| network.lose_request("append")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c4_a_message_whose_answer_was_lost_arrives_once() {
    talk_through(|network| network.lose_answer("append")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c4_a_message_that_came_twice_to_the_relay_arrives_once() {
    talk_through(|network| network.repeat_request("append")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c4_a_message_that_was_lost_on_its_way_down_arrives_once() {
    talk_through(|network| network.lose_answer("event")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c4_a_message_whose_acknowledgement_was_lost_arrives_once() {
    talk_through(|network| {
        network.lose_request("ack");
        network.lose_answer("ack");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c4_every_connection_is_cut_and_messages_arrive_once() {
    talk_through(Proxy::cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_a_contact_request_whose_every_step_is_lost_once_still_makes_contacts() {
    let relay = Relay::start().await;
    let network = Proxy::before(relay.address()).await;
    let alice = Person::register(&network.url(), "alice").await;
    let bob = Person::register(&network.url(), "bob").await;
    for step in [
        "/v1/directory/lookup",
        "/v1/key-packages/claim",
        "create",
        "append",
        "/v1/inboxes/deliver",
        "rotate",
    ] {
        network.lose_answer(step);
    }
    let room = alice.befriends(&bob).await;
    alice.says(room, "at last").await;
    bob.sees(room, "at last").await;
    network.all_happened().await;
    assert_agreement(room, &[&alice, &bob]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c4_what_waits_in_a_stalled_network_arrives_in_order_afterwards() {
    let relay = Relay::start().await;
    let network = Proxy::before(relay.address()).await;
    let alice = Person::register(&network.url(), "alice").await;
    let bob = Person::register(&network.url(), "bob").await;
    let room = alice.befriends(&bob).await;
    network.hold();
    for number in 0..30 {
        alice.says(room, &format!("held {number}")).await;
    }
    network.release();
    bob.sees(room, "held 29").await;
    alice.has_sent_all(room).await;
    let agreed = assert_agreement(room, &[&alice, &bob]).await;
    assert_eq!(agreed.messages.len(), 30);
}
