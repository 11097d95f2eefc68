//! The password proof of PostgreSQL: SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::{digest, hmac, pbkdf2};

/// A server that wants more rounds wants to keep us busy.
const MAX_ROUNDS: u32 = 1_000_000;

pub struct Scram {
    nonce: String,
    /// What the server must prove in the end.
    expected: Option<Vec<u8>>,
}

impl Scram {
    pub const NAME: &str = "SCRAM-SHA-256";

    pub fn new() -> Self {
        let random: [u8; 18] = rand::random();
        Self::with_nonce(STANDARD.encode(random))
    }

    fn with_nonce(nonce: String) -> Self {
        Self {
            nonce,
            expected: None,
        }
    }

    /// The user is named when the connection is opened.
    fn first_bare(&self) -> String {
        format!("n=,r={}", self.nonce)
    }

    pub fn first(&self) -> String {
        format!("n,,{}", self.first_bare())
    }

    /// The answer to the server's first message; `None` where that makes no sense.
    pub fn answer(&mut self, server: &str, password: &str) -> Option<String> {
        let value = |name: &str| server.split(',').find_map(|part| part.strip_prefix(name));
        let (nonce, salt) = (value("r=")?, STANDARD.decode(value("s=")?).ok()?);
        let rounds: u32 = value("i=")?.parse().ok().filter(|n| *n <= MAX_ROUNDS)?;
        if !nonce.starts_with(&self.nonce) {
            return None;
        }
        let mut salted = [0; digest::SHA256_OUTPUT_LEN];
        let rounds = NonZeroU32::new(rounds)?;
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            rounds,
            &salt,
            password.as_bytes(),
            &mut salted,
        );
        let client_key = sign(&salted, b"Client Key");
        let stored_key = digest::digest(&digest::SHA256, &client_key);
        let bare = format!("c=biws,r={nonce}");
        let said = format!("{},{server},{bare}", self.first_bare());
        let signature = sign(stored_key.as_ref(), said.as_bytes());
        let proof: Vec<u8> = client_key
            .iter()
            .zip(&signature)
            .map(|(a, b)| a ^ b)
            .collect();
        self.expected = Some(sign(&sign(&salted, b"Server Key"), said.as_bytes()));
        Some(format!("{bare},p={}", STANDARD.encode(proof)))
    }

    /// Whether the server knows the password as well.
    pub fn is_proven(&self, server: &str) -> bool {
        let proof = server
            .strip_prefix("v=")
            .and_then(|text| STANDARD.decode(text).ok());
        proof.is_some() && proof == self.expected
    }
}

fn sign(key: &[u8], text: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7677; there the user is named in the message.
    #[test]
    fn the_example_of_the_standard_comes_out() {
        let mut scram = Scram::with_nonce("rOprNGfwEbeRWgbNEkqO".to_owned());
        let server = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let answer = scram.answer(server, "pencil").unwrap();
        assert!(
            answer.starts_with("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=")
        );
        assert!(
            !scram.is_proven("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
            "another user"
        );
        assert!(!scram.is_proven("e=other-error"));
        assert_eq!(scram.answer("r=another,s=W22ZaJ0=,i=4096", "pencil"), None);
        assert_eq!(
            scram.answer("r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0=,i=99999999", "pencil"),
            None
        );
        assert_eq!(scram.answer("nonsense", "pencil"), None);
    }
}
