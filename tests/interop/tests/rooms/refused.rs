//! `tests/vectors/refused.json`: commits that MLS accepts and a rule of rooms refuses, made by a member
//! and by an admin that do not keep the rules.
//!
//! Rules that an MLS library does not let its user break (two room states, an update with another
//! certificate, and so on) are broken in `crypto/src/group/tests/insider.rs`.

use restante_crypto::{Change, Client, ClientKeys, ParticipantRole, Randomness, Rows};
use restante_interop::{
    Change as PeerChange, Room, RoomState,
    room_state::{MemberRole, Permission},
    suite::CLASSICAL,
};
use restante_vectors::{agree, committed, hex, unhex};
use restante_wire::{
    AccountKeyHash, Envelope, EnvelopeId, Kind, MailboxAddress, account::ClientCertificate, codec,
};
use serde_json::{Value, json};

use crate::{
    vector::{new_newcomer, newcomer, written},
    world::{Mailbox, Ours, new_peer, opened},
};

const FILE: &str = "refused.json";

#[test]
fn our_client_skips_the_committed_commits_by_their_rules() {
    let vector = committed(FILE).unwrap_or_else(|| {
        let made = make();
        agree(FILE, &made);
        made
    });
    let ours = &vector["ours"];
    let bytes = |field: &str| unhex(ours[field].as_str().unwrap());
    let certificate: ClientCertificate = codec::decode(&bytes("certificate")).unwrap();
    let keys = ClientKeys::from_bytes(&bytes("keys")).unwrap();
    let mut carol = Ours::new("carol");
    carol.client = Client::new(keys, certificate, Randomness::os()).unwrap();
    let rows: Rows = codec::decode(&bytes("key_package_rows")).unwrap();
    let (peer, invitation) = newcomer(&vector);
    let first = unhex(vector["log"][0]["envelope"].as_str().unwrap());
    let room = Room::join(&peer, &invitation, &codec::decode(&first).unwrap()).unwrap();
    assert_eq!(
        hex(room.epoch_authenticator().unwrap()),
        vector["log"][0]["epoch_authenticator"]
    );
    let mut rules = 0;
    for (index, step) in vector["log"].as_array().unwrap().iter().enumerate() {
        let envelope: Envelope = codec::decode(&unhex(step["envelope"].as_str().unwrap())).unwrap();
        let refused = match index {
            0 => {
                carol.joins(&bytes("letter"), &envelope, rows.clone());
                None
            }
            _ => carol.receive(&envelope).err().map(|skip| skip.code()),
        };
        assert_eq!(json!(refused), step["refused"], "{index}");
        assert_eq!(
            hex(carol.group().epoch_authenticator()),
            step["epoch_authenticator"]
        );
        rules += usize::from(refused.is_some());
    }
    assert!(rules >= 10, "only {rules} were refused");
}

/// Alice, who is ours, and three more: Carol, a member and an admin on the other library.
struct Scene {
    mailbox: Mailbox,
    alice: Ours,
    mallory: Room,
    adam: Room,
    log: Vec<Value>,
}

impl Scene {
    /// A commit that is in nobody's force: its author hears of it as of somebody else's garbage.
    fn refused(&mut self, by: fn(&mut Self) -> &mut Room, change: PeerChange, kind: Kind) {
        let outgoing = by(self).commit(change).unwrap();
        let id = EnvelopeId([self.log.len() as u8; 16]);
        let welcome = outgoing.welcome.map(|(sealed, _)| sealed);
        let envelope = self.mailbox.append(id, kind, outgoing.body, welcome);
        let skip = self.alice.receive(&envelope).unwrap_err();
        for room in [&mut self.mallory, &mut self.adam] {
            room.pass_over(&envelope).unwrap();
        }
        self.note(&envelope, &json!(skip.code()));
    }

    fn note(&mut self, envelope: &Envelope, refused: &Value) {
        self.log.push(json!({
            "envelope": hex(codec::encode(envelope)),
            "refused": refused,
            "epoch_authenticator": hex(self.alice.group().epoch_authenticator()),
        }));
    }
}

fn mallory(scene: &mut Scene) -> &mut Room {
    &mut scene.mallory
}

fn adam(scene: &mut Scene) -> &mut Room {
    &mut scene.adam
}

/// A scene, and what Carol and Pete need to follow it.
fn set_up() -> (Scene, Value) {
    let pete = new_newcomer(CLASSICAL);
    let (mut mailbox, mut alice) = (Mailbox::default(), Ours::with_room("alice"));
    let carol = Ours::new("carol");
    let package = carol.key_package();
    let peers = [new_peer("mallory"), new_peer("adam")];
    let mut key_packages = vec![package.public, pete.key_package().unwrap()];
    let secrets = pete.key_package_secrets().remove(0);
    key_packages.extend(peers.iter().map(|peer| peer.key_package().unwrap()));
    let change = alice.addition(&key_packages);
    let (envelope, key) = alice.commits(&mut mailbox, change);
    let key = key.unwrap();
    let to_carol = alice.invites(carol.client.certificate(), &envelope, key.clone());
    let [mallory, adam] = peers.map(|peer| {
        let letter = alice.invites(peer.identity().certificate(), &envelope, key.clone());
        let (_, invitation) = opened(&peer, &letter);
        Room::join(&peer, &invitation, &envelope).unwrap()
    });
    let to_pete = alice.invites(pete.identity().certificate(), &envelope, key);
    let newcomers = json!({
        "joiner": written(&pete, secrets, &to_pete),
        "ours": {
            "keys": hex(carol.client.keys().to_bytes().as_slice()),
            "certificate": hex(codec::encode(carol.client.certificate())),
            "key_package_rows": hex(codec::encode(&package.rows)),
            "letter": hex(to_carol),
        },
    });
    let mut scene = Scene {
        mailbox,
        alice,
        mallory,
        adam,
        log: Vec::new(),
    };
    scene.note(&envelope, &Value::Null);
    scene.promote_adam();
    (scene, newcomers)
}

impl Scene {
    fn promote_adam(&mut self) {
        let mut state = self.alice.group().room_state().clone();
        let account = account_named(&self.adam, "adam");
        state.participants.get_mut(&account).unwrap().role = ParticipantRole::Admin;
        let (envelope, _) = self
            .alice
            .commits(&mut self.mailbox, Change::SetState(state));
        for room in [&mut self.mallory, &mut self.adam] {
            room.receive(&envelope).unwrap();
        }
        self.note(&envelope, &Value::Null);
    }
}

fn certificate_of(room: &Room, name: &str) -> ClientCertificate {
    let members = room.members().unwrap().into_iter();
    let mut named = members.filter(|(_, member)| member.body.username == name);
    named.next().unwrap().1
}

fn account_named(room: &Room, name: &str) -> AccountKeyHash {
    certificate_of(room, name).body.account.key_hash
}

/// The room as it is, with changes.
fn changed(room: &Room, change: impl FnOnce(&mut RoomState)) -> RoomState {
    let mut state = room.state().unwrap();
    change(&mut state);
    state
}

/// The room with other people: each as `keep` says, nobody of whom it says nothing.
fn peopled(
    room: &Room,
    keep: impl Fn(&AccountKeyHash, MemberRole) -> Option<MemberRole>,
) -> RoomState {
    let state = room.state().unwrap();
    let people: Vec<_> = state
        .people()
        .filter_map(|(account, role)| keep(&account.key_hash, role).map(|role| (account, role)))
        .collect();
    state.with_people(&people).unwrap()
}

fn make() -> Value {
    let (mut scene, mut vector) = set_up();
    let room = &scene.mallory;
    let carol = certificate_of(room, "carol").body;
    let gone = carol.account.key_hash;
    let own = account_named(room, "mallory");
    let dave = new_peer("dave");
    let state = room.state().unwrap();
    let mut people: Vec<_> = state.people().collect();
    let account = dave.identity().certificate().body.account.clone();
    people.push((account, MemberRole::Member));
    let adds = |state| PeerChange::Add {
        key_packages: vec![dave.key_package().unwrap()],
        state,
    };
    let removes = |state| PeerChange::Remove {
        client: carol.client,
        state: Some(state),
    };
    let without = peopled(room, |account, role| (*account != gone).then_some(role));
    let mut renamed = without.clone();
    renamed.title = "Mine".into();
    let successor = ("https://relay.example".to_owned(), MailboxAddress([8; 32]));
    let by_member = [
        PeerChange::State(changed(room, |state| state.title = "Mine".into())),
        PeerChange::State(changed(room, |state| state.picture = Some(vec![0xff]))),
        PeerChange::State(changed(room, |state| {
            state.policy.add = Permission::Everyone;
        })),
        PeerChange::State(changed(room, |state| state.successor = Some(successor))),
        PeerChange::State(peopled(room, |account, role| {
            Some(if *account == own {
                MemberRole::Admin
            } else {
                role
            })
        })),
        adds(state.with_people(&people).unwrap()),
        removes(without.clone()),
    ];
    let by_admin = [
        PeerChange::State(changed(room, |state| state.room_id = [1; 32])),
        PeerChange::State(changed(room, |state| state.seat_key = [1; 32])),
        PeerChange::State(changed(room, |state| state.version = 0)),
        PeerChange::State(peopled(room, |_, _| Some(MemberRole::Member))),
        PeerChange::State(without),
        adds(state.clone()),
        removes(renamed),
    ];
    for change in by_member {
        scene.refused(mallory, change, Kind::Commit);
    }
    for change in by_admin {
        scene.refused(adam, change, Kind::Commit);
    }
    scene.refused(mallory, PeerChange::Update, Kind::Message);
    let (mailbox, alice) = (&mut scene.mailbox, &mut scene.alice);
    let said = alice.says(mailbox, "life goes on");
    scene.note(&said, &Value::Null);
    let fields = vector.as_object_mut().unwrap();
    fields.insert("log".into(), scene.log.into());
    vector
}
