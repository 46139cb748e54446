//! All tables of a database, and whose row is whose.

use std::{collections::BTreeSet, path::Path};

use rusqlite::{Connection, OpenFlags, types::Value};

use super::Person;

/// Shortest value that can name somebody: shorter ones occur by chance.
const MIN_TOKEN: usize = 8;

/// Smallest number that can name a mailbox: smaller ones are counts, days and flags.
const MIN_KEY: i64 = 1 << 20;

/// A table with all its rows, in the order in which a scan gives them.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Names of its columns, and `rowid` where there is one.
    pub columns: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<Value>>,
}

/// All tables.
#[derive(Debug)]
pub struct Tables(Vec<Table>);

/// Which kind of row a person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Rows about accounts.
    Account,
    /// Rows about seats.
    Seat,
}

/// A table with the owner of each row, where exactly one person can be it.
#[derive(Debug)]
pub struct Owned<'a> {
    /// The table.
    pub table: &'a Table,
    /// By row: index of the person.
    pub owners: Vec<Option<usize>>,
}

impl Tables {
    /// Reads every table of a database file.
    ///
    /// # Panics
    /// If it is not a database.
    #[must_use]
    pub fn read(database: &Path) -> Self {
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)
            .expect("the database opens");
        let names: Vec<String> = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            .and_then(|mut query| query.query_map([], |row| row.get(0))?.collect())
            .expect("the schema is readable");
        Self(
            names
                .into_iter()
                .map(|name| read_table(&connection, &name))
                .collect(),
        )
    }

    /// Rows of a table; none if there is no such table.
    #[must_use]
    pub fn rows(&self, name: &str) -> &[Vec<Value>] {
        let table = self.0.iter().find(|table| table.name == name);
        table.map_or(&[], |table| table.rows.as_slice())
    }

    /// Tables in which somebody has a row, with the owners.
    #[must_use]
    pub fn owned(&self, side: Side, people: &[Person]) -> Vec<Owned<'_>> {
        let names: Vec<&[Vec<u8>]> = people
            .iter()
            .map(|person| match side {
                Side::Account => person.account.as_slice(),
                Side::Seat => person.seats.as_slice(),
            })
            .collect();
        let keys: Vec<BTreeSet<i64>> = names.iter().map(|names| self.keys_of(names)).collect();
        self.0
            .iter()
            .map(|table| {
                let owners = table
                    .rows
                    .iter()
                    .map(|row| owner(row, &names, &keys))
                    .collect();
                Owned { table, owners }
            })
            .filter(|owned| owned.owners.iter().any(Option::is_some))
            .collect()
    }

    /// Large numbers that stand beside a person's values: keys by which other tables name the row.
    fn keys_of(&self, names: &[Vec<u8>]) -> BTreeSet<i64> {
        self.0
            .iter()
            .flat_map(|table| &table.rows)
            .filter(|row| names.iter().any(|name| row_names(row, name)))
            .flatten()
            .filter_map(|value| match value {
                Value::Integer(key) if *key >= MIN_KEY => Some(*key),
                _ => None,
            })
            .collect()
    }
}

fn read_table(connection: &Connection, name: &str) -> Table {
    let read = |columns: &str| -> rusqlite::Result<Table> {
        let mut query = connection.prepare(&format!("SELECT {columns} FROM \"{name}\""))?;
        let columns: Vec<String> = query.column_names().map(ToOwned::to_owned).collect();
        let rows = query
            .query_map([], |row| {
                (0..columns.len()).map(|index| row.get(index)).collect()
            })?
            .collect::<Result<_, _>>()?;
        Ok(Table {
            name: name.into(),
            columns,
            rows,
        })
    };
    read("rowid AS rowid, *")
        .or_else(|_| read("*"))
        .expect("a table is readable")
}

/// The one person whose value or key the row holds.
fn owner(row: &[Value], names: &[&[Vec<u8>]], keys: &[BTreeSet<i64>]) -> Option<usize> {
    let mut owners = names
        .iter()
        .zip(keys)
        .enumerate()
        .filter(|(_, (names, keys))| {
            names.iter().any(|name| row_names(row, name))
                || row.iter().any(|value| holds(value, keys))
        });
    match (owners.next(), owners.next()) {
        (Some((owner, _)), None) => Some(owner),
        _ => None,
    }
}

/// Whether a number is one of the keys, alone or above 32 bits of something else.
fn holds(value: &Value, keys: &BTreeSet<i64>) -> bool {
    matches!(value, Value::Integer(number) if keys.contains(number) || keys.contains(&(number >> 32)))
}

fn row_names(row: &[Value], name: &[u8]) -> bool {
    row.iter().any(|value| match value {
        Value::Text(text) => is_named(text.as_bytes(), name),
        Value::Blob(bytes) => is_named(bytes, name),
        _ => false,
    })
}

fn is_named(bytes: &[u8], name: &[u8]) -> bool {
    bytes == name || (name.len() >= MIN_TOKEN && bytes.windows(name.len()).any(|part| part == name))
}
