//! Several accounts in one home, by the command line through a real relay.

use restante_harness::{
    person::password,
    relay::Relay,
    shell::{Shell, error_code},
};

async fn adds(relay: &Relay, shell: &Shell, name: &str) {
    shell.registers(&relay.url(), name).await;
    shell.does(&["sync", "--account", name]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_of_one_home_never_speak_for_each_other() {
    let relay = Relay::start().await;
    let (home, bob) = (Shell::new(), Shell::new());
    bob.registers(&relay.url(), "bob").await;
    bob.does(&["sync"]).await;
    for name in ["alice", "work"] {
        adds(&relay, &home, name).await;
        home.does(&["contact", "add", "bob", "--account", name])
            .await;
        bob.does(&["sync"]).await;
        bob.does(&["contact", "accept", name]).await;
        home.does(&["sync", "--account", name]).await;
    }

    // Whoever was there first is meant until the person says otherwise.
    home.does(&["send", "bob", "from the first"]).await;
    home.does(&["send", "bob", "from work", "--account", "work"])
        .await;
    let choose = format!("WORK@{}", relay.url());
    home.does(&["account", "default", &choose]).await;
    home.does(&["send", "bob", "from the default"]).await;
    home.does(&["send", "bob", "from alice", "--account", "alice"])
        .await;
    bob.does(&["sync"]).await;
    for (name, said, unsaid) in [
        ("alice", ["from the first", "from alice"], "work"),
        ("work", ["from work", "from the default"], "alice"),
    ] {
        let heard = bob.tells(&["history", name]).await;
        assert!(said.iter().all(|text| heard.contains(text)), "{heard}");
        assert!(!heard.contains(&format!("\"sender\":\"{unsaid}\"")));
        let own = home.tells(&["history", "bob", "--account", name]).await;
        assert!(said.iter().all(|text| own.contains(text)), "{own}");
        assert_eq!(own.lines().count(), 2, "{own}");
    }
    let listed = home.tells(&["account", "list"]).await;
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].contains("\"default\":false") && lines[0].contains("alice"));
    assert!(lines[1].contains("\"default\":true") && lines[1].contains("work"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_in_a_home_once_and_found_by_its_name_alone() {
    let relay = Relay::start().await;
    let (home, elsewhere) = (Shell::new(), Shell::new());
    for name in ["alice", "work"] {
        adds(&relay, &home, name).await;
    }
    let unknown = home.refused(&["whoami", "--account", "nobody"]).await;
    assert_eq!(unknown, "no_account");
    let url = relay.url();
    for name in ["alice", "work"] {
        let login = ["login", "--json", "--relay", &url, "--username", name];
        let login = [&login[..], &["--password-stdin"]].concat();
        let input = format!("{}\n", password(name));
        assert_eq!(
            error_code(&home.types(&login, &input).await),
            "account_exists"
        );
        // In another home it is another client.
        assert!(elsewhere.types(&login, &input).await.status.success());
    }
    let who = elsewhere.tells(&["whoami", "--account", "work"]).await;
    assert!(who.contains("\"username\":\"work\""), "{who}");

    // While one listens, the other is free.
    let mut listening = home.starts(&["listen", "--json", "--account", "alice"]);
    elsewhere.does(&["sync", "--account", "alice"]).await;
    let who = home.tells(&["whoami", "--account", "work"]).await;
    assert!(who.contains("\"username\":\"work\""), "{who}");
    listening.process.kill().await.expect("it ran");

    // What ended makes room for a client of the same name.
    let delete = ["account", "delete", "--password-stdin", "--account", "work"];
    let input = format!("{}\n", password("work"));
    assert!(home.types(&delete, &input).await.status.success());
    let listed = home.tells(&["account", "list"]).await;
    assert!(listed.contains("\"ended\":\"account_deleted\""), "{listed}");
    assert!(home.tells(&["whoami"]).await.contains("alice"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_account_is_named_and_takes_nothing_from_the_others() {
    let relay = Relay::start().await;
    let home = Shell::new();
    for name in ["alice", "work", "club"] {
        adds(&relay, &home, name).await;
    }
    let damaged = home.home().join("accounts/2");
    let database = damaged.join("restante.db");
    let length = std::fs::metadata(&database).expect("a database").len();
    for name in ["restante.db-wal", "restante.db-shm"] {
        let _ = std::fs::remove_file(damaged.join(name));
    }
    std::fs::write(
        &database,
        vec![7; usize::try_from(length).expect("a length")],
    )
    .expect("it is overwritten");

    let who = home.tells(&["whoami", "--account", "club"]).await;
    assert!(who.contains("\"username\":\"club\""), "{who}");
    let lost = home.refused(&["whoami", "--account", "work"]).await;
    assert_eq!(lost, "damaged_home");
    let listed = home.tells(&["account", "list"]).await;
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 3, "{listed}");
    assert!(lines[0].contains("alice") && lines[1].contains("club"));
    assert!(lines[2].contains("\"error\":\"damaged_home\""), "{listed}");
    assert!(lines[2].contains("accounts/2"), "{listed}");
    let told = home.does(&["account", "list"]).await;
    assert!(told.contains("accounts/2"), "{told}");

    // Signed in again, it has another place.
    let url = relay.url();
    let login = ["login", "--json", "--relay", &url, "--username", "work"];
    let login = [&login[..], &["--password-stdin"]].concat();
    let input = format!("{}\n", password("work"));
    assert!(home.types(&login, &input).await.status.success());
    let who = home.tells(&["whoami", "--account", "work"]).await;
    assert!(who.contains("\"username\":\"work\""), "{who}");
    assert!(home.tells(&["whoami"]).await.contains("alice"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_that_cannot_be_read_hides_no_account() {
    let relay = Relay::start().await;
    let home = Shell::new();
    adds(&relay, &home, "alice").await;
    let file = home.home().join("default");
    std::fs::write(&file, "nonsense").unwrap();
    // There is only one that can be meant.
    assert!(home.tells(&["whoami"]).await.contains("alice"));
    adds(&relay, &home, "work").await;
    for damaged in [&b""[..], b"-1", b"77", b"2 or 1", b"\xff\xfe"] {
        std::fs::write(&file, damaged).unwrap();
        assert_eq!(home.refused(&["whoami"]).await, "no_default");
        let named = home.tells(&["whoami", "--account", "work"]).await;
        assert!(named.contains("work"), "{named}");
        let listed = home.tells(&["account", "list"]).await;
        assert_eq!(listed.lines().count(), 2, "{listed}");
        assert!(!listed.contains("\"default\":true"), "{listed}");
    }
    home.does(&["account", "default", "work"]).await;
    assert!(home.tells(&["whoami"]).await.contains("work"));
}
