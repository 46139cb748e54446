//! What a user interface keeps.

use super::Db;
use crate::Error;

impl Db<'_> {
    pub(crate) fn kept(self, name: &str) -> Result<Option<String>, Error> {
        let sql = "SELECT value FROM kept WHERE name = ?1";
        self.one(sql, [name], |row| row.get(0))
    }

    pub(crate) fn all_kept(self, prefix: &str) -> Result<Vec<(String, String)>, Error> {
        let sql =
            "SELECT name, value FROM kept WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name";
        self.all(sql, [prefix], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    pub(crate) fn count_kept(self) -> Result<u64, Error> {
        let count = self.one("SELECT count(*) FROM kept", [], |row| row.get(0))?;
        Ok(count.unwrap_or(0))
    }

    pub(crate) fn keep(self, name: &str, value: &str) -> Result<(), Error> {
        let sql = "INSERT INTO kept (name, value) VALUES (?1, ?2)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.run(sql, [name, value]).map(drop)
    }

    pub(crate) fn forget_kept(self, name: &str) -> Result<(), Error> {
        self.run("DELETE FROM kept WHERE name = ?1", [name])
            .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn what_is_kept_is_found_by_the_beginning_of_its_name_and_forgotten() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(include_str!("schema.sql"))
            .unwrap();
        let db = Db(&connection);
        for (name, value) in [("draft/a", "1"), ("draft/b", "2"), ("draft%", "3")] {
            db.keep(name, value).unwrap();
        }
        db.keep("draft/a", "4").unwrap();
        assert_eq!(db.count_kept().unwrap(), 3);
        let drafts = db.all_kept("draft/").unwrap();
        let expected = [("draft/a", "4"), ("draft/b", "2")];
        assert_eq!(drafts, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        db.forget_kept("draft/a").unwrap();
        assert_eq!(db.kept("draft/a").unwrap(), None);
        assert_eq!(db.kept("draft%").unwrap().as_deref(), Some("3"));
    }
}
