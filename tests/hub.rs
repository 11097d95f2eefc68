//! Models from a hub: a real server on this machine that speaks as much of the protocol as is used,
//! and that can be told to cut connections, to lie and to be gone.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use vcl::engine::ModelChoice;
use vcl::model::ModelFiles;
use vcl::store::{DownloadStep, Hub, HubCache, HubError, ModelDownload};

mod support;
use support::hub_server::{
    COMMIT, Files, Manners, REPO, Redirect, Server, WEIGHTS, git_sha1, of_another, sha256, tls_file,
};
use support::{Place, tiny_model};

fn download(server: &Server, place: &Place) -> ModelDownload {
    download_of(server, place, REPO)
}

fn download_of(server: &Server, place: &Place, repo: &str) -> ModelDownload {
    let cache = HubCache::new(&place.paths().hub_dir);
    let hub = Hub::new(&server.endpoint, None);
    ModelDownload::new(hub, cache, repo.parse().unwrap(), None)
}

fn weights() -> Vec<u8> {
    fs::read(tiny_model().join(WEIGHTS)).unwrap()
}

fn blobs(place: &Place) -> PathBuf {
    let repo = format!("models--{}", REPO.replace('/', "--"));
    place.paths().hub_dir.join(repo).join("blobs")
}

fn weight_blob(place: &Place) -> PathBuf {
    blobs(place).join(sha256(&weights()))
}

fn partial_blob(place: &Place) -> PathBuf {
    blobs(place).join(format!("{}.incomplete", sha256(&weights())))
}

fn len(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

#[track_caller]
fn assert_is_tiny_model(place: &Place) {
    let choice: ModelChoice = REPO.parse().unwrap();
    let files = choice.files(&place.paths()).unwrap();
    let expected = ModelFiles::from_dir(&tiny_model()).unwrap();
    assert_eq!(files.id().unwrap().hash, expected.id().unwrap().hash);
    assert_eq!(files.name, REPO);
    assert!(!partial_blob(place).exists());
}

#[track_caller]
fn complaint(download: ModelDownload) -> (HubError, String) {
    let error = download.run(|_| ()).unwrap_err();
    let message = error.to_string();
    println!("{message}");
    assert!(!message.contains('\n'));
    (error, message)
}

#[test]
fn a_download_lies_where_other_programs_look_for_it() {
    let (server, place) = (Server::of_tiny_model(), Place::new());
    let mut last = None;
    let dir = download(&server, &place)
        .run(|step| last = Some(step.clone()))
        .unwrap();
    assert!(dir.ends_with(format!("snapshots/{COMMIT}")));
    let repo = blobs(&place).with_file_name("refs");
    assert_eq!(fs::read_to_string(repo.join("refs/pr/15")).unwrap(), COMMIT);
    assert_eq!(fs::read(weight_blob(&place)).unwrap(), weights());
    let Some(DownloadStep::Fetching(progress)) = last else {
        panic!("no progress was told");
    };
    assert_eq!(progress.n_bytes, progress.n_total);
    assert!(progress.n_total > weights().len() as u64);
    assert_is_tiny_model(&place);

    // A second download has nothing to fetch.
    let n_ranges = server.ranges().len();
    download(&server, &place).run(|_| ()).unwrap();
    assert_eq!(server.ranges().len(), n_ranges);
}

#[test]
fn a_cut_connection_is_taken_up_where_it_broke() {
    let (server, place) = (Server::of_tiny_model(), Place::new());
    server.behave(Manners {
        n_cuts: 2,
        ..Manners::default()
    });
    download(&server, &place).run(|_| ()).unwrap();
    let half = weights().len() / 2;
    let quarters = half + (weights().len() - half) / 2;
    let expected = [
        String::new(),
        format!("bytes={half}-"),
        format!("bytes={quarters}-"),
    ];
    assert_eq!(server.ranges(), expected);
    assert_is_tiny_model(&place);
}

#[test]
fn a_server_without_ranges_sends_all_again() {
    let (server, place) = (Server::of_tiny_model(), Place::new());
    server.behave(Manners {
        n_cuts: 1,
        no_ranges: true,
        ..Manners::default()
    });
    download(&server, &place).run(|_| ()).unwrap();
    assert_eq!(server.ranges().len(), 2);
    assert_is_tiny_model(&place);
}

#[test]
fn a_broken_download_keeps_what_came_and_goes_on_later() {
    let (server, place) = (Server::of_tiny_model(), Place::new());
    fs::create_dir_all(blobs(&place)).unwrap();
    fs::write(partial_blob(&place), &weights()[..1000]).unwrap();
    server.behave(Manners {
        is_mute: true,
        ..Manners::default()
    });
    let (error, message) = complaint(download(&server, &place));
    assert!(matches!(error, HubError::Broken { n_bytes: 1000, .. }));
    assert!(message.contains("download it again"), "{message}");
    assert!(!weight_blob(&place).exists());

    server.behave(Manners::default());
    download(&server, &place).run(|_| ()).unwrap();
    assert_eq!(server.ranges().last().unwrap(), "bytes=1000-");
    assert_is_tiny_model(&place);
}

#[test]
fn a_cancelled_download_goes_on_later() {
    let (server, place) = (Server::of_tiny_model(), Place::new());
    server.behave(Manners {
        trickles: true,
        ..Manners::default()
    });
    let mut first = download(&server, &place);
    while len(&partial_blob(&place)) == 0 {
        first.step().unwrap();
    }
    let (error, _) = complaint(download(&server, &place));
    assert!(matches!(error, HubError::Busy { .. }));
    drop(first);
    let n_bytes = len(&partial_blob(&place));
    assert!(n_bytes < weights().len() as u64 && !weight_blob(&place).exists());
    let choice: ModelChoice = REPO.parse().unwrap();
    let message = choice.files(&place.paths()).unwrap_err().to_string();
    assert!(message.contains("vcl model download"), "{message}");

    server.behave(Manners::default());
    download(&server, &place).run(|_| ()).unwrap();
    assert_eq!(
        server.ranges().last().unwrap(),
        &format!("bytes={n_bytes}-")
    );
    assert_is_tiny_model(&place);
}

#[test]
fn a_wrong_checksum_leaves_nothing_behind() {
    let (server, place) = (Server::of_tiny_model(), Place::new());
    server.behave(Manners {
        lies: true,
        ..Manners::default()
    });
    let (error, _) = complaint(download(&server, &place));
    assert!(matches!(error, HubError::Checksum { .. }));
    assert!(!weight_blob(&place).exists() && !partial_blob(&place).exists());
    server.behave(Manners::default());
    download(&server, &place).run(|_| ()).unwrap();
    assert_is_tiny_model(&place);
}

#[test]
fn refusals_say_what_to_do() {
    let (server, place) = (Server::of_tiny_model(), Place::new());
    for (repo, told) in [
        ("nobody/nothing", "check the name"),
        ("gated/model", "HF_TOKEN"),
        ("broken/model", "503"),
    ] {
        let (_, message) = complaint(download_of(&server, &place, repo));
        assert!(message.contains(told), "{message}");
    }
    let server = Server::start([("config.json".to_owned(), b"{}".to_vec())].into());
    let (error, _) = complaint(download(&server, &place));
    assert!(matches!(error, HubError::NoFile { .. }));
}

#[test]
fn without_a_server_one_sentence_says_how_to_do_it_by_hand() {
    let place = Place::new();
    let cache = HubCache::new(&place.paths().hub_dir);
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let endpoint = format!("http://{}", unused.unwrap());
    let hub = Hub::new(&endpoint, None);
    let download = ModelDownload::new(hub, cache, REPO.parse().unwrap(), None);
    let (error, message) = complaint(download);
    assert!(matches!(error, HubError::Unreachable { .. }));
    assert!(message.contains(&format!("{endpoint}/{REPO}/tree/refs/pr/15")));
    assert!(message.contains("--model"));
}

#[cfg(unix)]
#[test]
fn what_another_program_fetched_needs_no_network() {
    // As `huggingface_hub` of Python leaves a model that was fetched from its main branch.
    let place = Place::new();
    let blobs = blobs(&place);
    let snapshot = blobs.with_file_name("snapshots").join(COMMIT);
    fs::create_dir_all(&blobs).unwrap();
    fs::create_dir_all(&snapshot).unwrap();
    fs::create_dir_all(blobs.with_file_name("refs")).unwrap();
    fs::write(blobs.with_file_name("refs").join("main"), COMMIT).unwrap();
    for name in [
        "config.json",
        "preprocessor_config.json",
        "tokenizer.json",
        WEIGHTS,
    ] {
        let bytes = fs::read(tiny_model().join(name)).unwrap();
        let etag = git_sha1(&bytes);
        fs::write(blobs.join(&etag), bytes).unwrap();
        std::os::unix::fs::symlink(format!("../../blobs/{etag}"), snapshot.join(name)).unwrap();
    }
    assert_is_tiny_model(&place);
    let names = ModelChoice::installed(&place.paths()).into_iter();
    assert!(names.map(|model| model.name).any(|name| name == REPO));

    // Half of it is none.
    fs::remove_file(snapshot.join("tokenizer.json")).unwrap();
    let choice: ModelChoice = REPO.parse().unwrap();
    let message = choice.files(&place.paths()).unwrap_err().to_string();
    assert!(message.contains("vcl model download"), "{message}");
    assert_eq!(ModelChoice::installed(&place.paths()).len(), 1);
}

#[test]
fn sharded_weights_and_their_index_are_fetched() {
    let place = Place::new();
    let shard = "model-00001-of-00001.safetensors";
    let index = format!(r#"{{"weight_map": {{"logit_scale": "{shard}"}}}}"#);
    let small = |name: &str| (name.to_owned(), fs::read(tiny_model().join(name)).unwrap());
    let files: Files = [
        small("config.json"),
        small("preprocessor_config.json"),
        small("tokenizer.json"),
        (
            "model.safetensors.index.json".to_owned(),
            index.into_bytes(),
        ),
        (shard.to_owned(), weights()),
    ]
    .into();
    let dir = download(&Server::start(files), &place).run(|_| ()).unwrap();
    assert_eq!(fs::read(dir.join(shard)).unwrap(), weights());
    assert!(ModelFiles::are_in(&dir));
}

/// Every file of a fixture, by its path inside.
fn files_of(model: &str) -> Vec<(String, Vec<u8>)> {
    let dir = tiny_model().with_file_name(model);
    let entries = walkdir::WalkDir::new(&dir).into_iter().map(Result::unwrap);
    entries
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry.path().strip_prefix(&dir).unwrap();
            let name = name.to_str().unwrap().replace('\\', "/");
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn a_model_in_open_clips_layout_is_fetched() {
    // timm puts a config of its own beside it.
    let mut files: Files = files_of("openclip-tiny").into_iter().collect();
    files.insert(
        "config.json".into(),
        b"{\"architecture\": \"vit\"}".to_vec(),
    );
    let (server, place) = (Server::start(files), Place::new());
    let dir = download(&server, &place).run(|_| ()).unwrap();
    assert!(ModelFiles::are_in(&dir));
    let choice: ModelChoice = REPO.parse().unwrap();
    choice.files(&place.paths()).unwrap();
    assert!(
        !dir.join("expected.safetensors").exists(),
        "only what is needed"
    );
}

/// A text tower does not work without the model whose images it describes: both come.
#[test]
fn a_text_tower_brings_its_images() {
    const TEXTS: &str = "sentence-transformers/clip-ViT-B-32-multilingual-v1";
    let mut files = Server::files_of_tiny_model();
    for (name, bytes) in files_of("distil-tiny") {
        files.insert(of_another(TEXTS, &name), bytes);
    }
    let (server, place) = (Server::start(files), Place::new());
    let choice: ModelChoice = TEXTS.parse().unwrap();
    let error = choice.files(&place.paths()).unwrap_err().to_string();
    assert!(
        error.contains("vcl model download openai/clip-vit-base-patch32"),
        "{error}"
    );

    let mut command = place.command();
    command.env("HF_ENDPOINT", &server.endpoint);
    let output = command.args(["model", "download", TEXTS]).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let files = choice.files(&place.paths()).unwrap();
    assert_eq!(files.name, TEXTS);
    assert!(files.text.is_some());
    assert_is_tiny_model(&place);
    let mut command = place.command();
    let output = command
        .args(["--model", TEXTS, "model", "info"])
        .output()
        .unwrap();
    let info = String::from_utf8(output.stdout).unwrap();
    assert!(info.contains("text_width            40"), "{info}");
}

#[test]
fn the_program_downloads_lists_and_uses_a_model() {
    let (server, place) = (Server::of_tiny_model(), Place::new());
    let vcl = |args: &[&str]| {
        let mut command = place.command();
        command.env("HF_ENDPOINT", &server.endpoint).args(args);
        command
    };
    // Killed half-way: the next one goes on.
    server.behave(Manners {
        trickles: true,
        ..Manners::default()
    });
    let mut child = vcl(&["model", "download", REPO]).spawn().unwrap();
    while len(&partial_blob(&place)) == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let n_bytes = len(&partial_blob(&place));
    assert!(n_bytes > 0 && !weight_blob(&place).exists());
    server.behave(Manners::default());

    let output = vcl(&["model", "download", REPO]).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains(&format!("--model {REPO}")), "{stdout}");
    assert_eq!(
        server.ranges().last().unwrap(),
        &format!("bytes={n_bytes}-")
    );
    assert_is_tiny_model(&place);

    // From here on nothing is asked of the network.
    let n_requests = server.requests.lock().unwrap().len();
    let list = vcl(&["model", "list"]).output().unwrap();
    assert!(String::from_utf8(list.stdout).unwrap().contains(REPO));
    let info = vcl(&["--model", REPO, "model", "info"]).output().unwrap();
    let info = String::from_utf8(info.stdout).unwrap();
    assert!(
        info.contains(REPO) && info.contains("embedding_dim"),
        "{info}"
    );
    let none = vcl(&["--model", "a/b", "model", "info"]).output().unwrap();
    assert!(
        String::from_utf8(none.stderr)
            .unwrap()
            .contains("vcl model download a/b")
    );
    assert_eq!(server.requests.lock().unwrap().len(), n_requests);
}

#[test]
fn redirects_within_a_mirror_are_followed_in_every_form() {
    for redirect in [Redirect::Absolute, Redirect::SlashSlash] {
        let (server, place) = (Server::of_tiny_model(), Place::new());
        server.behave(Manners {
            redirect,
            token: Some("secret"),
            ..Manners::default()
        });
        let cache = HubCache::new(&place.paths().hub_dir);
        let hub = Hub::new(&server.endpoint, Some("secret".to_owned()));
        let download = ModelDownload::new(hub, cache, REPO.parse().unwrap(), None);
        download.run(|_| ()).unwrap();
        assert_is_tiny_model(&place);
        let with_token = server.with_token.lock().unwrap();
        let has = |part: &str| with_token.iter().any(|request| request.contains(part));
        assert!(has(" /moved/openai/"), "{with_token:?}");
        assert!(!has("/cdn/"), "where large files lie: {with_token:?}");
    }
}

#[test]
fn a_token_never_goes_to_another_host() {
    let (server, place) = (Server::of_tiny_model(), Place::new());
    server.behave(Manners {
        redirect: Redirect::Elsewhere,
        ..Manners::default()
    });
    let cache = HubCache::new(&place.paths().hub_dir);
    let hub = Hub::new(&server.endpoint, Some("secret".to_owned()));
    let download = ModelDownload::new(hub, cache, REPO.parse().unwrap(), None);
    let (_, message) = complaint(download);
    assert!(message.contains("HF_ENDPOINT"), "{message}");
    let with_token = server.with_token.lock().unwrap();
    assert!(!with_token.is_empty());
    let is_here = |request: &String| request.starts_with("127.0.0.1:");
    assert!(with_token.iter().all(is_here), "{with_token:?}");
}

#[test]
fn a_stored_token_is_sent_to_a_hub_that_asks_for_one() {
    let server = Server::of_tiny_model();
    server.behave(Manners {
        token: Some("stored"),
        ..Manners::default()
    });
    for (name, file) in [("HF_TOKEN_PATH", "mine"), ("HF_HOME", "home/token")] {
        let place = Place::new();
        let path = place.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "stored\r\n").unwrap();
        let value = match name {
            "HF_HOME" => path.parent().unwrap(),
            _ => &path,
        };
        let download = |token: &str| {
            let mut command = place.command();
            command
                .env_remove("HF_TOKEN_PATH")
                .env_remove("HF_HOME")
                .env("HF_ENDPOINT", &server.endpoint)
                .env("HF_TOKEN", token)
                .env(name, value)
                .args(["model", "download", REPO]);
            command.output().unwrap()
        };
        let refused = download("another");
        assert_eq!(refused.status.code(), Some(1));
        let message = String::from_utf8(refused.stderr).unwrap();
        assert!(message.contains("HF_TOKEN"), "{message}");
        let fetched = download("");
        assert!(fetched.status.success(), "{fetched:?}");
        assert_is_tiny_model(&place);
    }
}

#[test]
fn an_authority_of_the_system_or_of_ssl_cert_file_is_trusted() {
    let (server, place) = (Server::of_tiny_model_with_tls(), Place::new());
    let empty = place.path("empty");
    fs::create_dir(&empty).unwrap();
    let download = |authorities: &Path| {
        let mut command = place.command();
        command
            .env("HF_ENDPOINT", &server.endpoint)
            .env("SSL_CERT_FILE", authorities)
            .env("SSL_CERT_DIR", &empty)
            .args(["model", "download", REPO]);
        command.output().unwrap()
    };
    let refused = download(&tls_file("server.pem"));
    assert_eq!(refused.status.code(), Some(1));
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(message.contains("cannot reach"), "{message}");
    assert!(!weight_blob(&place).exists());

    let fetched = download(&tls_file("authority.pem"));
    assert!(fetched.status.success(), "{fetched:?}");
    assert_is_tiny_model(&place);
}
