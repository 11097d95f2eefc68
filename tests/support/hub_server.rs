//! A server on this machine that speaks as much of the hub's protocol as is used, and that can be told
//! to cut connections, to lie and to be slow.
#![allow(dead_code, reason = "every test binary uses another part")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The only model it has.
pub const REPO: &str = "openai/clip-vit-base-patch32";
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub const WEIGHTS: &str = "model.safetensors";

/// How the server answers what is asked of a model, before it answers it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Redirect {
    /// Only that of `config.json`, by a path.
    #[default]
    Usual,
    /// 308 with a whole address on the same host, as mirrors do.
    Absolute,
    /// The same without the scheme: `//host/path`.
    SlashSlash,
    /// To the same server under another name.
    Elsewhere,
}

/// What the server does, most of it to GETs of the weights.
#[derive(Clone, Copy, Default)]
pub struct Manners {
    /// How many connections to cut after half of what was asked for.
    pub n_cuts: usize,
    /// Answer nothing but the header.
    pub is_mute: bool,
    /// Send other bytes of the same length.
    pub lies: bool,
    /// Give whole files only.
    pub no_ranges: bool,
    /// After half of what was asked for, a byte every 10 ms: nobody waits for the end of that.
    pub trickles: bool,
    pub redirect: Redirect,
    /// Ask for this token, except where large files lie.
    pub token: Option<&'static str>,
}

pub struct Server {
    pub endpoint: String,
    /// `METHOD path range`
    pub requests: Arc<Mutex<Vec<String>>>,
    /// `host path` of every request that brought a token.
    pub with_token: Arc<Mutex<Vec<String>>>,
    manners: Arc<Mutex<Manners>>,
}

/// By their names in [`REPO`], or as [`of_another`] says.
pub type Files = BTreeMap<String, Vec<u8>>;

/// How a file of another model than [`REPO`] is called among the files of a server.
pub fn of_another(repo: &str, file: &str) -> String {
    format!("{repo}:{file}")
}

impl Server {
    pub fn of_tiny_model() -> Self {
        Self::start(Self::files_of_tiny_model())
    }

    pub fn files_of_tiny_model() -> Files {
        let names = [
            "config.json",
            "preprocessor_config.json",
            "tokenizer.json",
            WEIGHTS,
        ];
        let read = |name: &str| {
            (
                name.to_owned(),
                fs::read(
                    Path::new(env!("CARGO_MANIFEST_DIR"))
                        .join("tests/fixtures/clip-tiny")
                        .join(name),
                )
                .unwrap(),
            )
        };
        names.map(read).into()
    }

    /// The same with a certificate of an authority that no system knows.
    pub fn of_tiny_model_with_tls() -> Self {
        let certs = CertificateDer::pem_file_iter(tls_file("server.pem")).unwrap();
        let certs = certs.collect::<Result<_, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_file(tls_file("server.key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(certs, key)
            .unwrap();
        Self::listen(Self::files_of_tiny_model(), Some(Arc::new(config)))
    }

    pub fn start(files: Files) -> Self {
        Self::listen(files, None)
    }

    fn listen(files: Files, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let server = Self {
            endpoint: format!("{scheme}://{}", listener.local_addr().unwrap()),
            requests: Arc::default(),
            with_token: Arc::default(),
            manners: Arc::default(),
        };
        let desk = Arc::new(Desk {
            endpoint: server.endpoint.clone(),
            files,
            requests: Arc::clone(&server.requests),
            with_token: Arc::clone(&server.with_token),
            manners: Arc::clone(&server.manners),
        });
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (desk, tls) = (Arc::clone(&desk), tls.clone());
                thread::spawn(move || {
                    let stream = stream.unwrap();
                    // A client that goes away is none of the server's business.
                    let _ = match tls {
                        Some(tls) => {
                            let tls = ServerConnection::new(tls).unwrap();
                            desk.answer(&mut StreamOwned::new(tls, stream))
                        }
                        None => desk.answer(&mut &stream),
                    };
                });
            }
        });
        server
    }

    pub fn behave(&self, manners: Manners) {
        *self.manners.lock().unwrap() = manners;
    }

    /// The ranges of all GETs of the weights so far.
    pub fn ranges(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let prefix = format!("GET /cdn/{WEIGHTS} ");
        let ranges = requests.iter().filter_map(|r| r.strip_prefix(&prefix));
        ranges.map(str::to_owned).collect()
    }
}

/// What every connection needs.
struct Desk {
    endpoint: String,
    files: Files,
    requests: Arc<Mutex<Vec<String>>>,
    with_token: Arc<Mutex<Vec<String>>>,
    manners: Arc<Mutex<Manners>>,
}

impl Desk {
    fn answer(&self, stream: &mut (impl Read + Write)) -> std::io::Result<()> {
        let Self {
            endpoint,
            files,
            requests,
            with_token,
            manners,
        } = self;
        let mut lines = BufReader::new(&mut *stream).lines();
        let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
        let (mut range, mut host, mut token) = (String::new(), String::new(), None);
        for line in lines {
            let line = line?.to_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("range: ") {
                value.clone_into(&mut range);
            }
            if let Some(value) = line.strip_prefix("host: ") {
                value.clone_into(&mut host);
            }
            if let Some(value) = line.strip_prefix("authorization: bearer ") {
                token = Some(value.to_owned());
            }
        }
        let mut words = first.split(' ');
        let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        requests
            .lock()
            .unwrap()
            .push(format!("{method} {path} {range}"));
        if token.is_some() {
            with_token.lock().unwrap().push(format!("{host} {path}"));
        }
        let mut head = |status: &str, headers: &str| {
            let header = format!("HTTP/1.1 {status}\r\n{headers}connection: close\r\n\r\n");
            stream.write_all(header.as_bytes())?;
            stream.flush()
        };
        if let Some(file) = path.strip_prefix("/cdn/") {
            let Some(whole) = files.get(file) else {
                return head("404 Not Found", "content-length: 0\r\n");
            };
            let mut now = manners.lock().unwrap();
            let is_cut = now.n_cuts > 0;
            now.n_cuts = now.n_cuts.saturating_sub(1);
            let manners = *now;
            drop(now);
            let from = range
                .strip_prefix("bytes=")
                .and_then(|r| r.strip_suffix('-'));
            let from = from.filter(|_| !manners.no_ranges);
            let begin: usize = from.map_or(0, |from| from.parse().unwrap());
            let mut body = whole[begin..].to_vec();
            let length = format!("content-length: {}\r\n", body.len());
            if from.is_some() {
                let last = whole.len() - 1;
                let all = whole.len();
                head(
                    "206 Partial Content",
                    &format!("{length}content-range: bytes {begin}-{last}/{all}\r\n"),
                )?;
            } else {
                head("200 OK", &length)?;
            }
            if manners.lies {
                body.reverse();
            }
            if is_cut {
                body.truncate(body.len() / 2);
            }
            if manners.is_mute {
                body.clear();
            }
            let n_at_once = if manners.trickles {
                body.len() / 2
            } else {
                body.len()
            };
            stream.write_all(&body[..n_at_once])?;
            for byte in body[n_at_once..].chunks(1) {
                stream.write_all(byte)?;
                thread::sleep(Duration::from_millis(10));
            }
            return stream.flush();
        }
        let (is_moved, path) = match path.strip_prefix("/moved") {
            Some(path) => (true, path),
            None => (false, path),
        };
        let Manners {
            redirect,
            token: wanted,
            ..
        } = *manners.lock().unwrap();
        if !is_moved && redirect != Redirect::Usual {
            let (scheme, host) = endpoint.split_once("://").unwrap();
            let to = match redirect {
                Redirect::SlashSlash => format!("//{host}"),
                Redirect::Elsewhere => {
                    format!("{scheme}://{}", host.replace("127.0.0.1", "localhost"))
                }
                Redirect::Usual | Redirect::Absolute => endpoint.clone(),
            };
            let headers = format!("location: {to}/moved{path}\r\ncontent-length: 0\r\n");
            return head("308 Permanent Redirect", &headers);
        }
        let commit = format!("x-repo-commit: {COMMIT}\r\n");
        let no = |code: &str| format!("x-error-code: {code}\r\ncontent-length: 0\r\n");
        if path.starts_with("/gated/") || wanted.is_some() && token.as_deref() != wanted {
            return head("401 Unauthorized", &no("GatedRepo"));
        }
        if path.starts_with("/broken/") {
            return head("503 Service Unavailable", "content-length: 0\r\n");
        }
        let Some((repo, of_repo)) = path.trim_start_matches('/').split_once("/resolve/") else {
            return head("404 Not Found", &no("RepoNotFound"));
        };
        let key = |file: &str| match repo {
            REPO => file.to_owned(),
            _ => of_another(repo, file),
        };
        if repo != REPO && !files.keys().any(|name| name.starts_with(&key(""))) {
            return head("404 Not Found", &no("RepoNotFound"));
        }
        let Some((revision, file)) = of_repo.split_once('/') else {
            return head("404 Not Found", &no("EntryNotFound"));
        };
        let usual = if repo == REPO {
            "refs%2Fpr%2F15"
        } else {
            "main"
        };
        if revision != COMMIT && revision != usual {
            return head("404 Not Found", &no("RevisionNotFound"));
        }
        let file = &key(file);
        let Some(bytes) = files.get(file) else {
            return head("404 Not Found", &no("EntryNotFound"));
        };
        let size = bytes.len();
        if file.ends_with(".safetensors") {
            let etag = sha256(bytes);
            let headers = format!(
                "{commit}location: {endpoint}/cdn/{file}\r\nx-linked-etag: \"{etag}\"\r\n\
             x-linked-size: {size}\r\netag: \"other\"\r\ncontent-length: 0\r\n"
            );
            return head("302 Found", &headers);
        }
        if file == "config.json" && !is_moved {
            let headers = format!("location: /moved{path}\r\ncontent-length: 0\r\n");
            return head("307 Temporary Redirect", &headers);
        }
        let etag = git_sha1(bytes);
        let headers = format!("{commit}etag: W/\"{etag}\"\r\ncontent-length: {size}\r\n");
        head("200 OK", &headers)?;
        if method == "GET" {
            stream.write_all(bytes)?;
        }
        stream.flush()
    }
}

pub fn tls_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/hub-tls")
        .join(name)
}

fn hex(context: Context) -> String {
    let digest = context.finish();
    digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

pub fn sha256(bytes: &[u8]) -> String {
    let mut context = Context::new(&SHA256);
    context.update(bytes);
    hex(context)
}

pub fn git_sha1(bytes: &[u8]) -> String {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    context.update(format!("blob {}\0", bytes.len()).as_bytes());
    context.update(bytes);
    hex(context)
}
