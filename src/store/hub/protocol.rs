//! The part of the Hugging Face hub's protocol that is needed to fetch a model.
//!
//! A HEAD and a ranged GET for each file over `ureq`, rather than the `hf-hub` crate: its 1.0 brings an
//! async runtime and a second storage protocol, and its synchronous API of 0.x neither checks
//! checksums nor can be cancelled.

use std::env;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use ureq::http::{HeaderMap, Response, StatusCode};
use ureq::tls::TlsConfig;
use ureq::{Agent, Body};
use url::Url;

use super::authorities::root_certs;
use super::cache::{RepoId, is_commit};
use super::token::stored_token;

const ENDPOINT: &str = "https://huggingface.co";

/// Why a model was not fetched; one sentence each, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    #[error(
        "cannot reach {endpoint} ({reason}): check the network, or use another machine to download \
         config.json, preprocessor_config.json, tokenizer.json and model.safetensors from \
         {endpoint}/{repo}/tree/{revision} into one directory, and choose that directory as the \
         model (--model DIR)"
    )]
    Unreachable {
        endpoint: String,
        repo: RepoId,
        revision: String,
        reason: String,
    },
    #[error("{endpoint} has no model {repo} with a revision {revision}: check the name")]
    NoModel {
        endpoint: String,
        repo: RepoId,
        revision: String,
    },
    #[error(
        "{endpoint} does not let you have {repo}: check the name, or ask for access on its page \
         there and put your token into HF_TOKEN (a token that has expired is refused as well)"
    )]
    NotAllowed { endpoint: String, repo: RepoId },
    #[error("{repo} has no {file}, so it is in no layout that vcl reads: choose another model")]
    NoFile { repo: RepoId, file: String },
    #[error("the server answered {status} to {url}: try again later")]
    Status { url: String, status: u16 },
    #[error("the answer to {url} {reason}: check HF_ENDPOINT")]
    Protocol { url: String, reason: String },
    #[error(
        "the connection broke after {n_bytes} of {size} bytes of {file} ({reason}): download \
         it again to go on from there"
    )]
    Broken {
        file: String,
        n_bytes: u64,
        size: u64,
        reason: String,
    },
    #[error("{file} arrived damaged (its checksum is wrong) and was removed: download it again")]
    Checksum { file: String },
    #[error("another program is downloading {file}: wait for it to finish")]
    Busy { file: String },
    #[error("cannot write {path}: {cause}")]
    Io {
        path: PathBuf,
        cause: std::io::Error,
    },
}

/// A file on the hub, as its server describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    pub name: String,
    pub url: String,
    pub size: u64,
    /// The name of its blob in the cache, and its checksum.
    pub etag: String,
    pub commit: String,
}

/// A server that speaks the hub's protocol.
#[derive(Clone, Debug)]
pub struct Hub {
    endpoint: String,
    token: Option<String>,
    /// Made when it is first needed: reading the system's certificates takes a while.
    agent: OnceLock<Agent>,
}

impl Hub {
    /// `HF_ENDPOINT`, else huggingface.co; with the token that other Hugging Face programs would
    /// use: `HF_TOKEN`, or what they have stored.
    pub fn from_env() -> Self {
        let text = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let endpoint = text("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned());
        Self::new(
            &endpoint,
            stored_token(|name| env::var_os(name).map(PathBuf::from)),
        )
    }

    pub fn new(endpoint: &str, token: Option<String>) -> Self {
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            token,
            agent: OnceLock::new(),
        }
    }

    fn agent(&self) -> &Agent {
        self.agent.get_or_init(|| {
            let config = Agent::config_builder()
                .http_status_as_error(false)
                // A redirect must not lead out of encryption, nor take the token elsewhere (the
                // default).
                .https_only(self.endpoint.starts_with("https:"))
                .tls_config(TlsConfig::builder().root_certs(root_certs()).build())
                .timeout_resolve(Some(Duration::from_secs(15)))
                .timeout_connect(Some(Duration::from_secs(15)))
                .timeout_recv_response(Some(Duration::from_secs(30)))
                .timeout_per_read(Some(Duration::from_secs(30)))
                .user_agent(concat!("vcl/", env!("CARGO_PKG_VERSION")))
                .accept_encoding("identity")
                .build();
            config.new_agent()
        })
    }

    /// The token, where the address belongs to the hub itself.
    fn token_for(&self, url: &str) -> Option<String> {
        let token = self.token.as_ref()?;
        same_host(&self.endpoint, url).then(|| format!("Bearer {token}"))
    }

    /// Size, checksum and commit of a file; `None` where the model has no such file.
    ///
    /// # Errors
    /// [`HubError`] where there is no such model, no permission or no server.
    pub fn look_up(
        &self,
        repo: &RepoId,
        revision: &str,
        file: &str,
    ) -> Result<Option<RemoteFile>, HubError> {
        const MAX_REDIRECTS: usize = 5;
        let first_url = self.url(repo, revision, file);
        let mut url = first_url.clone();
        let mut commit = None;
        for _ in 0..MAX_REDIRECTS {
            let request = self.agent().head(&url);
            let mut request = request.config().max_redirects(0).build();
            if let Some(token) = self.token_for(&url) {
                request = request.header("authorization", token);
            }
            let response = request
                .call()
                .map_err(|error| self.unreachable(repo, revision, &error.to_string()))?;
            let headers = response.headers();
            commit = commit.or_else(|| header(headers, "x-repo-commit"));
            match response.status() {
                StatusCode::NOT_FOUND => {
                    return match header(headers, "x-error-code").as_deref() {
                        Some("EntryNotFound") => Ok(None),
                        // Within a commit that is known to exist, only the file can be missing.
                        None if is_commit(revision) => Ok(None),
                        _ => Err(HubError::NoModel {
                            endpoint: self.endpoint.clone(),
                            repo: repo.clone(),
                            revision: revision.to_owned(),
                        }),
                    };
                }
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    return Err(HubError::NotAllowed {
                        endpoint: self.endpoint.clone(),
                        repo: repo.clone(),
                    });
                }
                status if status.is_success() || status.is_redirection() => {}
                status => {
                    return Err(HubError::Status {
                        url,
                        status: status.as_u16(),
                    });
                }
            }
            // The large files lie on other servers; what the hub itself says of them counts. A
            // redirect within the hub, such as that of a renamed model, is followed; mirrors give
            // it as a whole address.
            let location = header(headers, "location").and_then(|to| resolved(&url, &to));
            let is_linked = headers.contains_key("x-linked-etag");
            match location {
                Some(location)
                    if response.status().is_redirection()
                        && !is_linked
                        && same_host(&self.endpoint, &location) =>
                {
                    url = location;
                }
                // The file is fetched from where this led to: a redirect would lose the token.
                _ => return describe(file, url, commit, &response).map(Some),
            }
        }
        Err(HubError::Protocol {
            url: first_url,
            reason: "leads in a circle".to_owned(),
        })
    }

    /// The bytes of a file from `from` on, and where they really begin: at 0 if the server sends only
    /// whole files.
    pub(super) fn open(
        &self,
        remote: &RemoteFile,
        from: u64,
    ) -> Result<(u64, Response<Body>), String> {
        let mut request = self.agent().get(&remote.url);
        if let Some(token) = self.token_for(&remote.url) {
            request = request.header("authorization", token);
        }
        if from > 0 {
            request = request.header("range", format!("bytes={from}-"));
        }
        let response = request.call().map_err(|error| error.to_string())?;
        match response.status() {
            StatusCode::OK => Ok((0, response)),
            StatusCode::PARTIAL_CONTENT => {
                let begin = header(response.headers(), "content-range").and_then(|range| {
                    range
                        .strip_prefix("bytes ")?
                        .split('-')
                        .next()?
                        .parse()
                        .ok()
                });
                if begin == Some(from) {
                    Ok((from, response))
                } else {
                    Err("the server sent another part than asked for".to_owned())
                }
            }
            StatusCode::RANGE_NOT_SATISFIABLE => {
                Err("the server cannot go on from here".to_owned())
            }
            status => Err(format!("the server answered {}", status.as_u16())),
        }
    }

    fn url(&self, repo: &RepoId, revision: &str, file: &str) -> String {
        let revision = revision.replace('/', "%2F");
        format!("{}/{repo}/resolve/{revision}/{file}", self.endpoint)
    }

    fn unreachable(&self, repo: &RepoId, revision: &str, reason: &str) -> HubError {
        HubError::Unreachable {
            endpoint: self.endpoint.clone(),
            repo: repo.clone(),
            revision: revision.to_owned(),
            reason: reason.to_owned(),
        }
    }
}

/// Where a `Location` leads to from `url`: it may be a path, `//host/path` or a whole address.
fn resolved(url: &str, location: &str) -> Option<String> {
    Some(Url::parse(url).ok()?.join(location).ok()?.into())
}

/// Whether both addresses are of one server; the second may be its encrypted side.
fn same_host(endpoint: &str, url: &str) -> bool {
    let (Ok(endpoint), Ok(url)) = (Url::parse(endpoint), Url::parse(url)) else {
        return false;
    };
    let is_upgrade = endpoint.scheme() == "http"
        && url.scheme() == "https"
        && endpoint.port().is_none()
        && url.port().is_none();
    endpoint.host_str().is_some()
        && endpoint.host_str() == url.host_str()
        && (is_upgrade
            || endpoint.scheme() == url.scheme()
                && endpoint.port_or_known_default() == url.port_or_known_default())
}

fn describe(
    file: &str,
    url: String,
    commit: Option<String>,
    response: &Response<Body>,
) -> Result<RemoteFile, HubError> {
    let headers = response.headers();
    let of_hub = |name, otherwise| header(headers, name).or_else(|| header(headers, otherwise));
    let etag = of_hub("x-linked-etag", "etag").and_then(|etag| plain_etag(&etag));
    let size = of_hub("x-linked-size", "content-length").and_then(|size| size.parse().ok());
    let commit = commit.filter(|commit| is_commit(commit));
    match (etag, size, commit) {
        (Some(etag), Some(size), Some(commit)) => Ok(RemoteFile {
            name: file.to_owned(),
            url,
            size,
            etag,
            commit,
        }),
        _ => Err(HubError::Protocol {
            url,
            reason: "is not that of a Hugging Face hub".to_owned(),
        }),
    }
}

/// The etag without its decoration; it becomes a file name, so it must be able to.
fn plain_etag(etag: &str) -> Option<String> {
    let etag = etag.trim_start_matches("W/").trim_matches('"');
    let is_safe = (1..=128).contains(&etag.len())
        && etag
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    is_safe.then(|| etag.to_owned())
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etags_lose_their_decoration_and_never_leave_the_directory() {
        assert_eq!(plain_etag("W/\"abc-1\"").as_deref(), Some("abc-1"));
        assert_eq!(plain_etag("\"0f\"").as_deref(), Some("0f"));
        for bad in ["", "\"\"", "../x", "a/b", "a.b", "a\\b"] {
            assert_eq!(plain_etag(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_the_hub_itself_is_followed_and_given_the_token() {
        let hub = Hub::new("https://hub.example/", Some("secret".to_owned()));
        for (location, is_hub) in [
            ("/b", true),
            ("//hub.example/b", true),
            ("https://hub.example/b", true),
            ("https://HUB.example:443/b", true),
            ("https://hub.example:8443/b", false),
            ("http://hub.example/b", false),
            ("//hub.example.evil.example/b", false),
            ("https://hub.example@evil.example/b", false),
            ("https://evil.example/hub.example", false),
        ] {
            let url = resolved("https://hub.example/a", location).unwrap();
            assert_eq!(same_host(&hub.endpoint, &url), is_hub, "{location}");
            assert_eq!(hub.token_for(&url).is_some(), is_hub, "{location}");
        }
        assert!(same_host("http://hub.example", "https://hub.example/b"));
        assert!(!same_host("http://127.0.0.1:1", "http://127.0.0.1:2/b"));
        assert!(!same_host("no address", "no address"));
    }

    #[test]
    fn the_revision_of_a_proposed_change_is_one_part_of_the_address() {
        let repo: RepoId = "openai/clip-vit-base-patch32".parse().unwrap();
        let url = Hub::new("http://127.0.0.1:1/", None).url(&repo, "refs/pr/15", "config.json");
        assert_eq!(
            url,
            "http://127.0.0.1:1/openai/clip-vit-base-patch32/resolve/refs%2Fpr%2F15/config.json"
        );
    }
}
