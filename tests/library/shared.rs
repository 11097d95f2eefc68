//! A library on a PostgreSQL server: the same commands with the same results, from several machines at once.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::json;
use crate::server::{PASSWORD, Server, tls_file};
use crate::support::{Outcome, Place, tiny_model};

const N_FILMS: u32 = 12;

fn films() -> (Place, String) {
    let place = Place::new();
    fs::create_dir(place.path("films")).unwrap();
    for i in 0..N_FILMS {
        let scenes = [(0xff00_0000 | (0x10_1515 * i), 2 + i % 5), (0xffd0_2020, 2)];
        place.video(&format!("films/{i:02}.mp4"), &scenes);
    }
    fs::write(
        place.path("films/03.srt"),
        "1\n00:00:01,000 --> 00:00:02,000\nThe snow falls 학교에서\n",
    )
    .unwrap();
    let dir = place.path("films").to_str().unwrap().to_owned();
    (place, dir)
}

fn start(machine: &Place, args: &[&str]) -> Child {
    let mut command = machine.command();
    command.arg("--model").arg(tiny_model()).args(args);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

fn results(found: &Value) -> Vec<(String, f64, f64)> {
    let rows = found["queries"][0]["results"].as_array().unwrap();
    let row = |row: &Value| {
        let secs = |key: &str| row[key].as_f64().unwrap();
        (
            row["video"].as_str().unwrap().to_owned(),
            secs("start_secs"),
            secs("end_secs"),
        )
    };
    let mut rows: Vec<_> = rows.iter().map(row).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    rows
}

#[test]
fn three_machines_share_the_work_and_find_what_one_alone_finds() {
    let Some(server) = Server::start() else {
        return;
    };
    let (alone, dir) = films();
    let address = server.address();
    let machines: Vec<_> = (0..3).map(|_| Place::new()).collect();
    let add = ["library", "add", &dir, "--library", &address];
    let children: Vec<_> = machines
        .iter()
        .map(|machine| start(machine, &add))
        .collect();
    let mut indexed = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        indexed.extend(
            stdout
                .lines()
                .filter(|line| line.contains(".mp4: "))
                .map(str::to_owned),
        );
    }
    let distinct: BTreeSet<_> = indexed.iter().collect();
    assert_eq!(
        (indexed.len(), distinct.len()),
        (N_FILMS as usize, N_FILMS as usize),
        "{indexed:?}"
    );

    alone.vcl(["library", "add", &dir]).stdout();
    let shared =
        |machine: &Place, args: &[&str]| machine.vcl([args, &["--library", &address]].concat());
    let list = |outcome: Outcome| json(&outcome);
    let listed = ["library", "list", "--format", "json"];
    // A machine that has looked at nothing itself.
    let fresh = Place::new();
    assert_eq!(list(shared(&fresh, &listed)), list(alone.vcl(listed)));
    for more in [
        &["--threshold", "0.5", "--top", "50"][..],
        &["--longer", "5"],
        &["--since", "2100"],
    ] {
        let args = [&["find", "x", "--format", "json"], more].concat();
        let (found, expected) = (json(&shared(&fresh, &args)), json(&alone.vcl(&args)));
        assert_eq!(found["n_videos"], expected["n_videos"], "{more:?}");
        assert_eq!(found["n_clips"], expected["n_clips"], "{more:?}");
        assert_eq!(results(&found), results(&expected), "{more:?}");
        let present = |found: &Value| found["queries"][0]["present"].as_f64().unwrap();
        assert!(
            (present(&found) - present(&expected)).abs() < 0.01,
            "{more:?}"
        );
    }
    for words in ["snow", "학교"] {
        let args = ["find", words, "--match", "words", "--format", "json"];
        let (found, expected) = (json(&shared(&fresh, &args)), json(&alone.vcl(args)));
        assert_eq!(
            found["queries"][0]["results"],
            expected["queries"][0]["results"]
        );
        assert_eq!(results(&found).len(), 1);
    }
    // What moves, goes and is taken out.
    fs::rename(format!("{dir}/00.mp4"), format!("{dir}/zz.mp4")).unwrap();
    fs::remove_file(format!("{dir}/01.mp4")).unwrap();
    shared(&fresh, &["library", "update"]).stdout();
    alone.vcl(["library", "update"]).stdout();
    assert_eq!(list(shared(&fresh, &listed)), list(alone.vcl(listed)));
    let gone = format!("{dir}/01.mp4");
    shared(&fresh, &["library", "remove", &gone]).stdout();
    let status = shared(&fresh, &["library", "status"]);
    assert!(
        status.stdout().starts_with("11 videos"),
        "{}",
        status.stdout
    );
    assert!(
        shared(&fresh, &["library", "remove", &gone])
            .error()
            .contains("is not in the library")
    );
    shared(&fresh, &["library", "remove", &dir]).stdout();
    assert_eq!(list(shared(&fresh, &listed)), serde_json::json!([]));
}

#[test]
fn kills_lose_nothing_and_what_a_dead_one_was_at_is_done_by_the_next() {
    let Some(server) = Server::start() else {
        return;
    };
    let (alone, dir) = films();
    let address = server.address();
    let machine = Place::new();
    for millis in [100, 300, 500, 700, 900] {
        let mut child = start(&machine, &["library", "add", &dir, "--library", &address]);
        std::thread::sleep(std::time::Duration::from_millis(millis));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    machine
        .vcl(["library", "add", &dir, "--library", &address])
        .stdout();
    alone.vcl(["library", "add", &dir]).stdout();
    let find = [
        "find",
        "x",
        "--threshold",
        "0.5",
        "--top",
        "50",
        "--format",
        "json",
    ];
    let found = json(&machine.vcl([&find[..], &["--library", &address]].concat()));
    assert_eq!(results(&found), results(&json(&alone.vcl(find))));
}

#[test]
fn a_password_opens_the_door_and_is_never_shown() {
    let Some(server) = Server::start() else {
        return;
    };
    let place = Place::new();
    let status_by = |address: &str, password: Option<&str>, authority: &str| {
        let mut command = place.command();
        command.arg("--model").arg(tiny_model()).args([
            "library",
            "status",
            "-vvv",
            "--library",
            address,
        ]);
        command.env_remove("PGPASSWORD");
        command.env("SSL_CERT_FILE", tls_file(authority));
        if let Some(password) = password {
            command.env("PGPASSWORD", password);
        }
        let output = command.stdin(Stdio::null()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout) + &text(output.stderr),
        )
    };
    let status = |address: &str, password| status_by(address, password, "server.pem");
    for address in [
        server.network(""),
        server.network("?sslmode=disable"),
        server.encrypted(""),
        server.encrypted("?sslmode=require"),
    ] {
        let (code, told) = status(&address, Some(PASSWORD));
        assert_eq!(code, Some(0), "{address}: {told}");
        assert!(told.contains("0 videos"), "{told}");
    }
    let checked = server.encrypted("?sslmode=verify-full");
    let (code, told) = status_by(&checked, Some(PASSWORD), "authority.pem");
    assert_eq!(code, Some(0), "{told}");
    let in_address = server
        .network("")
        .replace("vcl@", "vcl:s3cret%20%2B%20hidden@");
    let (code, told) = status(&in_address, None);
    assert_eq!(code, Some(0), "{told}");
    for (address, password, says) in [
        (server.network(""), None, "asks for a password"),
        (
            server.network(""),
            Some("wrong-word"),
            "password authentication failed",
        ),
        (checked, Some(PASSWORD), "certificate"),
        (
            server.network("?sslmode=require"),
            Some(PASSWORD),
            "offers no TLS",
        ),
        (
            server
                .network("")
                .replace("127.0.0.1", "no.such.host.invalid"),
            Some(PASSWORD),
            "cannot be used",
        ),
        (
            "postgres://vcl:s3cret@127.0.0.1:1/x".to_owned(),
            None,
            "refused",
        ),
        ("nonsense".to_owned(), None, "--library"),
    ] {
        let (code, told) = status(&address, password);
        assert_eq!(code, Some(1), "{address}: {told}");
        let error = told.lines().last().unwrap();
        assert!(
            error.starts_with("error: ") && error.contains(says),
            "{told}"
        );
        for secret in ["s3cret", "wrong-word"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}
