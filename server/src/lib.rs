//! The Restante relay: mailboxes of ciphertext, accounts, a directory of key packages.
