//! Equal values on both sides.

use std::collections::{BTreeSet, HashMap};

use rusqlite::types::Value;

use super::{How, Link, Report, tables::Owned};

/// A value as something to look up.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Number(i64),
    Real(u64),
    Bytes(&'a [u8]),
}

fn key(value: &Value) -> Option<Key<'_>> {
    match value {
        Value::Null => None,
        Value::Integer(number) => Some(Key::Number(*number)),
        Value::Real(number) => Some(Key::Real(number.to_bits())),
        Value::Text(text) => Some(Key::Bytes(text.as_bytes())),
        Value::Blob(bytes) => Some(Key::Bytes(bytes)),
    }
}

/// Joins two tables on every pair of columns. A join is a link when most of its pairs are true ones,
/// for at least a quarter of the people: a value that many share, as a day is, joins everybody with
/// everybody and says nothing.
pub(super) fn compare(accounts: &Owned<'_>, seats: &Owned<'_>, people: usize, report: &mut Report) {
    for (seat_index, seat_column) in seats.table.columns.iter().enumerate() {
        let seats_by_value = owners_by_value(seats, seat_index);
        for (account_index, account_column) in accounts.table.columns.iter().enumerate() {
            report.joins += 1;
            let accounts_by_value = owners_by_value(accounts, account_index);
            if is_link(&accounts_by_value, &seats_by_value, people) {
                report.links.push(Link {
                    account_side: format!("{}.{account_column}", accounts.table.name),
                    seat_side: format!("{}.{seat_column}", seats.table.name),
                    how: How::Join,
                });
            }
        }
    }
}

type OwnersByValue<'a> = HashMap<Key<'a>, Vec<usize>>;

fn owners_by_value<'a>(owned: &Owned<'a>, column: usize) -> OwnersByValue<'a> {
    let mut owners_by_value = OwnersByValue::new();
    for (row, owner) in owned.table.rows.iter().zip(&owned.owners) {
        if let (Some(key), Some(owner)) = (row.get(column).and_then(key), owner) {
            owners_by_value.entry(key).or_default().push(*owner);
        }
    }
    owners_by_value
}

fn is_link(accounts: &OwnersByValue<'_>, seats: &OwnersByValue<'_>, people: usize) -> bool {
    let (mut pairs, mut true_pairs) = (0, 0);
    let mut found = BTreeSet::new();
    for (value, account_owners) in accounts {
        for seat_owner in seats.get(value).into_iter().flatten() {
            for account_owner in account_owners {
                pairs += 1;
                if account_owner == seat_owner {
                    true_pairs += 1;
                    found.insert(*account_owner);
                }
            }
        }
    }
    true_pairs * 2 > pairs && found.len() * 4 >= people
}
