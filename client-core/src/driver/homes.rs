//! Several accounts in one home: where each lies, and which one is meant.
//!
//! The first lies in the home itself, each further one in a folder below it, with a store, a lease and
//! keys of its own. They share the passphrase and nothing else: a [`super::Client`] is opened on one
//! folder and knows of no other, so nothing of one account can go out as another's. Folders have
//! numbers for names, and the account that is meant unless somebody says is kept as a number: what
//! accounts are called stands inside their stores only.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use super::{
    pending::{Kept, Pending, PendingFile, PendingLogin},
    relay_url::normalise_relay,
};
use crate::{
    Error, ErrorKind,
    engine::{
        account::{NewAccount, normalise_username},
        end_of,
    },
    platform::{create_home, create_private, flush_dir},
    store::Store,
};

/// Folder of the further accounts in a home.
const FOLDER: &str = "accounts";

/// File that holds the number of the account that is meant unless somebody says.
const DEFAULT: &str = "default";

/// The account that lies in the home itself.
const FIRST: u32 = 1;

/// Most accounts in one home: every look for one by its name opens them all.
const MAX_ACCOUNTS: u32 = 32;

/// Separates a username from its relay in the name of an account.
const AT: char = '@';

/// A home that may hold several accounts.
#[derive(Debug, Clone)]
pub struct Homes {
    root: PathBuf,
}

/// An account in a home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its username.
    pub username: String,
    /// Base URL of its relay.
    pub relay: String,
    /// Whether it is meant unless somebody says.
    pub is_default: bool,
    /// Why its client can do nothing more, if it cannot.
    pub end: Option<ErrorKind>,
    /// Directory of its client.
    pub home: PathBuf,
    /// Its place in the home, which stays the same: 1 for the first.
    pub number: u32,
}

/// An account in a home that cannot be read: not even its name is known.
#[derive(Debug)]
pub struct Unreadable {
    /// Why not.
    pub error: Error,
    /// Whether it is meant unless somebody says.
    pub is_default: bool,
    /// Directory of its client.
    pub home: PathBuf,
    /// Its place in the home.
    pub number: u32,
}

/// What lies in a home. One account that is damaged takes nothing from the others.
#[derive(Debug, Default)]
pub struct Accounts {
    /// The accounts, in the order in which they came.
    pub found: Vec<Account>,
    /// Those that cannot be read.
    pub unreadable: Vec<Unreadable>,
}

impl Homes {
    /// The accounts below a directory, which need not exist.
    #[must_use]
    pub const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Whether no account is here: whoever makes the first chooses the passphrase.
    ///
    /// # Errors
    /// `storage`.
    pub fn is_empty(&self) -> Result<bool, Error> {
        let numbers = self.numbers()?;
        Ok(!numbers.into_iter().any(|number| self.is_made(number)))
    }

    /// The accounts.
    ///
    /// # Errors
    /// Those of [`super::Client::open`] but `home_in_use`, where none can be read.
    pub fn accounts(&self, passphrase: &str) -> Result<Accounts, Error> {
        let default = self.default_number()?;
        let mut accounts = Accounts::default();
        for number in self.numbers()? {
            match self.look(number, default, passphrase) {
                Ok(found) => accounts.found.extend(found),
                Err(error) => accounts.unreadable.push(Unreadable {
                    error,
                    is_default: Some(number) == default,
                    home: self.home(number),
                    number,
                }),
            }
        }
        // That one can be read shows that the passphrase is right.
        match accounts.found.is_empty() {
            true => accounts.first_error().map_or(Ok(Accounts::default()), Err),
            false => Ok(accounts),
        }
    }

    /// The account that is meant: a username, or one with its relay behind an `@`; or the place of one,
    /// its directory or its number, by which each of the same name can be told from the others. A number
    /// that is the username of one means that one.
    ///
    /// # Errors
    /// `no_account`, `ambiguous`, and those of [`Self::accounts`]: also where one that cannot be read
    /// may be it.
    pub fn named(&self, name: &str, passphrase: &str) -> Result<Account, Error> {
        if let Some(number) = self.number_of_dir(Path::new(name))? {
            return self.at(number, passphrase);
        }
        match (self.called(name, passphrase), name.parse()) {
            (Err(error), Ok(number)) if error.kind == ErrorKind::NoAccount => {
                self.at(number, passphrase)
            }
            (called, _) => called,
        }
    }

    /// The account at a place.
    fn at(&self, number: u32, passphrase: &str) -> Result<Account, Error> {
        let is_place = self.numbers()?.contains(&number);
        let found = match is_place {
            true => self.look(number, self.default_number()?, passphrase)?,
            false => None,
        };
        found.ok_or_else(|| ErrorKind::NoAccount.into())
    }

    /// The number of the account that lies in a directory. One word is a name, never a directory.
    fn number_of_dir(&self, dir: &Path) -> Result<Option<u32>, Error> {
        if dir.components().count() < 2 {
            return Ok(None);
        }
        // There are several ways to write a path.
        let Ok(dir) = fs::canonicalize(dir) else {
            return Ok(None);
        };
        let is_it = |number: &u32| fs::canonicalize(self.home(*number)).is_ok_and(|it| it == dir);
        Ok(self.numbers()?.into_iter().find(is_it))
    }

    fn called(&self, name: &str, passphrase: &str) -> Result<Account, Error> {
        let (username, relay) = match name.split_once(AT) {
            Some((username, relay)) => (username, Some(normalise_relay(relay)?)),
            None => (name, None),
        };
        let username = normalise_username(username)?;
        let mut accounts = self.accounts(passphrase)?;
        let found = &mut accounts.found;
        found.retain(|account| {
            account.username == username
                && relay.as_ref().is_none_or(|relay| *relay == account.relay)
        });
        // A client that ended stays readable beside the one that came after it.
        if found.iter().any(|account| account.end.is_none()) {
            found.retain(|account| account.end.is_none());
        }
        match (found.pop(), found.is_empty()) {
            (Some(account), true) => Ok(account),
            (Some(_), false) => Err(ErrorKind::Ambiguous.into()),
            (None, _) => Err(accounts
                .first_error()
                .unwrap_or(ErrorKind::NoAccount.into())),
        }
    }

    /// Directory of the account that is meant unless somebody says.
    ///
    /// # Errors
    /// `no_default` where that cannot be read and there are several, `storage`.
    pub fn default_home(&self) -> Result<PathBuf, Error> {
        let number = self.default_number()?.ok_or(ErrorKind::NoDefault)?;
        Ok(self.home(number))
    }

    /// From now on an account is the one that is meant.
    ///
    /// # Errors
    /// `disk_full`, `read_only`, `storage`.
    pub fn choose(&self, account: &Account) -> Result<(), Error> {
        self.keep_default(account.number)
    }

    /// An account was made or signed in to in a directory: it is the one that is meant, where the one
    /// before has ended. Nothing else could be done with that one, and no other may speak for it unseen.
    ///
    /// # Errors
    /// Those of [`Self::choose`], and of reading the one before.
    pub fn follow_ended(&self, home: &Path, passphrase: &str) -> Result<(), Error> {
        let Some(default) = self.default_number()? else {
            return Ok(());
        };
        let before = self.look(default, Some(default), passphrase)?;
        if before.is_none_or(|before| before.end.is_none()) {
            return Ok(());
        }
        let numbers = self.numbers()?;
        let number = numbers
            .into_iter()
            .find(|number| self.home(*number) == home);
        number.map_or(Ok(()), |number| self.keep_default(number))
    }

    /// Directory for an account to be made or signed in to: that of the same account, where it is here
    /// or was begun; otherwise a free one. What was meant by default stays so.
    ///
    /// # Errors
    /// `account_exists` where no further account has a place, `bad_input`, and those of
    /// [`Self::accounts`].
    pub fn place_for(
        &self,
        relay: &str,
        username: &str,
        passphrase: &str,
    ) -> Result<PathBuf, Error> {
        let relay = normalise_relay(relay)?;
        let username = normalise_username(username)?;
        let is_same = |a_relay: &str, a_username: &str| a_relay == relay && a_username == username;
        let Accounts { found, unreadable } = self.accounts(passphrase)?;
        let mut live = found.iter().filter(|account| account.end.is_none());
        if let Some(account) = live.find(|account| is_same(&account.relay, &account.username)) {
            return Ok(account.home.clone());
        }
        let mut free = None;
        let numbers = self.numbers()?;
        for &number in &numbers {
            let home = self.home(number);
            let is_taken = found.iter().any(|account| account.home == home)
                || unreadable.iter().any(|account| account.home == home);
            if is_taken {
                continue;
            }
            match begun(&home, passphrase) {
                Ok(Some(begun)) if is_same(&begun.relay, &begun.username) => return Ok(home),
                Ok(None) => free = free.or(Some(number)),
                // Another process makes an account there.
                Err(error) if error.kind != ErrorKind::HomeInUse => return Err(error),
                _ => {}
            }
        }
        let default = self.default_number()?;
        if let Some(default) =
            default.filter(|_| numbers.iter().any(|number| self.is_made(*number)))
        {
            self.keep_default(default)?;
        }
        let next = || (FIRST..=MAX_ACCOUNTS).find(|number| !numbers.contains(number));
        let number = free.or_else(next).ok_or(ErrorKind::AccountExists)?;
        Ok(self.home(number))
    }

    fn home(&self, number: u32) -> PathBuf {
        match number {
            FIRST => self.root.clone(),
            _ => self.root.join(FOLDER).join(number.to_string()),
        }
    }

    fn is_made(&self, number: u32) -> bool {
        Store::is_made(&self.home(number))
    }

    /// The first, and those that have a folder, in order.
    fn numbers(&self) -> Result<Vec<u32>, Error> {
        let mut numbers = vec![FIRST];
        let entries = match fs::read_dir(self.root.join(FOLDER)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(numbers),
            // The home is a file: whoever opens it says so.
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => return Ok(numbers),
            entries => entries?,
        };
        for entry in entries {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.parse::<u32>().ok());
            numbers.extend(number.filter(|number| (FIRST + 1..=MAX_ACCOUNTS).contains(number)));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn look(
        &self,
        number: u32,
        default: Option<u32>,
        passphrase: &str,
    ) -> Result<Option<Account>, Error> {
        let home = self.home(number);
        let looked = Store::look(&home, passphrase, |db| Ok((db.account()?, end_of(db)?)));
        match looked {
            Ok((account, end)) => Ok(Some(Account {
                username: account.username,
                relay: account.relay,
                is_default: Some(number) == default,
                end,
                home,
                number,
            })),
            Err(error) if error.kind == ErrorKind::NoAccount => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What was chosen; without a choice the first that is there. Where the choice cannot be read, the
    /// only one that is there; of several none.
    fn default_number(&self) -> Result<Option<u32>, Error> {
        let chosen = match fs::read(self.root.join(DEFAULT)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Some(self.made()?.next().unwrap_or(FIRST)));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
                return Ok(Some(FIRST));
            }
            Err(error) => return Err(error.into()),
        };
        let chosen = std::str::from_utf8(&chosen).ok();
        let number = chosen.and_then(|text| text.trim().parse().ok());
        let numbers = self.numbers()?;
        if let Some(number) = number.filter(|number| numbers.contains(number)) {
            return Ok(Some(number));
        }
        let mut made = self.made()?;
        Ok(made.next().filter(|_| made.next().is_none()))
    }

    /// The numbers under which an account was made.
    fn made(&self) -> Result<impl Iterator<Item = u32>, Error> {
        let numbers = self.numbers()?.into_iter();
        Ok(numbers.filter(|number| self.is_made(*number)))
    }

    /// Whole or not at all: half a number would be another account.
    fn keep_default(&self, number: u32) -> Result<(), Error> {
        create_home(&self.root)?;
        let written = self.root.join(format!("{DEFAULT}.new"));
        match fs::remove_file(&written) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let mut file = create_private(&written)?;
        file.write_all(number.to_string().as_bytes())?;
        file.sync_all()?;
        fs::rename(&written, self.root.join(DEFAULT))?;
        Ok(flush_dir(&self.root)?)
    }
}

impl Accounts {
    fn first_error(self) -> Option<Error> {
        self.unreadable.into_iter().next().map(|first| first.error)
    }
}

/// The account whose registration or sign-in was begun in a directory.
fn begun(home: &Path, passphrase: &str) -> Result<Option<NewAccount>, Error> {
    if home.join(Pending::FILE).exists()
        && let Some(kept) = PendingFile::<Pending>::open(home, passphrase)?.read()?
    {
        return Ok(Some(kept.account.clone()));
    }
    if home.join(PendingLogin::FILE).exists() {
        let kept = PendingFile::<PendingLogin>::open(home, passphrase)?.read()?;
        return Ok(kept.map(|kept| kept.account));
    }
    Ok(None)
}
