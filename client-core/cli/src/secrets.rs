//! Passphrases and passwords: from the environment, standard input, or a prompt without echo. Never
//! from arguments, which every process can read.

use std::{env, io};

use restante_client::{driver::propose_password, engine::account::Password};
use zeroize::Zeroizing;

use crate::{
    screen::Screen,
    texts::{Text, fill},
    trouble::Trouble,
};

/// Environment variable of the home's passphrase.
const PASSPHRASE: &str = "RESTANTE_PASSPHRASE";

/// Longest line that is read as a password, with its end.
const MAX_LINE: u64 = 4096;

/// The passphrase of a home that is there.
pub(crate) fn passphrase(screen: &Screen) -> Result<Zeroizing<String>, Trouble> {
    match from_environment(screen)? {
        Some(passphrase) => Ok(passphrase),
        None => ask(screen, screen.language().say(Text::AskPassphrase)),
    }
}

/// The passphrase of a home to be made: asked for twice.
pub(crate) fn new_passphrase(screen: &Screen) -> Result<Zeroizing<String>, Trouble> {
    if let Some(passphrase) = from_environment(screen)? {
        return Ok(passphrase);
    }
    let passphrase = ask(screen, screen.language().say(Text::AskNewPassphrase))?;
    if passphrase.is_empty() {
        return Err(usage(screen, Text::EmptyPassphrase));
    }
    confirm(screen, &passphrase)?;
    Ok(passphrase)
}

/// The password of an account to be made: asked for twice, or one that is proposed.
pub(crate) fn new_password(
    screen: &mut Screen,
    from_stdin: bool,
) -> Result<Zeroizing<String>, Trouble> {
    if from_stdin {
        return first_line(io::stdin().lock());
    }
    let proposed = propose_password();
    let question = Zeroizing::new(fill(screen.language().say(Text::AskPassword), &[&proposed]));
    let password = ask(screen, &question)?;
    if password.is_empty() {
        let chosen = fill(screen.language().say(Text::PasswordChosen), &[&proposed]);
        screen.complain(&Zeroizing::new(chosen))?;
        return Ok(proposed);
    }
    confirm(screen, &password)?;
    Ok(password)
}

/// The password of an account that is there.
pub(crate) fn password(screen: &Screen, from_stdin: bool) -> Result<Zeroizing<String>, Trouble> {
    match from_stdin {
        true => first_line(io::stdin().lock()),
        false => ask(screen, screen.language().say(Text::AskOldPassword)),
    }
}

/// What was typed, in the form in which passwords are used.
pub(crate) fn as_password(typed: &str) -> Result<Password, Trouble> {
    Password::new(typed).map_err(|error| Trouble::from(error).of_input(Text::NotAPassword))
}

/// A recovery phrase as written down.
pub(crate) fn phrase(screen: &Screen, from_stdin: bool) -> Result<Zeroizing<String>, Trouble> {
    match from_stdin {
        true => first_line(io::stdin().lock()),
        false => ask(screen, screen.language().say(Text::AskPhrase)),
    }
}

fn from_environment(screen: &Screen) -> Result<Option<Zeroizing<String>>, Trouble> {
    match env::var(PASSPHRASE).map(Zeroizing::new) {
        Ok(passphrase) if passphrase.is_empty() => Err(usage(screen, Text::EmptyPassphrase)),
        Ok(passphrase) => Ok(Some(passphrase)),
        Err(_) => Ok(None),
    }
}

fn ask(screen: &Screen, question: &str) -> Result<Zeroizing<String>, Trouble> {
    rpassword::prompt_password(question)
        .map(Zeroizing::new)
        .map_err(|_| usage(screen, Text::NoTerminal))
}

fn confirm(screen: &Screen, secret: &str) -> Result<(), Trouble> {
    let again = ask(screen, screen.language().say(Text::AskAgain))?;
    if again.as_str() == secret {
        Ok(())
    } else {
        Err(usage(screen, Text::NotTheSame))
    }
}

fn usage(screen: &Screen, text: Text) -> Trouble {
    Trouble::Usage(screen.language().say(text).to_owned())
}

/// The first line, without its end.
fn first_line(input: impl io::BufRead) -> Result<Zeroizing<String>, Trouble> {
    let mut line = Zeroizing::new(String::new());
    let read = io::BufRead::read_line(&mut io::Read::take(input, MAX_LINE), &mut line);
    // Half a password would be taken for the whole.
    if read? as u64 >= MAX_LINE {
        return Err(Trouble::BadInput(Text::LineTooLong));
    }
    let kept = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(kept);
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line_with_its_spaces() {
        let line = |text: &str| first_line(text.as_bytes()).unwrap().to_string();
        assert_eq!(line("with a space \r\nmore\n"), "with a space ");
        assert_eq!(line("no end"), "no end");
        assert_eq!(line(""), "");
        let long = "x".repeat(5_000);
        assert!(matches!(
            first_line(long.as_bytes()),
            Err(Trouble::BadInput(Text::LineTooLong))
        ));
    }
}
