//! Error codes. Stable: a code is never renamed, and its meaning never changes.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal;)*) => {
        /// Why a request was refused. Travels as its `snake_case` code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
            /// A code that this build does not know.
            Unknown,
        }

        impl ErrorCode {
            /// Every code this build knows.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Unknown => "unknown",
                }
            }

            /// HTTP status with which it is answered.
            #[must_use]
            pub const fn http_status(self) -> u16 {
                match self {
                    $(Self::$variant => $status,)*
                    Self::Unknown => 500,
                }
            }

            /// The code of that name, `Unknown` if this build has none.
            #[must_use]
            pub fn parse(code: &str) -> Self {
                match code {
                    $($code => Self::$variant,)*
                    _ => Self::Unknown,
                }
            }
        }
    };
}

codes! {
    /// Not a value of the expected type, or one that breaks a rule of its type.
    BadRequest = "bad_request", 400;
    /// The version byte is not one this relay speaks.
    UnsupportedVersion = "unsupported_version", 400;
    /// A body, batch or list beyond its limit.
    TooLarge = "too_large", 413;
    /// More of something than an account may have.
    TooMany = "too_many", 409;
    /// No such path.
    NotFound = "not_found", 404;
    /// This kind of request does not belong on this kind of connection.
    WrongConnection = "wrong_connection", 400;
    /// No session, or one that ended.
    Unauthorized = "unauthorized", 401;
    /// Username or password are wrong.
    BadCredentials = "bad_credentials", 401;
    /// A signature does not verify.
    BadSignature = "bad_signature", 400;
    /// Not a username by the rules.
    UsernameInvalid = "username_invalid", 400;
    /// Somebody has this username, or one that looks like it.
    UsernameTaken = "username_taken", 409;
    /// This relay takes invited people only.
    InviteRequired = "invite_required", 403;
    /// No such invite, or it was used.
    InviteInvalid = "invite_invalid", 403;
    /// Nobody of that name.
    NoSuchUser = "no_such_user", 404;
    /// No such inbox.
    NoSuchInbox = "no_such_inbox", 404;
    /// The lane is full for today, or the inbox altogether.
    InboxFull = "inbox_full", 429;
    /// The contact token is not the addressee's present one: send by the other lane.
    ContactTokenRefused = "contact_token_refused", 403;
    /// Somebody else was first: read, merge, try again.
    Conflict = "conflict", 409;
    /// The stamp does not pay.
    StampRefused = "stamp_refused", 402;
    /// Too many requests: try again later.
    RateLimited = "rate_limited", 429;
    /// A queue is full: try again later.
    Overloaded = "overloaded", 503;
    /// The relay is going down: connect again.
    ShuttingDown = "shutting_down", 503;
    /// The relay's disk is full; nothing was stored.
    StorageFull = "storage_full", 507;
    /// The relay's database does not answer; whether the change was stored is not known.
    StorageUnavailable = "storage_unavailable", 503;
    /// No such mailbox or seat, or a wrong secret: never says which.
    NoSuchSeat = "no_such_seat", 404;
    /// The seat must rotate its secret first.
    SeatNotRotated = "seat_not_rotated", 403;
    /// The seat's role, or the kind of append, does not allow these seat changes.
    SeatChangeRefused = "seat_change_refused", 403;
    /// There is a mailbox at this address.
    MailboxExists = "mailbox_exists", 409;
    /// No such blob, an incomplete one, or one past its retention: never says which.
    NoSuchBlob = "no_such_blob", 404;
    /// An acknowledgement beyond the end of the log.
    BeyondLog = "beyond_log", 400;
    /// A fault of the relay.
    Internal = "internal", 500;
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&String::deserialize(deserializer)?))
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for ErrorCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Self::ALL.iter().map(|code| code.code())))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for ErrorCode {}

/// A refusal: the body of every HTTP answer that is not 200, and the `Err` of every stream answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("{}", code.code())]
pub struct WireError {
    /// What went wrong.
    pub code: ErrorCode,
    /// When a retry may succeed, in milliseconds from now; none where it never will unchanged.
    pub retry_after_ms: Option<u64>,
}

impl WireError {
    /// A refusal that a retry will not change.
    #[must_use]
    pub const fn new(code: ErrorCode) -> Self {
        Self {
            code,
            retry_after_ms: None,
        }
    }

    /// A refusal for now.
    #[must_use]
    pub const fn retry(code: ErrorCode, after_ms: u64) -> Self {
        Self {
            code,
            retry_after_ms: Some(after_ms),
        }
    }
}

impl From<ErrorCode> for WireError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl From<crate::codec::CodecError> for WireError {
    fn from(error: crate::codec::CodecError) -> Self {
        Self::new(match error {
            crate::codec::CodecError::Version { .. } => ErrorCode::UnsupportedVersion,
            _ => ErrorCode::BadRequest,
        })
    }
}

/// Answer where there is nothing to say but that it is done, and durable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Done {}

/// One of several results in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Outcome<T> {
    /// It went well.
    Done(T),
    /// It was refused.
    Refused(WireError),
}

impl<T> From<Result<T, WireError>> for Outcome<T> {
    fn from(result: Result<T, WireError>) -> Self {
        match result {
            Ok(value) => Self::Done(value),
            Err(error) => Self::Refused(error),
        }
    }
}

impl<T> From<Outcome<T>> for Result<T, WireError> {
    fn from(outcome: Outcome<T>) -> Self {
        match outcome {
            Outcome::Done(value) => Ok(value),
            Outcome::Refused(error) => Err(error),
        }
    }
}
