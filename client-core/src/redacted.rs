//! `Debug` for types that hold secrets, people or content: the name of the type and nothing else, so
//! that no log line and no failed assertion shows what is inside.

/// Implements `Debug` so that it shows the type's name only.
macro_rules! redacted_debug {
    ($($name:ident),* $(,)?) => {
        $(impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        })*
    };
}

pub(crate) use redacted_debug;
