//! How a relay wakes devices, and what is sealed into handles.

use restante_vectors::hex;
use restante_wire::{
    P256Key, PushAuth, PushKey, codec,
    push::{ApnsStyle, PushService, ReadPushService, Subscription, Target, Urgency},
};
use serde_json::{Value, json};

use crate::vector;

pub(crate) fn vectors() -> Vec<Value> {
    [service(), targets(), urgencies()].concat()
}

fn service() -> Vec<Value> {
    let service = PushService {
        key: Some(PushKey([0x41; 32])),
        vapid: Some(P256Key([0x42; 65])),
        apns: true,
        fcm: false,
    };
    let nothing = PushService {
        key: None,
        vapid: None,
        apns: false,
        fcm: false,
    };
    vec![
        vector("ReadPushService", &ReadPushService {}),
        vector("PushService", &service),
        vector("PushService", &nothing),
    ]
}

/// Every kind of target; of the first also the block that is sealed.
fn targets() -> Vec<Value> {
    let subscription = Subscription {
        endpoint: "https://push.example/0123".into(),
        p256dh: P256Key([0x43; 65]),
        auth: PushAuth([0x44; 16]),
    };
    let apns = |style| Target::Apns {
        token: vec![0x45; 32],
        style,
    };
    let web_push = Target::WebPush(subscription.clone());
    let fcm = Target::Fcm {
        token: "registration:token".into(),
    };
    let block = web_push.to_block().unwrap();
    assert!(Target::from_block(&block).as_ref() == Some(&web_push));
    assert!(block.starts_with(&codec::encode(&web_push)));
    vec![
        vector("Subscription", &subscription),
        vector("Target", &web_push),
        vector("Target", &apns(ApnsStyle::Alert)),
        vector("Target", &apns(ApnsStyle::Background)),
        vector("Target", &fcm),
        json!({ "type": "Target in its block", "bytes": hex(&*block) }),
    ]
}

fn urgencies() -> Vec<Value> {
    let all = [Urgency::Normal, Urgency::Urgent];
    all.iter()
        .map(|urgency| vector("Urgency", urgency))
        .collect()
}
