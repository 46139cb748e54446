//! Starts relays and clients for stories, and breaks connections on purpose.
