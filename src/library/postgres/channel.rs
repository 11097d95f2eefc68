//! The way to a server: a socket of this machine, or the network, encrypted or not.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use rustls::{ClientConnection, StreamOwned};

use super::address::{Address, Tls};
use super::error::PostgresError;
use super::tls;

/// Nobody answers there.
const CONNECT_PATIENCE: Duration = Duration::from_secs(15);

/// A server that says nothing for so long is gone. The slowest answer is an exact look at everything.
const PATIENCE: Duration = Duration::from_secs(300);

pub trait Channel: Read + Write + Send {}
impl<T: Read + Write + Send> Channel for T {}

/// Opens the way to a server, encrypted as far as the address asks for it.
///
/// # Errors
/// When nobody listens there, or it cannot be encrypted.
pub fn open(address: &Address) -> Result<Box<dyn Channel>, PostgresError> {
    #[cfg(unix)]
    if let Some(dir) = &address.socket_dir {
        let path = dir.join(format!(".s.PGSQL.{}", address.port));
        let socket = std::os::unix::net::UnixStream::connect(path)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        return Ok(Box::new(socket));
    }
    let mut socket = connect(address)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_nodelay(true)?;
    if address.tls == Tls::No {
        return Ok(Box::new(socket));
    }
    // The request for TLS has a number in place of a version.
    socket.write_all(&[0, 0, 0, 8, 4, 210, 22, 47])?;
    let mut can = [0];
    socket.read_exact(&mut can)?;
    match (can, address.tls) {
        ([b'S'], _) => {
            let connection = ClientConnection::new(tls::config(address.tls)?, tls::name(address)?);
            let connection =
                connection.map_err(|error| PostgresError::Refused(error.to_string()))?;
            Ok(Box::new(StreamOwned::new(connection, socket)))
        }
        ([b'N'], Tls::IfPossible) => Ok(Box::new(socket)),
        ([b'N'], _) => Err(PostgresError::Refused(
            "the server offers no TLS, which sslmode asks for".to_owned(),
        )),
        _ => Err(PostgresError::Nonsense),
    }
}

/// A name may stand for several addresses, such as an old and a new one.
fn connect(address: &Address) -> io::Result<TcpStream> {
    let mut outcome = Err(io::Error::from(io::ErrorKind::NotFound));
    for found in (address.host.as_str(), address.port).to_socket_addrs()? {
        outcome = TcpStream::connect_timeout(&found, CONNECT_PATIENCE);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}
