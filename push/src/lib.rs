//! Wakes sleeping devices through APNs, FCM and Web Push.
