//! Vectors of the drafts, and properties of the codec.

use proptest::prelude::*;

use super::*;

const ALICE: &str = "mimi://example.com/u/alice-smith";
const BOB: &str = "mimi://example.com/u/bob-jones";
const CATHY: &str = "mimi://example.com/u/cathy-washington";
const ROOM: &str = "mimi://example.com/r/engineering_team";
const ORIGINAL: &str = "017ce54837404c3696e0c747b985cb172716d0ed0a3d249ca63ace7d82a096f4";
const REPLY: &str = "015354973c2b65ca937bf1e035ae53a5ab80e947afa43d46920d4202e5cc0b27";

fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

fn id(text: &str) -> MessageId {
    MessageId::from_hex(text).unwrap()
}

/// A content with the draft's `senderUri` and `roomUri`.
fn example(salt: &str, sender: &str, part: NestedPart) -> Content {
    let mut extensions = Extensions::default();
    for (number, uri) in [(1, sender), (2, ROOM)] {
        let value = minicbor::to_vec(uri).unwrap();
        extensions
            .insert(ExtensionKey::Registered(number), value)
            .unwrap();
    }
    Content {
        salt: Salt(hex(salt).try_into().unwrap()),
        replaces: None,
        topic: Vec::new(),
        expires: None,
        in_reply_to: None,
        extensions,
        part,
    }
}

fn markdown(text: &str) -> NestedPart {
    NestedPart::single(Disposition::Render, MARKDOWN, text.into())
}

fn null(disposition: Disposition) -> NestedPart {
    NestedPart {
        disposition,
        language: String::new(),
        body: Body::Null,
    }
}

#[test]
fn the_original_message_of_the_draft_encodes_byte_for_byte() {
    let content = example(
        "5eed9406c2545547ab6f09f20a18b003",
        ALICE,
        markdown("Hi everyone, we just shipped release 2.0. __Good  work__!"),
    );
    let expected = hex(
        "87 50 5eed9406c2545547ab6f09f20a18b003 f6 40 f6 f6 a2 01 78 20
         6d696d693a2f2f6578616d706c652e636f6d2f752f616c6963652d736d697468 02 78 25
         6d696d693a2f2f6578616d706c652e636f6d2f722f656e67696e656572696e675f7465616d
         85 01 60 01 78 1e 746578742f6d61726b646f776e3b76617269616e743d47464d2d4d494d49 58 39
         48692065766572796f6e652c207765206a75737420736869707065642072656c6561736520322e302e20
         5f5f476f6f642020776f726b5f5f21",
    );
    assert_eq!(content.encode().unwrap(), expected);
    assert_eq!(decode(&expected).unwrap(), content);
}

#[test]
fn message_ids_are_those_of_the_draft() {
    let original = example(
        "5eed9406c2545547ab6f09f20a18b003",
        ALICE,
        markdown("Hi everyone, we just shipped release 2.0. __Good  work__!"),
    );
    let mut reply = example(
        "11a458c73b8dd2cf404db4b378b8fe4d",
        BOB,
        markdown("Right on! _Congratulations_ 'all!"),
    );
    reply.in_reply_to = Some(id(ORIGINAL));
    let mut edit = example(
        "b8c2e6d8800ecf45df39be6c45f4c042",
        BOB,
        markdown("Right on! _Congratulations_ y'all!"),
    );
    edit.in_reply_to = Some(id(ORIGINAL));
    edit.replaces = Some(id(REPLY));
    let mut delete = example(
        "0a590d73b2c7761c39168be5ebf7f2e6",
        BOB,
        null(Disposition::Render),
    );
    delete.in_reply_to = Some(id(ORIGINAL));
    delete.replaces = Some(id(REPLY));
    let mut unlike = example(
        "c5ba86dc9fd272e58ca52ec805b79199",
        CATHY,
        null(Disposition::Reaction),
    );
    unlike.in_reply_to = Some(id(ORIGINAL));
    unlike.replaces = Some(id(
        "0158c4288911e50a8f6be3f47746b6682f10fd91bc8c05557aa589a3157aff68",
    ));
    let mut expiring = example(
        "33be993eb39f418f9295afc2ae160d2d",
        ALICE,
        markdown(
            "__*VPN GOING DOWN*__ I'm rebooting the VPN in ten minutes unless anyone objects.",
        ),
    );
    expiring.expires = Some(Expiration::At(1_644_390_004));

    for (content, sender, expected) in [
        (original, ALICE, ORIGINAL),
        (reply, BOB, REPLY),
        (
            edit,
            BOB,
            "014028c0deddbdea56bec26172f6ede953d11024cb82b8192b5e2aea62d7fb47",
        ),
        (
            delete,
            BOB,
            "011d9efc78d04d4dcf4d82b07d5199bbef37011c1f0c7e004b6111c6dda504b4",
        ),
        (
            unlike,
            CATHY,
            "013aadbb8f313253c8930f4e93c6ca54b2ed06d258185bdcec3870534c8a4ec4",
        ),
        (
            expiring,
            ALICE,
            "01e59db8173939facc2c8a4a0f0ae8d0c7a11a81239626630c9464a8d6717a03",
        ),
    ] {
        let bytes = content.encode().unwrap();
        assert_eq!(message_id(sender, ROOM, &bytes).to_hex(), expected);
    }
}

#[test]
fn the_attachment_of_the_draft_round_trips_and_has_its_message_id() {
    let part = NestedPart {
        disposition: Disposition::Attachment,
        language: "en".into(),
        body: Body::External(Box::new(External {
            content_type: "video/mp4".into(),
            url: "https://example.com/storage/8ksB4bSrrRE.mp4".into(),
            expires: 0,
            size: 708_234_961,
            enc_alg: 1,
            key: zeroize::Zeroizing::new(hex("21399320958a6f4c745dde670d95e0d8")),
            nonce: hex("c86cf2c33f21527d1dd76f5b"),
            aad: Vec::new(),
            hash_alg: 1,
            content_hash: hex("9ab17a8cf0890baaae7ee016c7312fcc080ba46498389458ee44f0276e783163"),
            description: "2 hours of key signing video".into(),
            filename: "bigfile.mp4".into(),
        })),
    };
    let content = example("18fac6371e4e53f1aeaf8a013155c166", BOB, part);
    let bytes = content.encode().unwrap();
    assert_eq!(decode(&bytes).unwrap(), content);
    assert_eq!(
        message_id(BOB, ROOM, &bytes).to_hex(),
        "0176180c7d19a925021fe446d241134d05c38e0d999cdc0f39c391d2377ed9d1"
    );
    assert_eq!(
        content.shown(),
        Shown::Text("[video bigfile.mp4: it needs an update]".into())
    );
}

#[test]
fn the_status_report_of_the_draft_decodes_and_encodes_byte_for_byte() {
    let bytes = hex(
        "84 82 5820 017ce54837404c3696e0c747b985cb172716d0ed0a3d249ca63ace7d82a096f4 02
            82 5820 015354973c2b65ca937bf1e035ae53a5ab80e947afa43d46920d4202e5cc0b27 02
            82 5820 018d825adf9f6be00dcafc5704c4102f5022e74219d0b603e4ba7622654042af 00
            82 5820 01e59db8173939facc2c8a4a0f0ae8d0c7a11a81239626630c9464a8d6717a03 03",
    );
    let report = StatusReport::decode(&bytes).unwrap();
    assert_eq!(report.0[0], (id(ORIGINAL), Status::Read));
    assert_eq!(report.0[2].1, Status::Unread);
    assert_eq!(report.0[3].1, Status::Expired);
    assert_eq!(report.encode().unwrap(), bytes);
}

#[test]
fn receipts_are_shown_as_status_and_never_as_text() {
    let report = StatusReport(vec![(id(ORIGINAL), Status::Delivered)]);
    let content = Content::status(Salt([7; 16]), &report, Time(5)).unwrap();
    let content = decode(&content.encode().unwrap()).unwrap();
    assert_eq!(content.shown(), Shown::Status(report));

    let garbage = NestedPart::single(Disposition::Unspecified, status::MEDIA_TYPE, vec![0xff]);
    assert_eq!(
        example("00".repeat(16).as_str(), BOB, garbage).shown(),
        Shown::Nothing
    );
}

#[test]
fn the_clock_of_the_sender_travels_in_an_extension() {
    let content = Content::text(Salt([1; 16]), "hi", Time(1_795_333_000_123)).unwrap();
    let content = decode(&content.encode().unwrap()).unwrap();
    assert_eq!(content.sent_at(), Some(Time(1_795_333_000_123)));
    assert_eq!(content.shown(), Shown::Text("hi".into()));
}

#[test]
fn nothing_that_is_printed_shows_content() {
    let content = Content::text(Salt([1; 16]), "canary", Time(1)).unwrap();
    let printed = format!("{content:?} {:?} {:?}", content.part, content.shown());
    assert!(!printed.contains("canary"), "{printed}");
}

#[test]
fn later_kinds_give_a_notice_and_no_error() {
    // Disposition 77, cardinality 9 with an item that no draft describes, and an unknown extension.
    let bytes = hex(
        "87 50 00000000000000000000000000000000 f6 40 f6 f6 a1 19 1234 82 01 a0
                     84 18 4d 60 09 83 01 02 03",
    );
    let content = decode(&bytes).unwrap();
    assert_eq!(content.part.disposition, Disposition::Other(77));
    assert_eq!(content.part.body, Body::Unknown { cardinality: 9 });
    assert_eq!(content.extensions.iter().len(), 1);
    assert_eq!(content.shown(), Shown::Text(shown::UNREADABLE.into()));
}

#[test]
fn the_readable_alternative_is_chosen() {
    let html = NestedPart::single(Disposition::Render, "text/html", b"<p>hi</p>".to_vec());
    let mut part = NestedPart {
        disposition: Disposition::Render,
        language: String::new(),
        body: Body::Multi {
            semantics: Semantics::ChooseOne,
            parts: vec![html, markdown("hi")],
        },
    };
    let content = example("00".repeat(16).as_str(), ALICE, part.clone());
    assert_eq!(content.shown(), Shown::Text("hi".into()));

    if let Body::Multi { semantics, .. } = &mut part.body {
        *semantics = Semantics::SingleUnit;
    }
    let content = example("00".repeat(16).as_str(), ALICE, part);
    assert_eq!(
        content.shown(),
        Shown::Text("[text/html: it needs an update]".into())
    );
}

#[test]
fn limits_hold_both_ways() {
    assert_eq!(
        Content::text(Salt([0; 16]), &"x".repeat(MAX_TEXT + 1), Time(0)),
        Err(ContentError::TooLarge("text"))
    );
    let mut part = markdown("deep");
    for _ in 0..MAX_DEPTH {
        part = NestedPart {
            body: Body::Multi {
                semantics: Semantics::ProcessAll,
                parts: vec![part, markdown("x")],
            },
            ..markdown("")
        };
    }
    let deep = example("00".repeat(16).as_str(), ALICE, part);
    assert_eq!(
        deep.encode(),
        Err(ContentError::TooLarge("nesting of parts"))
    );
    let wide = NestedPart {
        body: Body::Multi {
            semantics: Semantics::ProcessAll,
            parts: vec![markdown("x"); MAX_PARTS],
        },
        ..markdown("")
    };
    let wide = example("00".repeat(16).as_str(), ALICE, wide);
    assert_eq!(
        wide.encode(),
        Err(ContentError::TooLarge("number of parts"))
    );
}

#[test]
fn an_extension_that_appears_twice_is_refused() {
    let bytes =
        hex("87 50 00000000000000000000000000000000 f6 40 f6 f6 a2 01 00 01 00 83 01 60 00");
    assert_eq!(decode(&bytes), Err(ContentError::DuplicateExtension));
}

fn extension_key() -> impl Strategy<Value = ExtensionKey> {
    prop_oneof![
        any::<u64>().prop_map(ExtensionKey::Registered),
        any::<u64>().prop_map(ExtensionKey::Negative),
        "[a-z/]{1,40}".prop_map(|name| ExtensionKey::text(&name).unwrap()),
    ]
}

fn extensions() -> impl Strategy<Value = Extensions> {
    prop::collection::btree_map(extension_key(), any::<u32>(), 0..6).prop_map(|entries| {
        let mut extensions = Extensions::default();
        for (key, value) in entries {
            let value = minicbor::to_vec(value).unwrap();
            extensions.insert(key, value).unwrap();
        }
        extensions
    })
}

fn body() -> impl Strategy<Value = Body> {
    let leaf = prop_oneof![
        Just(Body::Null),
        (
            "[a-z]{1,8}/[a-z]{1,8}",
            prop::collection::vec(any::<u8>(), 0..80)
        )
            .prop_map(|(content_type, content)| Body::Single {
                content_type,
                content
            }),
        (4..u64::MAX).prop_map(|cardinality| Body::Unknown { cardinality }),
    ];
    leaf.prop_recursive(2, 12, 3, |inner| {
        (0..3u64, prop::collection::vec(inner, 2..4)).prop_map(|(semantics, bodies)| Body::Multi {
            semantics: Semantics::from_number(semantics).unwrap(),
            parts: bodies
                .into_iter()
                .map(|body| NestedPart {
                    disposition: Disposition::Inline,
                    language: "de".into(),
                    body,
                })
                .collect(),
        })
    })
}

prop_compose! {
    fn content()(
        salt in any::<[u8; 16]>(),
        replaces in any::<Option<[u8; 32]>>(),
        topic in prop::collection::vec(any::<u8>(), 0..20),
        expires in any::<Option<(bool, u32)>>(),
        in_reply_to in any::<Option<[u8; 32]>>(),
        extensions in extensions(),
        disposition in any::<u8>(),
        body in body(),
    ) -> Content {
        Content {
            salt: Salt(salt),
            replaces: replaces.map(MessageId),
            topic,
            expires: expires.map(|(relative, seconds)| match relative {
                true => Expiration::AfterReading(seconds),
                false => Expiration::At(seconds),
            }),
            in_reply_to: in_reply_to.map(MessageId),
            extensions,
            part: NestedPart {
                disposition: Disposition::from_number(disposition),
                language: String::new(),
                body,
            },
        }
    }
}

proptest! {
    #[test]
    fn content_round_trips_to_the_same_bytes(content in content()) {
        let bytes = content.encode().unwrap();
        let decoded = decode(&bytes).unwrap();
        prop_assert_eq!(&decoded, &content);
        prop_assert_eq!(decoded.encode().unwrap(), bytes);
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(content) = decode(&bytes) {
            let _ = content.shown();
        }
        let _ = StatusReport::decode(&bytes);
        let _ = message_id(ALICE, ROOM, &bytes);
    }

    #[test]
    fn flipped_and_cut_content_never_panics(
        content in content(),
        at in any::<prop::sample::Index>(),
        flip in 1..=255u8,
    ) {
        let bytes = content.encode().unwrap();
        let at = at.index(bytes.len());
        prop_assert!(decode(&bytes[..at]).is_err());
        let mut flipped = bytes;
        flipped[at] ^= flip;
        if let Ok(content) = decode(&flipped) {
            let _ = content.shown();
        }
    }

    #[test]
    fn message_ids_differ_by_sender_and_room(text in "[ -~]{0,40}", other in "[a-z]{1,9}") {
        let bytes = Content::text(Salt([3; 16]), &text, Time(1)).unwrap().encode().unwrap();
        let id = message_id(ALICE, ROOM, &bytes);
        prop_assert_ne!(id, message_id(&format!("{ALICE}{other}"), ROOM, &bytes));
        prop_assert_ne!(id, message_id(ALICE, &format!("{ROOM}{other}"), &bytes));
    }
}
