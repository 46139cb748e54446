//! What is said to people, in English and in simplified Chinese.
//!
//! `{0}`, `{1}` … stand for what [`fill`] puts there. Codes, JSON and help texts are the same in every
//! language.

use std::env;

use restante_client::ErrorKind;

/// A language of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// English.
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// From `RESTANTE_LANG`, or the locale.
    pub(crate) fn of_environment() -> Self {
        let chosen = ["RESTANTE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()));
        Self::of_locale(chosen.as_deref().unwrap_or_default())
    }

    fn of_locale(locale: &str) -> Self {
        if locale.to_ascii_lowercase().starts_with("zh") {
            Self::Chinese
        } else {
            Self::English
        }
    }

    /// The text of this language.
    pub(crate) const fn say(self, text: Text) -> &'static str {
        let (english, chinese) = text.both();
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }
}

/// Puts values in the places of a text.
pub(crate) fn fill(text: &str, values: &[&str]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = after
            .split_once('}')
            .and_then(|(place, after)| Some((values.get(place.parse::<usize>().ok()?)?, after)));
        match value {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

macro_rules! texts {
    ($($name:ident = $english:literal, $chinese:literal;)*) => {
        /// Everything that is said.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Text { $($name,)* }

        impl Text {
            /// Every text.
            #[cfg(test)]
            const ALL: &'static [Self] = &[$(Self::$name,)*];

            const fn both(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($english, $chinese),)* }
            }
        }
    };
}

texts! {
    Registered = "Registered {0} at {1}.", "已在 {1} 注册用户名 {0}。";
    Resumed = "An earlier registration in this home is now complete.",
        "此目录中先前未完成的注册现已完成。";
    PhraseTitle = "Recovery phrase, shown only now. Write it down and keep it in a safe place:",
        "恢复短语只显示这一次。请抄写下来并妥善保管：";
    PhraseWhy = "Without it, a forgotten password means a new identity.",
        "没有它，忘记密码就只能重新建立身份。";
    NextContact = "Next: restante contact add NAME", "下一步：restante contact add 用户名";
    AskPassphrase = "Passphrase of this home: ", "此目录的口令：";
    AskNewPassphrase = "New passphrase, to encrypt this home: ", "设置口令（用于加密此目录）：";
    AskPassword = "Account password (empty to take \"{0}\"): ", "账号密码（留空则使用“{0}”）：";
    AskOldPassword = "Account password: ", "账号密码：";
    AskPhrase = "Recovery phrase, 24 words: ", "恢复短语（24 个单词）：";
    NotAPhrase = "not a recovery phrase: 24 words, as they were shown", "不是恢复短语：应为当时显示的 24 个单词";
    PasswordSet = "The password is changed. Clients that are signed in stay so, and are told.",
        "密码已修改。已登录的客户端保持登录，并会收到通知。";
    PhraseRight = "The phrase is right.", "恢复短语正确。";
    AccountGone = "The account is deleted. What is in this home stays readable: restante history",
        "账号已删除。此目录中的内容仍可查看：restante history";
    SignedIn = "Signed in as {0} at {1}. Your other clients are told.", "已以 {0} 登录 {1}。您的其他客户端会收到通知。";
    LastHeard = "last heard of {0}", "最近活动 {0}";
    ThisClient = "this one", "本客户端";
    HalfRemoved = "removal not finished: remove it again", "移除尚未完成：请再移除一次";
    ClientGone = "Removed. It keeps what it had and gets nothing more. Change the password if it may be known.",
        "已移除。它保留已有的内容，但不再接收新内容。如果密码可能已泄露，请修改密码。";
    AskAgain = "Once more: ", "再输入一次：";
    PasswordChosen = "Your account password is: {0}", "您的账号密码是：{0}";
    NotTheSame = "the two do not match", "两次输入不一致";
    NoTerminal = "there is no terminal to ask on: set RESTANTE_PASSPHRASE, and give the account password with --password-stdin",
        "没有可用的终端：请设置 RESTANTE_PASSPHRASE，并用 --password-stdin 提供账号密码";
    NoHome = "no home: give --home DIR or set RESTANTE_HOME", "未指定目录：请用 --home 或设置 RESTANTE_HOME";
    EmptyPassphrase = "the passphrase is empty", "口令为空";
    StreamsFailed = "standard input or output failed", "标准输入或输出出错";
    RetryAfter = "Again in {0} s.", "请在 {0} 秒后重试。";
    NotARelay = "not the URL of a relay: https://HOST; http:// is for a relay on this machine only, all others require https",
        "不是服务器地址：应为 https://主机；http:// 仅可用于本机服务器，其他服务器必须使用 https";
    NotAUsername = "a username is not empty, has at most 64 bytes, and is letters, digits, and . _ - between them",
        "用户名不能为空，不超过 64 字节，只含字母、数字及其间的 . _ -";
    NotAnAccount = "not an account: NAME, NAME@RELAY, or its place as `account list` shows it",
        "不是账号：应为用户名、用户名@服务器，或 account list 显示的位置";
    NotThisClient = "a client does not remove itself: remove it from another one, or delete the account",
        "客户端不能移除自身：请在另一客户端上移除，或删除账号";
    NotAPerson = "not the username of somebody else: letters, digits, and . _ - between them",
        "不是他人的用户名（字母、数字及其间的 . _ -）";
    WordsTooLong = "an introduction has at most 1,024 bytes", "介绍不能超过 1,024 字节";
    TitleEmpty = "a title is not empty", "名称不能为空";
    TitleTooLong = "a title has at most 256 bytes", "名称不能超过 256 字节";
    TitleHidden = "a title is one line, without control characters and marks of text direction",
        "名称应为一行，不含控制字符和文字方向标记";
    NotAClientName = "the name of a client is not empty, at most 64 bytes long, and one line, without control characters and marks of text direction",
        "客户端名称不能为空，不超过 64 字节，应为一行，不含控制字符和文字方向标记";
    NotAPassword = "a password is not empty, has no tabs or other control characters, and at most 1,024 bytes",
        "密码不能为空，不能含制表符等控制字符，且不超过 1,024 字节";
    NotSendable = "a text is not empty, and valid UTF-8",
        "内容不能为空，且须为有效的 UTF-8";
    OneToOne = "one to one", "一对一";
    GroupRoom = "room", "房间";
    Weekdays = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        "星期一 星期二 星期三 星期四 星期五 星期六 星期日";
    NotAReaction = "a reaction is one emoji or a few letters, without a space",
        "回应须为一个表情或几个字母，不含空格";
    NotAQuery = "a text to search for is not empty, and at most 1,024 bytes long",
        "搜索内容不能为空，且不超过 1024 字节";
    Candidates = "It may be one of these; use the id:", "可能是以下之一，请使用 id：";
    Connecting = "Not connected. It is tried again; Ctrl-C stops.", "尚未连接，正在重试。按 Ctrl-C 停止。";
    LineTooLong = "the line is too long", "此行过长";
    NothingToSend = "no text: give it as an argument or on standard input", "没有内容：请作为参数或从标准输入提供";
    TaskFailed = "An earlier command failed: {0}", "先前的一个命令失败：{0}";
    DefaultAccount = "meant unless --account says", "默认账号（可用 --account 指定其他）";
    Done = "Done.", "完成。";
    Queued = "Noted; not done yet: {0}. It will be carried out when the relay can be reached (restante sync).",
        "已记录，尚未执行：{0}。连接到服务器后将自动执行（restante sync）。";
    WaitsFor = "{0}: {1}", "{0}：{1}";
    Synced = "Everything is up to date.", "已全部同步。";
    Listening = "Connected. Press Ctrl-C to stop.", "已连接。按 Ctrl-C 停止。";
    NobodyYet = "No contacts yet. Add one: restante contact add NAME",
        "还没有联系人。添加：restante contact add 用户名";
    NoRequests = "Nobody asks.", "没有请求。";
    NoRooms = "No rooms yet. Make one: restante room create TITLE --member NAME",
        "还没有房间。创建：restante room create 名称 --member 用户名";
    NoMessages = "No messages yet.", "还没有消息。";
    RequestFrom = "{0} asks to be a contact: {1}", "{0} 请求加为联系人：{1}";
    InvitationFrom = "{0} invites you to \"{1}\": {2}", "{0} 邀请您加入“{1}”：{2}";
    HowToAccept = "Answer: restante contact accept {0}, or decline, or block",
        "回复：restante contact accept {0}，或 decline，或 block";
    ContactIs = "Contact {0}: {1}", "联系人 {0}：{1}";
    RoomIs = "Room {0}: {1}", "房间 {0}：{1}";
    NewClient = "A new client signed in to your account with the password. If it was not you, change the password.",
        "有新的客户端用密码登录了您的账号。如果不是您本人，请修改密码。";
    PasswordElsewhere = "The account password was changed on another client. If it was not you: restante reset, with the recovery phrase.",
        "账号密码已在另一个客户端上修改。如果不是您本人，请用恢复短语执行 restante reset。";
    Missed = "Some events were missed; see restante history.", "遗漏了一些事件，请查看 restante history。";
    You = "you", "我";
    Deleted = "[deleted]", "[已删除]";
    Edited = "edited", "已编辑";
    ExpiresAt = "vanishes {0}", "{0} 消失";
    ExpiresAfter = "vanishes {0} s after reading", "阅读 {0} 秒后消失";
    NotHere = "[a message that is not here]", "[此处没有该消息]";
    MessageGone = "A message has vanished.", "一条消息已消失。";
    NothingFound = "Nothing found.", "未找到。";
    Exported = "{0} messages written.", "已写入 {0} 条消息。";
    Muted = "muted", "已静音";
    MutedUntil = "muted until {0}", "静音至 {0}";
    MentionsOnly = "mentions only", "仅提醒提及";
    PostQuantum = "post-quantum", "后量子";
    SuiteLacking = "A client of {0} is too old for post-quantum encryption, or cannot be reached for it, and was not added.",
        "{0} 的一个客户端版本过旧，不支持此房间的后量子加密，未被添加。";
    LackingPeople = "Clients that lack it, of:", "以下成员有客户端不支持：";
    Unread = "{0} new", "{0} 条新消息";
    InDoubt = "waiting for others to confirm", "等待其他成员确认";
    LogMismatch = "WARNING: the relay shows this room differently to others",
        "警告：服务器向不同成员展示的房间记录不一致";
    NeedsUpdate = "needs an update of this program", "需要更新本程序";
    LogLost = "waits for an admin's device: the relay was restored and has lost messages of this room",
        "等待管理员的设备：服务器从备份恢复，丢失了此房间的消息";
    CompareNumber = "Compare with {0} by another channel; both must see the same number.",
        "请通过其他途径与 {0} 核对；双方看到的数字必须相同。";
    ChatHelp = "Type a line to send it; /quit or Ctrl-D to leave.", "输入一行即发送；/quit 或 Ctrl-D 退出。";
    SomeIdle = "Some clients of a room were not heard of for ninety days. See restante room idle ROOM.",
        "房间中有客户端已九十天没有活动。请查看 restante room idle 房间。";
    IdleFor = "{0}: not heard of for {1} days", "{0}：已 {1} 天没有活动";
    NobodyIdle = "Everybody was heard of within ninety days.", "所有客户端在九十天内都有活动。";
    IsTyping = "{0} is typing…", "{0} 正在输入…";
    PresenceOn = "Your contacts see, coarsely, when you are there.", "您的联系人可以大致看到您是否在线。";
    PresenceOff = "Nobody sees whether you are there.", "没有人能看到您是否在线。";
    PushNone = "This client is not woken.", "此客户端不会被唤醒。";
    PushPartial = "There may be more: it could not be fetched in time.", "可能还有更多消息，未能及时取回。";
    PushLine = "Woken by {0}: {1} rooms can, {2} cannot yet.", "通过 {0} 唤醒：{1} 个聊天可以唤醒，{2} 个尚不能。";
    PresenceOnline = "there now", "在线";
    PresenceToday = "was there today", "今天在线过";
    PresenceThisWeek = "was there this week", "本周在线过";
    PresenceLongAgo = "was there long ago", "很久以前在线过";
    PresenceUnknown = "does not tell", "未公开";
    NoticeRenamed = "{0} named the room \"{1}\"", "{0} 将房间改名为“{1}”";
    NoticePolicy = "{0} changed the policy: {1}", "{0} 修改了权限：{1}";
    NoticeAdded = "{0} added {1}", "{0} 添加了 {1}";
    NoticeRemoved = "{0} removed {1}", "{0} 移除了 {1}";
    NoticeLeft = "{0} left", "{0} 离开了房间";
    NoticePromoted = "{0} made {1} admin", "{0} 将 {1} 设为管理员";
    NoticeDemoted = "{0} made {1} a member again", "{0} 取消了 {1} 的管理员身份";
    NoticePicture = "{0} gave the room another picture", "{0} 更换了房间图片";
    NoticeNoPicture = "{0} took the room's picture away", "{0} 移除了房间图片";
    MayAdd = "add people: {0}", "添加成员：{0}";
    MayRemove = "remove people: {0}", "移除成员：{0}";
    MayRename = "change the name: {0}", "修改名称：{0}";
    MayPost = "send messages: {0}", "发送消息：{0}";
    Everyone = "everyone", "所有人";
    AdminsOnly = "admins", "仅管理员";
    Created = "Made the room {0}.", "已创建房间 {0}。";
    Uploading = "sending {0}: {1} % ({2})", "正在发送 {0}：{1}%（{2}）";
    Downloading = "fetching {0}: {1} % ({2})", "正在接收 {0}：{1}%（{2}）";
    StateQueued = "queued", "待发送";
    StateSent = "sent", "已发送";
    StateDelivered = "delivered", "已送达";
    StateRead = "read", "已读";
    StateFailed = "failed", "发送失败";
    StateUnknown = "not known whether it was sent", "不知道是否已发送";
    PhaseAsked = "asked", "等待对方接受";
    PhaseAccepted = "accepted", "已接受";
    PhaseBlocked = "blocked", "已屏蔽";
    PhaseEnded = "ended", "已结束";
    PhaseKnown = "waits to be let in", "等待其他成员将此客户端加入";
    PhaseCreating = "being made", "创建中";
    PhaseRequested = "waits for you", "等待您接受";
    PhaseJoining = "joining", "加入中";
    PhaseJoined = "joined", "已加入";
    PhaseLeft = "left", "已离开";
    PhaseRemoved = "removed", "已被移除";
}

/// What a refusal means, and what to do about it.
pub(crate) fn refusal(language: Language, kind: ErrorKind) -> (&'static str, &'static str) {
    let (english, chinese) = refusals(kind.code());
    match language {
        Language::English => english,
        Language::Chinese => chinese,
    }
}

type Said = (&'static str, &'static str);

#[rustfmt::skip]
#[expect(clippy::too_many_lines, reason = "one line a code")]
fn refusals(code: &str) -> (Said, Said) {
    match code {
        "offline" => (
            ("the relay cannot be reached", "Check the network and the relay's URL; nothing is lost."),
            ("无法连接到服务器", "请检查网络和服务器地址；数据没有丢失。")),
        "tls_untrusted" => (
            ("the relay's certificate is not trusted: nothing was sent",
                "It is expired, of another host, or of an authority that this machine does not know. Do not go around it: ask the relay's operator, or give the authority's certificate with SSL_CERT_FILE."),
            ("服务器的证书不受信任，未发送任何内容", "证书已过期、属于其他主机，或由本机未知的机构签发。请勿绕过：请联系运营者，或用 SSL_CERT_FILE 指定签发机构的证书。")),
        "timed_out" => (
            ("it took too long", "It goes on in the background: restante sync"),
            ("等待超时", "操作仍会继续：restante sync")),
        "home_in_use" => (
            ("another process uses this home", "Stop it first (perhaps restante listen or chat)."),
            ("另一个进程正在使用此目录", "请先停止它（可能是 restante listen 或 chat）。")),
        "wrong_passphrase" => (
            ("the passphrase does not open this home", "Check RESTANTE_PASSPHRASE."),
            ("口令无法打开此目录", "请检查 RESTANTE_PASSPHRASE。")),
        "not_a_directory" => (
            ("what was named as the home is no directory", "Name another with --home DIR or RESTANTE_HOME."),
            ("指定的路径不是目录", "请用 --home 目录 或 RESTANTE_HOME 另行指定。")),
        "no_account" => (
            ("there is no account in this home, or none of that name", "See restante account list. Make one: restante register --relay URL --username NAME"),
            ("此目录中没有账号，或没有该名称的账号", "查看：restante account list。注册：restante register --relay 地址 --username 用户名")),
        "no_default" => (
            ("which of the accounts in this home is meant cannot be read", "Name one with --account, or choose one: restante account default NAME"),
            ("无法读取此目录中的默认账号", "请用 --account 指定，或选择一个：restante account default 用户名")),
        "account_exists" => (
            ("this account is in this home already", "It needs no signing in. For another client of it take another directory with --home."),
            ("此账号已在此目录中", "无需再次登录。如需另一个客户端，请用 --home 指定其他目录。")),
        "registration_pending" => (
            ("a registration of another name or relay is under way in this home",
                "Run it again with the same name and relay, or take another directory with --home."),
            ("此目录中有另一个用户名或服务器的注册尚未完成", "请用相同的用户名和服务器重新执行，或用 --home 指定其他目录。")),
        "unknown_account" => (
            ("the relay does not know this account or this client any more",
                "Its database was replaced, or this client was removed. What is in this home stays readable: restante history"),
            ("服务器不再认识此账号或此客户端", "服务器的数据库可能已更换，或此客户端已被移除。此目录中的内容仍可查看：restante history")),
        "read_only" => (
            ("this home cannot be written; nothing was accepted", "Check the permissions of the directory, or whether the disk is read-only."),
            ("此目录不可写，操作未被接受", "请检查目录权限，或磁盘是否为只读。")),
        "damaged_home" => (
            ("the files of this home are damaged", "The passphrase is not at fault. Restore the directory, or register in another one with --home."),
            ("此目录中的文件已损坏", "口令没有问题。请恢复该目录，或用 --home 在其他目录重新注册。")),
        "asked_already" => (
            ("this person was asked within the last day", "There is no answer yet. You can ask again tomorrow."),
            ("一天之内已向对方发出过请求", "对方尚未答复，明天可以再次请求。")),
        "other_relay_url" => (
            ("this person registered under another URL of the relay",
                "Both must use the URL that the relay's operator names (public_url)."),
            ("对方使用了此服务器的另一个地址注册", "双方须使用运营者公布的同一地址（public_url）。")),
        "newer_version" => (
            ("this home was written by a newer version", "Update restante."),
            ("此目录由更新的版本写入", "请更新 restante。")),
        "disk_full" => (
            ("the disk is full; nothing was accepted", "Make room and try again."),
            ("磁盘已满，操作未被接受", "请腾出空间后重试。")),
        "storage" => (
            ("the home cannot be read or written", "Check the directory and its permissions."),
            ("无法读写此目录", "请检查目录及其权限。")),
        "not_found" => (
            ("nothing of that name", "What is here is what the last connection brought: restante sync. Then see restante room list, contact list, contact requests."),
            ("没有这个名称", "本地只有上次连接时取得的内容：请先执行 restante sync，再查看 restante room list、contact list、contact requests。")),
        "ambiguous" => (
            ("the name fits more than one, or a room and a person", "Use the id: restante room list"),
            ("名称对应多个结果，或同时是房间和用户的名称", "请使用 id：restante room list")),
        "not_allowed" => (
            ("the room does not allow you to do that", "See restante room policy ROOM."),
            ("您在此房间没有这项权限", "请查看 restante room policy 房间。")),
        "last_admin" => (
            ("a room needs an admin", "Make somebody else admin first: restante room role ROOM NAME admin"),
            ("房间必须有管理员", "请先将他人设为管理员：restante room role 房间 用户名 admin")),
        "not_yours" => (
            ("only who wrote a message may change it", ""),
            ("只有发送者本人可以更改消息", "")),
        "file_exists" => (
            ("there is a file of that name already", "Take another name, or overwrite it with --force."),
            ("同名文件已存在", "请换一个名称，或用 --force 覆盖。")),
        "cannot_write" => (
            ("the file cannot be written", "Check the folder and its permissions."),
            ("无法写入文件", "请检查文件夹及其权限。")),
        "room_closed" => (
            ("the room takes nothing now", "Left, or not accepted yet: restante contact requests"),
            ("房间目前不接收消息", "可能已离开，或尚未接受邀请：restante contact requests")),
        "room_halted" => (
            ("the room stands still on this device", "See why: restante room list"),
            ("此房间在本设备上已停止", "原因请查看 restante room list")),
        "already_there" => (
            ("the person is there already", ""),
            ("对方已经在其中", "")),
        "not_trusted" => (
            ("a signature does not hold, or a name belongs to somebody else: nothing was sent", "Somebody, or the relay, may pretend to be another. Decline a request; otherwise tell the operator."),
            ("签名无效，或该用户名属于他人：未发送任何内容", "可能有人或服务器冒充他人。若为请求，请拒绝；否则请联系运营者。")),
        "no_key_package" => (
            ("the person's clients cannot be added now", "Try again when they have been online."),
            ("目前无法添加对方的客户端", "请等对方上线后再试。")),
        "suite_not_supported" => (
            ("the person's client is too old for the post-quantum encryption of this room",
                "It must be updated; or make a new room, which takes the encryption that all have."),
            ("对方的客户端版本过旧，不支持此房间的后量子加密", "请对方更新；或创建新房间，新房间会采用所有人都支持的加密方式。")),
        "room_too_large" => (
            ("the room has too many devices for post-quantum encryption", "At most 100 can move to it."),
            ("房间的设备太多，无法转为后量子加密", "最多 100 台设备可以转换。")),
        "room_full" => (
            ("the room has as many clients as its encryption allows", "Remove somebody, or make another room."),
            ("房间的客户端数已达到其加密方式的上限", "请移除一些成员，或另建房间。")),
        "password_changed" => (
            ("another device changed the password meanwhile", "The password that it set is the valid one; the one given here was not set."),
            ("另一台设备刚刚更改了密码", "以那台设备设置的密码为准；此处输入的新密码未生效。")),
        "wrong_phrase" => (
            ("the recovery phrase is not that of this account", "Check every word and their order, and the username."),
            ("恢复短语不属于此账号", "请检查每个单词及其顺序，以及用户名。")),
        "weak_password" => (
            ("the password is too easy to guess", "Take several unusual words, or leave it empty to be given one."),
            ("密码太容易被猜到", "请使用几个不常见的词，或留空以自动生成。")),
        "not_a_picture" => (
            ("this is no picture, or it is damaged or too large", "Give a PNG, JPEG, GIF or WebP file."),
            ("这不是图片，或图片已损坏、过大", "请提供 PNG、JPEG、GIF 或 WebP 文件。")),
        "too_long" => (
            ("more than fits into one message", "Send less at a time: a text has at most 65,536 bytes."),
            ("内容超过一条消息的上限", "请分次发送：每条内容最多 65,536 字节。")),
        "bad_input" => (
            ("empty, too long, or not of the expected form", ""),
            ("输入为空、过长或格式不正确", "")),
        "file_unreadable" => (
            ("that is no file that can be read", "Check the path and its permissions."),
            ("无法读取该文件", "请检查路径及其权限。")),
        "file_too_large" | "too_large" => (
            ("the file is too large", "Send it in pieces, or by another way."),
            ("文件过大", "请分割后发送，或使用其他方式。")),
        "file_changed" | "file_lost" => (
            ("the file changed or vanished while it was being sent", "Send it again."),
            ("文件在发送过程中被更改或丢失", "请重新发送。")),
        "file_unwritable" => (
            ("the folder takes no file", "Check that it exists and that you may write there."),
            ("无法写入该文件夹", "请检查文件夹是否存在以及是否有写入权限。")),
        "attachment_gone" | "no_such_blob" => (
            ("the file is no longer at the relay", "Ask its sender to send it again."),
            ("文件已不在服务器上", "请让对方重新发送。")),
        "attachment_damaged" | "attachment_size" => (
            ("the file was changed or cut on its way: nothing was saved", "Ask its sender to send it again."),
            ("文件在传输中被更改或截断，未保存任何内容", "请让对方重新发送。")),
        "attachment_type" => (
            ("the file is something else than its sender says: nothing was saved", "Be careful with it."),
            ("文件类型与发送者所称不符，未保存任何内容", "请谨慎对待。")),
        "attachment_foreign" => (
            ("the file lies at another place than this room's relay: it was not fetched", ""),
            ("文件不在此房间的服务器上，未下载", "")),
        "attachment_unsupported" => (
            ("this version does not know how the file is sealed", "Update restante."),
            ("此版本不支持该文件的加密方式", "请更新 restante。")),
        "bad_credentials" => (
            ("username or password are wrong", ""),
            ("用户名或密码错误", "")),
        "username_taken" => (
            ("somebody has this username, or one that looks like it", "Choose another."),
            ("用户名已被使用，或与已有用户名过于相似", "请换一个。")),
        "username_invalid" => (
            ("not a username: letters, digits, and . _ - between them", "Choose another."),
            ("用户名无效：请使用字母、数字及其间的 . _ -", "请换一个。")),
        "invite_required" => (
            ("this relay takes invited people only", "Ask its operator for a code: --invite CODE"),
            ("此服务器仅限受邀用户", "请向运营者索取邀请码：--invite 邀请码")),
        "invite_invalid" => (
            ("no such invite, or it was used", "Ask the relay's operator for another."),
            ("邀请码无效或已被使用", "请向运营者索取新的邀请码。")),
        "no_such_user" => (
            ("nobody of that name", "Names are exact: check the spelling."),
            ("没有这个用户", "用户名须完全一致，请检查拼写。")),
        "rate_limited" | "overloaded" | "inbox_full" | "too_many" => (
            ("too much at once", "Wait a moment and try again."),
            ("操作过于频繁", "请稍后再试。")),
        "shutting_down" | "storage_full" | "storage_unavailable" | "internal" => (
            ("the relay cannot do that now", "Try again later, or tell its operator."),
            ("服务器目前无法处理", "请稍后再试，或联系运营者。")),
        "client_removed" => (
            ("this client was removed from the account", "It keeps what it had, and gets nothing more. Sign in anew: restante login"),
            ("此客户端已从账号中移除", "已有的内容仍保留，但不再接收新内容。重新登录：restante login")),
        "account_deleted" => (
            ("the account of this client was deleted", "What is in this home stays readable: restante history"),
            ("此客户端的账号已删除", "此目录中的内容仍可查看：restante history")),
        "unauthorized" | "no_such_inbox" => (
            ("the relay does not know this client any more", "It was removed from the account."),
            ("服务器不再认识此客户端", "它已从账号中移除。")),
        "unsupported_version" | "relay_fault" => (
            ("relay and client do not understand each other", "Update restante, or tell the relay's operator."),
            ("服务器与客户端版本不兼容", "请更新 restante，或联系运营者。")),
        _ => (
            ("refused", ""),
            ("被拒绝", "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_to_their_places_and_nowhere_else() {
        assert_eq!(fill("{1} and {0}", &["a", "b"]), "b and a");
        assert_eq!(fill("no {2} and {x} and {", &["a"]), "no {2} and {x} and {");
        assert_eq!(fill("{0}", &["{0}"]), "{0}");
    }

    #[test]
    fn both_languages_have_the_same_places() {
        for text in Text::ALL {
            let (english, chinese) = text.both();
            for place in ["{0}", "{1}", "{2}"] {
                assert_eq!(english.contains(place), chinese.contains(place), "{text:?}");
            }
        }
    }

    #[test]
    fn locales_choose_the_language() {
        assert_eq!(Language::of_locale("zh_CN.UTF-8"), Language::Chinese);
        assert_eq!(Language::of_locale("en_GB.UTF-8"), Language::English);
        assert_eq!(Language::of_locale("C"), Language::English);
        assert_eq!(Language::of_locale(""), Language::English);
    }
}
