//! Which steps bring a database to the format of this build. Pure; every store applies them in its
//! own way.
//!
//! A step is one SQL file by number. Files are never changed once released: a change of format is a
//! new file. Read next: `migrations/` beside the sources, `sqlite/open.rs`.

use crate::store::OpenError;

/// One step of the format.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// 1 for the first, and one more for each that follows.
    pub number: u32,
    /// SQL, applied in one transaction together with the new format number.
    pub sql: &'static str,
}

/// Steps of the embedded database.
pub const SQLITE: &[Migration] = &[
    Migration {
        number: 1,
        sql: include_str!("../../migrations/sqlite/0001_mailboxes.sql"),
    },
    Migration {
        number: 2,
        sql: include_str!("../../migrations/sqlite/0002_accounts.sql"),
    },
    Migration {
        number: 3,
        sql: include_str!("../../migrations/sqlite/0003_blobs.sql"),
    },
    Migration {
        number: 4,
        sql: include_str!("../../migrations/sqlite/0004_earlier_contact_tokens.sql"),
    },
    Migration {
        number: 5,
        sql: include_str!("../../migrations/sqlite/0005_wake_ups.sql"),
    },
];

/// The steps that a database of format `current` still needs; 0 is an empty database.
///
/// # Errors
/// [`OpenError::NewerFormat`] if this build does not know the format.
pub fn pending(all: &[Migration], current: u32) -> Result<&[Migration], OpenError> {
    let known = newest(all);
    if current > known {
        return Err(OpenError::NewerFormat {
            found: current,
            known,
        });
    }
    let done = all.partition_point(|migration| migration.number <= current);
    Ok(all.get(done..).unwrap_or_default())
}

/// The newest format of these steps.
#[must_use]
pub fn newest(all: &[Migration]) -> u32 {
    all.last().map_or(0, |migration| migration.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &[Migration] = &[
        Migration { number: 1, sql: "" },
        Migration { number: 2, sql: "" },
    ];

    fn numbers(current: u32) -> Vec<u32> {
        let steps = pending(STEPS, current).unwrap();
        steps.iter().map(|step| step.number).collect()
    }

    #[test]
    fn only_steps_after_the_current_format_are_pending() {
        assert_eq!(numbers(0), [1, 2]);
        assert_eq!(numbers(1), [2]);
        assert!(numbers(2).is_empty());
    }

    #[test]
    fn a_newer_format_is_refused() {
        let refused = pending(STEPS, 3).unwrap_err();
        assert!(matches!(
            refused,
            OpenError::NewerFormat { found: 3, known: 2 }
        ));
    }

    #[test]
    fn numbers_of_the_embedded_steps_follow_each_other() {
        for (place, step) in (1..).zip(SQLITE) {
            assert_eq!(step.number, place);
        }
    }
}
