//! What an intruder would do with the relay's database: look for anything that ties an account to a
//! seat.
//!
//! The story knows the truth: which account holds which seats. Rows are given to people by the values
//! that only they could have caused; then every pair of tables is joined on every pair of columns, and
//! every order of the one is compared with every order of the other. A link is whatever finds the true
//! pairs much better than chance. Read next: [`tables`], `joins.rs`, `orders.rs`.

mod joins;
mod orders;
pub mod tables;

use std::path::Path;

use tables::{Owned, Side, Tables};

/// What is known of one person. The list of people must be in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// Values that name the account or its clients: key hash, username, client ids, inboxes.
    pub account: Vec<Vec<u8>>,
    /// Values that name the person's seats: ids, secret hashes, owner tags, private mailboxes.
    pub seats: Vec<Vec<u8>>,
}

/// Something that ties accounts to seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Table and column, or order, on the account's side.
    pub account_side: String,
    /// Table and column, or order, on the seat's side.
    pub seat_side: String,
    /// How it was found.
    pub how: How,
}

/// How a link was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// One row holds values of both.
    SameRow,
    /// A join on these columns.
    Join,
    /// The rows stand in the same order.
    Order,
}

/// What was searched and found.
#[derive(Debug)]
pub struct Report {
    /// Links.
    pub links: Vec<Link>,
    /// Pairs of columns that were joined.
    pub joins: usize,
    /// Pairs of orders that were compared.
    pub orders: usize,
}

/// Fewest people for whom chance cannot look like an order.
pub const MIN_PEOPLE: usize = 20;

/// Searches a database that no relay has open.
///
/// # Panics
/// If it is not a database, or if the story has too few people or left nothing to search on one side.
#[must_use]
pub fn search(database: &Path, people: &[Person]) -> Report {
    assert!(people.len() >= MIN_PEOPLE, "at least {MIN_PEOPLE} people");
    let tables = Tables::read(database);
    let accounts = tables.owned(Side::Account, people);
    let seats = tables.owned(Side::Seat, people);
    assert!(
        !accounts.is_empty() && !seats.is_empty(),
        "the story left no rows on one side"
    );

    let mut report = Report {
        links: same_rows(&accounts, &seats),
        joins: 0,
        orders: 0,
    };
    for account_side in &accounts {
        for seat_side in &seats {
            joins::compare(account_side, seat_side, people.len(), &mut report);
            orders::compare(account_side, seat_side, people.len(), &mut report);
        }
    }
    report
}

fn same_rows(accounts: &[Owned<'_>], seats: &[Owned<'_>]) -> Vec<Link> {
    let mut links = Vec::new();
    for account_side in accounts {
        for seat_side in seats
            .iter()
            .filter(|owned| owned.table.name == account_side.table.name)
        {
            let owners = account_side.owners.iter().zip(&seat_side.owners);
            if owners
                .into_iter()
                .any(|(account, seat)| account.is_some() && account == seat)
            {
                links.push(Link {
                    account_side: account_side.table.name.clone(),
                    seat_side: seat_side.table.name.clone(),
                    how: How::SameRow,
                });
            }
        }
    }
    links
}

#[cfg(test)]
mod tests;
