//! Rows that stand in the same order on both sides.

use std::cmp::Ordering;

use rusqlite::types::Value;

use super::{How, Link, Report, tables::Owned};

/// Rank correlation from which on two orders are the same. With twenty people, chance reaches it once
/// in some hundred million pairs.
const SAME_ORDER: f64 = 0.9;

/// Compares the order of a scan and of every column of the one table with those of the other.
pub(super) fn compare(accounts: &Owned<'_>, seats: &Owned<'_>, people: usize, report: &mut Report) {
    let (account_orders, seat_orders) = (orders(accounts, people), orders(seats, people));
    for (account_order, account_ranks) in &account_orders {
        for (seat_order, seat_ranks) in &seat_orders {
            report.orders += 1;
            if correlation(account_ranks, seat_ranks).abs() >= SAME_ORDER {
                report.links.push(Link {
                    account_side: format!("{}, {account_order}", accounts.table.name),
                    seat_side: format!("{}, {seat_order}", seats.table.name),
                    how: How::Order,
                });
            }
        }
    }
}

/// For each order of a table: the people's ranks by their first row.
fn orders(owned: &Owned<'_>, people: usize) -> Vec<(String, Vec<usize>)> {
    let mut orders = Vec::new();
    let mut add = |name: String, rows: &[usize]| {
        if let Some(ranks) = ranks(owned, rows, people) {
            orders.push((name, ranks));
        }
    };
    let scan: Vec<usize> = (0..owned.table.rows.len()).collect();
    add("scan".into(), &scan);
    for (index, column) in owned.table.columns.iter().enumerate() {
        let value = |row: &usize| owned.table.rows.get(*row).and_then(|row| row.get(index));
        let mut rows = scan.clone();
        rows.sort_by(|a, b| compare_values(value(a), value(b)));
        let distinct = rows.chunk_by(|a, b| value(a) == value(b)).count();
        // Among equal values the order is that of the scan, which is compared already.
        if distinct * 2 > rows.len() {
            add(format!("by {column}"), &rows);
        }
    }
    orders
}

/// Rank of each person by the first own row; none unless everybody has one.
fn ranks(owned: &Owned<'_>, rows: &[usize], people: usize) -> Option<Vec<usize>> {
    let mut ranks = vec![None; people];
    let mut next = 0;
    for row in rows {
        if let Some(rank) = owned
            .owners
            .get(*row)?
            .and_then(|owner| ranks.get_mut(owner))
            && rank.is_none()
        {
            *rank = Some(next);
            next += 1;
        }
    }
    ranks.into_iter().collect()
}

/// Spearman's rank correlation of two rankings without ties.
#[expect(clippy::cast_precision_loss, reason = "ranks are far below 2^52")]
fn correlation(a: &[usize], b: &[usize]) -> f64 {
    let n = a.len() as f64;
    let squares: f64 = a
        .iter()
        .zip(b)
        .map(|(a, b)| (a.abs_diff(*b) as f64).powi(2))
        .sum();
    1.0 - 6.0 * squares / (n * (n * n - 1.0))
}

fn compare_values(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (Some(Value::Integer(a)), Some(Value::Integer(b))) => a.cmp(b),
        (Some(Value::Real(a)), Some(Value::Real(b))) => a.total_cmp(b),
        (Some(Value::Text(a)), Some(Value::Text(b))) => a.cmp(b),
        (Some(Value::Blob(a)), Some(Value::Blob(b))) => a.cmp(b),
        (a, b) => kind(a).cmp(&kind(b)),
    }
}

/// SQLite's order of types.
const fn kind(value: Option<&Value>) -> u8 {
    match value {
        None | Some(Value::Null) => 0,
        Some(Value::Integer(_) | Value::Real(_)) => 1,
        Some(Value::Text(_)) => 2,
        Some(Value::Blob(_)) => 3,
    }
}
