//! The place of what wakes sleeping devices through APNs, FCM and Web Push. Relays send no wake-ups:
//! they store sealed handles (`restante_wire::mailbox::SealedHandle`) and read past `wake`.
