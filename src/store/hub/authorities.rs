//! Which authorities a server's certificate may come from.

use std::sync::Arc;

use ureq::tls::{Certificate, RootCerts};

/// Those of Mozilla, which are built in, and those that this system trusts: a company's own, whose
/// proxy signs every connection, is only there. `SSL_CERT_FILE` and `SSL_CERT_DIR` take the place of
/// the system's, as in other programs.
pub(super) fn root_certs() -> RootCerts {
    let of_system = rustls_native_certs::load_native_certs();
    for error in &of_system.errors {
        log::warn!("a certificate of this system is not usable: {error}");
    }
    let built_in = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    let built_in = built_in.map(|cert| Certificate::from_der(cert));
    let of_system = of_system.certs.iter();
    let of_system = of_system.map(|cert| Certificate::from_der(cert).to_owned());
    RootCerts::Specific(Arc::new(built_in.chain(of_system).collect()))
}
