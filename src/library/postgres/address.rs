//! Where a PostgreSQL server is, as its addresses say it: `postgres://user@host:5432/database?sslmode=require`.

use std::fmt;
use std::path::PathBuf;

use url::{Host, Url};

/// How much the connection is protected, as libpq names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// `disable`: not at all.
    No,
    /// `prefer`: if the server can; nothing is checked.
    IfPossible,
    /// `require`: encrypted, but anybody may be at the other end.
    Unchecked,
    /// `verify-full`: only with the server of this name.
    Checked,
}

/// What a connection needs. The password is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    pub host: String,
    /// The folder of a Unix socket, in place of the host.
    pub socket_dir: Option<PathBuf>,
    pub port: u16,
    pub user: String,
    pub database: String,
    pub tls: Tls,
    password: Option<String>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Without the password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = match &self.socket_dir {
            Some(dir) => dir.display().to_string(),
            None => format!("{}:{}", self.host, self.port),
        };
        write!(f, "postgres://{}@{host}/{}", self.user, self.database)
    }
}

impl Address {
    /// Whether this names a server rather than a folder.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with("postgres://") || text.starts_with("postgresql://")
    }

    /// `lookup` gives variables of the environment: `PGPASSWORD`, `PGUSER`, `PGSSLMODE`, `USER`.
    ///
    /// # Errors
    /// One sentence that says what is wrong with it, without repeating it: it may hold a password.
    pub fn parse(text: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let example = "give one such as postgres://user@host:5432/database";
        let url = Url::parse(text).map_err(|error| format!("{error}: {example}"))?;
        let decoded = |text: &str| {
            // The way of forms takes + for a blank; here it is one of its letters.
            let text = text.replace('+', "%2B");
            let mut pairs = url::form_urlencoded::parse(text.as_bytes());
            pairs
                .next()
                .map(|(name, _)| name.into_owned())
                .unwrap_or_default()
        };
        let host = match url.host() {
            Some(Host::Domain(name)) => decoded(name),
            Some(host) => host.to_string().trim_matches(['[', ']']).to_owned(),
            None => String::new(),
        };
        let query = |name: &str| {
            let mut pairs = url.query_pairs();
            pairs
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let host = query("host").unwrap_or(host);
        let socket_dir = host.starts_with('/').then(|| PathBuf::from(&host));
        let user = match url.username() {
            "" => query("user")
                .or_else(|| lookup("PGUSER"))
                .or_else(|| lookup("USER")),
            name => Some(decoded(name)),
        };
        let user = user.ok_or_else(|| format!("it names no user: {example}"))?;
        let database = decoded(url.path().trim_start_matches('/'));
        let tls = match query("sslmode").or_else(|| lookup("PGSSLMODE")).as_deref() {
            _ if socket_dir.is_some() => Tls::No,
            Some("disable") => Tls::No,
            None | Some("prefer" | "allow") => Tls::IfPossible,
            Some("require") => Tls::Unchecked,
            Some("verify-full") => Tls::Checked,
            Some(_) => {
                return Err("sslmode is disable, prefer, require or verify-full".to_owned());
            }
        };
        Ok(Self {
            host: if host.is_empty() {
                "localhost".to_owned()
            } else {
                host
            },
            socket_dir,
            port: query("port")
                .and_then(|port| port.parse().ok())
                .or(url.port())
                .unwrap_or(5432),
            database: if database.is_empty() {
                user.clone()
            } else {
                database
            },
            user,
            tls,
            password: url.password().map(decoded).or_else(|| lookup("PGPASSWORD")),
        })
    }

    pub(super) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Address {
        let lookup = |name: &str| (name == "PGPASSWORD").then(|| "from outside".to_owned());
        Address::parse(text, lookup).unwrap()
    }

    #[test]
    fn addresses_are_read_and_passwords_never_printed() {
        let full =
            parse("postgresql://me%40work:s%2Bc+r@db.example:6000/films?sslmode=verify-full");
        assert_eq!((full.host.as_str(), full.port), ("db.example", 6000));
        assert_eq!(
            (full.user.as_str(), full.database.as_str()),
            ("me@work", "films")
        );
        assert_eq!((full.password(), full.tls), (Some("s+c+r"), Tls::Checked));
        assert_eq!(full.to_string(), "postgres://me@work@db.example:6000/films");
        assert!(!format!("{full:?}").contains("s+c"));
        let short = parse("postgres://me@[::1]");
        assert_eq!((short.host.as_str(), short.port), ("::1", 5432));
        assert_eq!(
            (short.database.as_str(), short.password()),
            ("me", Some("from outside"))
        );
        assert_eq!(short.tls, Tls::IfPossible);
        let socket = parse("postgres:///films?host=/run/pg&port=7&user=me");
        assert_eq!(socket.socket_dir, Some("/run/pg".into()));
        assert_eq!((socket.port, socket.tls), (7, Tls::No));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for (text, says) in [
            ("postgres://host/x", "names no user"),
            ("postgres://me:secret@host/x?sslmode=perhaps", "sslmode is"),
            ("postgres://me:secret@host:port/x", "invalid port"),
        ] {
            let error = Address::parse(text, |_| None).unwrap_err();
            assert!(error.contains(says) && !error.contains("secret"), "{error}");
        }
        assert!(Address::is_meant("postgres://x") && !Address::is_meant("/postgres"));
    }
}
