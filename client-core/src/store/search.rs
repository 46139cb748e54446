//! The search index: pairs of neighbouring characters of every text, in an FTS5 table inside the
//! encrypted file.
//!
//! Pairs rather than words or triples, because Chinese writes no spaces and its commonest words are
//! two characters long. A token is two characters as six hexadecimal digits each; the last character
//! of a text is a token of its own, so a single character is found as the beginning of a token. The
//! index names candidates, and the folded text beside the message decides: what is found is exactly
//! what holds the text that was asked for.
//!
//! Texts are indexed many at once: those since the last time are looked through one by one. The index
//! keeps no texts, and removes what it held of a deleted one from its pages (`secure-delete`).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Db, StoredMessage, Value};
use crate::{
    Error,
    engine::io::{MessageId, RoomId},
};

/// Texts are indexed when there are this many rows that are not: one transaction in so many writes
/// to the index.
const BATCH: i64 = 256;

/// Most rows that are indexed in one transaction; the next one goes on.
const MOST: i64 = 4_096;

/// Most tokens of one query; what they let through is compared in full.
const MAX_TOKENS: usize = 24;

/// Rows up to which all texts are indexed.
#[derive(Serialize, Deserialize)]
struct Indexed(i64);

impl Value for Indexed {
    const KEY: &'static str = "search_indexed";
}

impl Db<'_> {
    /// Sets what a search compares of a message, and nothing to find if that is `None`.
    pub(crate) fn set_folded(
        self,
        room: &RoomId,
        id: &MessageId,
        folded: Option<&str>,
    ) -> Result<(), Error> {
        let sql = "SELECT id, folded FROM messages WHERE room = ?1 AND message_id = ?2";
        let found: Option<(i64, Option<String>)> =
            self.one(sql, (room.0, id.0), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let Some((row, before)) = found else {
            return Ok(());
        };
        if row <= self.indexed()? {
            // What is empty was never put in, and must not be taken out.
            if let Some(before) = before.filter(|before| !before.is_empty()) {
                let sql = "INSERT INTO pairs (pairs, rowid, tokens) VALUES ('delete', ?1, ?2)";
                self.run(sql, (row, tokens(&before)))?;
            }
            if let Some(folded) = folded {
                self.index(row, folded)?;
            }
        }
        let sql = "UPDATE messages SET folded = ?2 WHERE id = ?1";
        self.run(sql, (row, folded))?;
        Ok(())
    }

    /// Indexes the texts that are not, once there are enough of them.
    pub(crate) fn index_new(self) -> Result<(), Error> {
        self.index_once_there_are(BATCH)
    }

    fn index_once_there_are(self, batch: i64) -> Result<(), Error> {
        let last = self.one("SELECT max(id) FROM messages", [], |row| {
            row.get::<_, Option<i64>>(0)
        })?;
        let (last, indexed) = (last.flatten().unwrap_or(0), self.indexed()?);
        if last - indexed < batch {
            return Ok(());
        }
        let sql = "SELECT id, folded FROM messages WHERE id > ?1 ORDER BY id LIMIT ?2";
        let texts: Vec<(i64, Option<String>)> =
            self.all(sql, (indexed, MOST), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut last = indexed;
        for (row, folded) in texts {
            self.index(row, &folded.unwrap_or_default())?;
            last = row;
        }
        self.set_value(&Indexed(last))
    }

    /// Messages whose folded text holds `folded`, the latest first, of one room or all, at most
    /// `limit`.
    pub(crate) fn search(
        self,
        folded: &str,
        room: Option<&RoomId>,
        limit: u32,
    ) -> Result<Vec<StoredMessage>, Error> {
        let room = room.map(|room| room.0);
        let indexed = self.indexed()?;
        let clause = "WHERE id > ?1 AND instr(folded, ?2) AND (?3 IS NULL OR room = ?3)
                      ORDER BY id DESC LIMIT ?4";
        let mut found = self.messages(clause, (indexed, folded, room, limit))?;
        let left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(limit));
        let clause = "JOIN (SELECT rowid AS pair FROM pairs WHERE pairs MATCH ?1) ON pair = id
                      WHERE instr(folded, ?2) AND (?3 IS NULL OR room = ?3)
                      ORDER BY pair DESC LIMIT ?4";
        found.extend(self.messages(clause, (query(folded), folded, room, left))?);
        Ok(found)
    }

    fn indexed(self) -> Result<i64, Error> {
        Ok(self.value::<Indexed>()?.map_or(0, |indexed| indexed.0))
    }

    fn index(self, row: i64, folded: &str) -> Result<(), Error> {
        if !folded.is_empty() {
            let sql = "INSERT INTO pairs (rowid, tokens) VALUES (?1, ?2)";
            self.run(sql, (row, tokens(folded)))?;
        }
        Ok(())
    }
}

/// The tokens of a text, each once.
fn tokens(folded: &str) -> String {
    let mut tokens = pairs(folded);
    tokens.extend(folded.chars().next_back().map(token));
    join(tokens)
}

/// What texts that hold this one match.
fn query(folded: &str) -> String {
    let pairs = pairs(folded);
    match folded.chars().next() {
        Some(only) if pairs.is_empty() => format!("{}*", token(only)),
        _ => join(pairs.into_iter().take(MAX_TOKENS).collect()),
    }
}

fn pairs(folded: &str) -> BTreeSet<String> {
    let firsts = folded.chars();
    let seconds = folded.chars().skip(1);
    firsts
        .zip(seconds)
        .map(|(first, second)| token(first) + &token(second))
        .collect()
}

fn token(c: char) -> String {
    format!("{:06x}", u32::from(c))
}

fn join(tokens: BTreeSet<String>) -> String {
    tokens.into_iter().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use restante_wire::AccountKeyHash;
    use rusqlite::Connection;

    use super::*;
    use crate::engine::{
        io::{MessageState, Time},
        messages::{ContentKind, Gone},
        search::fold,
    };

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .pragma_update(None, "secure_delete", true)
            .unwrap();
        let schema = include_str!("schema.sql");
        connection.execute_batch(schema).unwrap();
        connection
    }

    fn room(number: usize) -> RoomId {
        RoomId([u8::try_from(number % 2).unwrap(); 32])
    }

    fn id(number: usize) -> MessageId {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&number.to_be_bytes());
        MessageId(id)
    }

    fn add(db: Db<'_>, number: usize, text: &str) {
        let message = StoredMessage {
            room: room(number),
            number: Some(number as u64),
            id: id(number),
            sender: AccountKeyHash([0; 32]),
            own: false,
            sent_at: Time(0),
            state: MessageState::Received,
            kind: ContentKind::Message,
            target: None,
            gone: None,
            lifetime_s: None,
            expires: None,
            content: Vec::new(),
            folded: Some(fold(text)),
        };
        assert!(db.add_message(&message).unwrap());
    }

    fn found(db: Db<'_>, text: &str, in_room: Option<usize>) -> Vec<usize> {
        let room = in_room.map(room);
        let found = db.search(&fold(text), room.as_ref(), u32::MAX).unwrap();
        let numbers = found.into_iter().map(|found| found.number.unwrap());
        numbers
            .map(|number| usize::try_from(number).unwrap())
            .collect()
    }

    #[derive(Debug, Clone)]
    enum Step {
        Add(String),
        Change(prop::sample::Index, Option<String>),
        Index,
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[abAB你好世界 ]{0,12}",
            "\\PC{0,8}",
            Just("\0* \" OR pairs".to_owned()),
        ]
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => text().prop_map(Step::Add),
            2 => (any::<prop::sample::Index>(), prop::option::of(text()))
                .prop_map(|(which, text)| Step::Change(which, text)),
            1 => Just(Step::Index),
        ]
    }

    fn carry_out(db: Db<'_>, texts: &mut Vec<Option<String>>, step: Step) {
        match step {
            Step::Add(text) => {
                add(db, texts.len(), &text);
                texts.push(Some(text));
            }
            Step::Change(which, text) if !texts.is_empty() => {
                let number = which.index(texts.len());
                let folded = text.as_deref().map(fold);
                db.set_folded(&room(number), &id(number), folded.as_deref())
                    .unwrap();
                texts[number] = text;
            }
            Step::Change(..) => {}
            Step::Index => db.index_once_there_are(1).unwrap(),
        }
    }

    proptest! {
        #[test]
        fn a_search_finds_what_looking_through_all_finds(
            steps in prop::collection::vec(step(), 1..40),
            wanted in prop::collection::vec("[abAB你好世界]{1,4}|\\PC{1,3}", 1..6),
        ) {
            let connection = database();
            let db = Db(&connection);
            let mut texts: Vec<Option<String>> = Vec::new();
            for step in steps {
                carry_out(db, &mut texts, step);
            }
            for wanted in wanted {
                let holds = |text: &Option<String>| {
                    text.as_ref().is_some_and(|text| fold(text).contains(&fold(&wanted)))
                };
                let all: Vec<usize> = (0..texts.len()).rev().filter(|n| holds(&texts[*n])).collect();
                prop_assert_eq!(found(db, &wanted, None), all.clone(), "{}", wanted);
                let odd: Vec<usize> = all.into_iter().filter(|n| n % 2 == 1).collect();
                prop_assert_eq!(found(db, &wanted, Some(1)), odd, "{}", wanted);
            }
        }
    }

    #[test]
    fn the_latest_come_first_and_no_more_than_asked_for() {
        let connection = database();
        let db = Db(&connection);
        for number in 0..10 {
            add(db, number, "some 你好 text");
            if number == 6 {
                db.index_once_there_are(1).unwrap();
            }
        }
        let found = db.search("你好", None, 5).unwrap();
        let numbers: Vec<_> = found.iter().filter_map(|found| found.number).collect();
        assert_eq!(numbers, [9, 8, 7, 6, 5]);
    }

    #[test]
    fn c5_the_index_holds_nothing_of_what_is_gone() {
        let connection = database();
        let db = Db(&connection);
        add(db, 0, "qzxj gone");
        add(db, 1, "here to stay");
        db.index_once_there_are(1).unwrap();
        // A page writes what a token has in common with the one before it only once.
        let holds = |pair: &str| {
            let tail = join(pairs(pair)).into_bytes().split_off(5);
            let sql = "SELECT count(*) FROM pairs_data WHERE instr(block, ?1)";
            let found = connection.query_row(sql, [tail], |row| row.get::<_, i64>(0));
            found.unwrap() > 0
        };
        assert!(holds("qz") && holds("ay"), "the control");
        db.erase_message(&room(0), &id(0), Gone::Deleted).unwrap();
        assert!(!holds("qz") && !holds("zx") && !holds("xj"));
        assert!(holds("ay"), "the control");
        assert!(found(db, "qz", None).is_empty());
        assert_eq!(found(db, "stay", None), [1]);
    }
}
