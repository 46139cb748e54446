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
            if let Some(before) = before {
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
        let last = self.one("SELECT max(id) FROM messages", [], |row| {
            row.get::<_, Option<i64>>(0)
        })?;
        let (last, indexed) = (last.flatten().unwrap_or(0), self.indexed()?);
        if last - indexed < BATCH {
            return Ok(());
        }
        let sql = "SELECT id, folded FROM messages WHERE id > ?1 AND folded IS NOT NULL";
        let texts: Vec<(i64, String)> =
            self.all(sql, [indexed], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (row, folded) in texts {
            self.index(row, &folded)?;
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
