//! A connection to a PostgreSQL server: what a library needs of its protocol (version 3), and no more.
//!
//! Commands and values travel apart, so no value is ever part of a command. Values go as text, or as bytes
//! where they are long; what comes back is in the server's binary form.

use std::io::{self, BufReader, Read, Write};
use std::time::Duration;

use super::address::Address;
use super::channel::{Channel, open};
use super::error::PostgresError;
use super::scram::Scram;

/// No message of a library is longer.
const MAX_MESSAGE_BYTES: usize = 1 << 30;

/// So many rows are sent before an answer is read: answers to more could fill both directions.
const ROWS_AT_ONCE: usize = 256;

type Outcome<T> = Result<T, PostgresError>;

/// A value of a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Text(String),
    /// In the binary form of its type.
    Bytes(Vec<u8>),
}

impl Value {
    pub fn of(value: impl std::fmt::Display) -> Self {
        Self::Text(value.to_string())
    }

    pub fn text_or_null(value: Option<&str>) -> Self {
        value.map_or(Self::Null, Self::of)
    }
}

/// A row of an answer, in the server's binary form.
#[derive(Clone, Debug, Default)]
pub struct Row(Vec<Option<Vec<u8>>>);

impl Row {
    pub fn bytes(&self, at: usize) -> &[u8] {
        self.0
            .get(at)
            .and_then(Option::as_deref)
            .unwrap_or_default()
    }

    pub fn is_null(&self, at: usize) -> bool {
        self.0.get(at).is_none_or(Option::is_none)
    }

    pub fn text(&self, at: usize) -> String {
        String::from_utf8_lossy(self.bytes(at)).into_owned()
    }

    /// A whole number of any size.
    pub fn int(&self, at: usize) -> i64 {
        let bytes = self.bytes(at);
        match *bytes {
            [a, b] => i64::from(i16::from_be_bytes([a, b])),
            [a, b, c, d] => i64::from(i32::from_be_bytes([a, b, c, d])),
            _ => bytes.try_into().map_or(0, i64::from_be_bytes),
        }
    }

    pub fn float(&self, at: usize) -> f64 {
        let bytes = self.bytes(at);
        match *bytes {
            [a, b, c, d] => f64::from(f32::from_be_bytes([a, b, c, d])),
            _ => bytes.try_into().map_or(0.0, f64::from_be_bytes),
        }
    }

    pub fn bool(&self, at: usize) -> bool {
        self.bytes(at) == [1]
    }
}

pub struct Client {
    channel: BufReader<Box<dyn Channel>>,
    /// What is sent with the next flush.
    out: Vec<u8>,
    /// After an error in the middle of an answer nothing that follows makes sense.
    is_broken: bool,
}

impl Client {
    /// # Errors
    /// When nobody listens there, or the server lets us not in.
    pub fn connect(address: &Address) -> Outcome<Self> {
        let mut client = Self {
            channel: BufReader::with_capacity(64 << 10, open(address)?),
            out: Vec::new(),
            is_broken: false,
        };
        client.start(address)?;
        Ok(client)
    }

    fn start(&mut self, address: &Address) -> Outcome<()> {
        let mut body = 196_608_i32.to_be_bytes().to_vec();
        for text in [
            "user",
            &address.user,
            "database",
            &address.database,
            "client_encoding",
            "UTF8",
            "application_name",
            "vcl",
        ] {
            put_text(&mut body, text);
        }
        body.push(0);
        self.out.extend((body.len() as i32 + 4).to_be_bytes());
        self.out.extend(body);
        self.flush()?;
        let mut scram = Scram::new();
        let no_password = || {
            PostgresError::Refused(
                "the server asks for a password: give it in the address or in PGPASSWORD"
                    .to_owned(),
            )
        };
        loop {
            let (kind, body) = self.message()?;
            let (code, rest) = match (kind, body.split_first_chunk::<4>()) {
                (b'Z', _) => return Ok(()),
                (b'R', Some((code, rest))) => (i32::from_be_bytes(*code), rest),
                (b'E', _) => return Err(error_of(&body)),
                _ => continue,
            };
            match code {
                0 => {}
                3 => {
                    let mut text = Vec::new();
                    put_text(&mut text, address.password().ok_or_else(no_password)?);
                    self.put(b'p', &text);
                    self.flush()?;
                }
                10 => {
                    let mut names = rest.split(|byte| *byte == 0);
                    if !names.any(|name| name == Scram::NAME.as_bytes()) {
                        return Err(unknown_proof());
                    }
                    address.password().ok_or_else(no_password)?;
                    let mut text = Vec::new();
                    put_text(&mut text, Scram::NAME);
                    let first = scram.first();
                    text.extend((first.len() as i32).to_be_bytes());
                    text.extend(first.as_bytes());
                    self.put(b'p', &text);
                    self.flush()?;
                }
                11 => {
                    let password = address.password().ok_or_else(no_password)?;
                    let server = String::from_utf8_lossy(rest);
                    let answer = scram
                        .answer(&server, password)
                        .ok_or(PostgresError::Nonsense)?;
                    self.put(b'p', answer.as_bytes());
                    self.flush()?;
                }
                12 if scram.is_proven(&String::from_utf8_lossy(rest)) => {}
                12 => {
                    return Err(PostgresError::Refused(
                        "the server does not know the password itself: it is not the one it says it is"
                            .to_owned(),
                    ));
                }
                _ => return Err(unknown_proof()),
            }
        }
    }

    /// Carries out commands without values, one after the other.
    ///
    /// # Errors
    /// What the server complains of, or that it is gone; so with all below.
    pub fn batch(&mut self, sql: &str) -> Outcome<()> {
        let mut body = Vec::new();
        put_text(&mut body, sql);
        self.put(b'Q', &body);
        self.flush()?;
        self.answer().map(drop)
    }

    /// The rows that a command gives.
    pub fn query(&mut self, sql: &str, values: &[Value]) -> Outcome<Vec<Row>> {
        self.prepare(sql);
        self.bind(values);
        self.put(b'S', &[]);
        self.flush()?;
        self.answer().map(|(rows, _)| rows)
    }

    /// How many rows a command touched.
    pub fn execute(&mut self, sql: &str, values: &[Value]) -> Outcome<u64> {
        self.prepare(sql);
        self.bind(values);
        self.put(b'S', &[]);
        self.flush()?;
        self.answer().map(|(_, n)| n)
    }

    /// The same command with many values, without waiting in between.
    pub fn execute_many(
        &mut self,
        sql: &str,
        many: impl IntoIterator<Item = Vec<Value>>,
    ) -> Outcome<()> {
        let mut many = many.into_iter().peekable();
        while many.peek().is_some() {
            self.prepare(sql);
            for values in many.by_ref().take(ROWS_AT_ONCE) {
                self.bind(&values);
            }
            self.put(b'S', &[]);
            self.flush()?;
            self.answer()?;
        }
        Ok(())
    }

    /// All of `work` is done or nothing. What another one's work came in the way of is tried again.
    pub fn transaction<T>(&mut self, mut work: impl FnMut(&mut Self) -> Outcome<T>) -> Outcome<T> {
        const N_TRIES: usize = 20;
        let mut n_tries = 0;
        loop {
            n_tries += 1;
            let done = self.batch("BEGIN").and_then(|()| {
                let value = work(self)?;
                self.batch("COMMIT")?;
                Ok(value)
            });
            match done {
                Err(PostgresError::Server { code, .. })
                    // Serialization failure and deadlock.
                    if matches!(code.as_str(), "40001" | "40P01") && n_tries < N_TRIES =>
                {
                    self.batch("ROLLBACK")?;
                    std::thread::sleep(Duration::from_millis(rand::random_range(1..50)));
                }
                Err(error) => {
                    // Where the connection is gone the server rolls back itself.
                    let _ = self.batch("ROLLBACK");
                    return Err(error);
                }
                done => return done,
            }
        }
    }

    fn prepare(&mut self, sql: &str) {
        let mut body = vec![0];
        put_text(&mut body, sql);
        body.extend([0, 0]);
        self.put(b'P', &body);
    }

    fn bind(&mut self, values: &[Value]) {
        // The unnamed statement goes to the unnamed portal.
        let mut body = vec![0, 0];
        body.extend((values.len() as i16).to_be_bytes());
        for value in values {
            body.extend(i16::from(matches!(value, Value::Bytes(_))).to_be_bytes());
        }
        body.extend((values.len() as i16).to_be_bytes());
        for value in values {
            let bytes = match value {
                Value::Null => {
                    body.extend((-1_i32).to_be_bytes());
                    continue;
                }
                Value::Text(text) => text.as_bytes(),
                Value::Bytes(bytes) => bytes,
            };
            body.extend((bytes.len() as i32).to_be_bytes());
            body.extend(bytes);
        }
        // All columns in binary form.
        body.extend(1_i16.to_be_bytes());
        body.extend(1_i16.to_be_bytes());
        self.put(b'B', &body);
        // All rows of the unnamed portal.
        self.put(b'E', &[0, 0, 0, 0, 0]);
    }

    fn put(&mut self, kind: u8, body: &[u8]) {
        self.out.push(kind);
        self.out.extend((body.len() as i32 + 4).to_be_bytes());
        self.out.extend(body);
    }

    fn flush(&mut self) -> Outcome<()> {
        if self.is_broken {
            self.out.clear();
            return Err(PostgresError::Refused("the connection is lost".to_owned()));
        }
        let out = std::mem::take(&mut self.out);
        let channel = self.channel.get_mut();
        let sent = channel.write_all(&out).and_then(|()| channel.flush());
        self.is_broken = sent.is_err();
        Ok(sent?)
    }

    /// Reads on until the server waits for the next command.
    fn answer(&mut self) -> Outcome<(Vec<Row>, u64)> {
        let (mut rows, mut n_touched, mut complaint) = (Vec::new(), 0, None);
        loop {
            let (kind, body) = self.message().inspect_err(|_| self.is_broken = true)?;
            match kind {
                b'D' => rows.push(row_of(&body).ok_or(PostgresError::Nonsense)?),
                // `INSERT 0 5`, `UPDATE 3`, `SELECT 7`.
                b'C' => {
                    let tag = String::from_utf8_lossy(&body);
                    let last = tag.trim_end_matches('\0').rsplit(' ').next();
                    n_touched += last.and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
                }
                b'E' => complaint = Some(error_of(&body)),
                b'Z' => return complaint.map_or(Ok((rows, n_touched)), Err),
                _ => {}
            }
        }
    }

    fn message(&mut self) -> Outcome<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        self.channel.read_exact(&mut head)?;
        let [kind, length @ ..] = head;
        let n_bytes = (i32::from_be_bytes(length) as usize).wrapping_sub(4);
        if n_bytes > MAX_MESSAGE_BYTES {
            return Err(PostgresError::Nonsense);
        }
        let mut body = Vec::new();
        // A lie about the length must not cost memory.
        let n_read = (&mut self.channel)
            .take(n_bytes as u64)
            .read_to_end(&mut body)?;
        match n_read == n_bytes {
            true => Ok((kind, body)),
            false => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
        }
    }
}

fn unknown_proof() -> PostgresError {
    PostgresError::Refused(
        "the server asks for another proof than a password in SCRAM-SHA-256: set password_encryption to \
         scram-sha-256 there, and set the password again"
            .to_owned(),
    )
}

fn put_text(body: &mut Vec<u8>, text: &str) {
    // A zero would end it early.
    body.extend(text.bytes().filter(|byte| *byte != 0));
    body.push(0);
}

fn row_of(body: &[u8]) -> Option<Row> {
    let (n, mut rest) = body.split_first_chunk::<2>()?;
    let mut values = Vec::new();
    for _ in 0..i16::from_be_bytes(*n) {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = i32::from_be_bytes(*length);
        if length < 0 {
            values.push(None);
            rest = after;
        } else {
            let (value, after) = after.split_at_checked(length as usize)?;
            values.push(Some(value.to_vec()));
            rest = after;
        }
    }
    Some(Row(values))
}

fn error_of(body: &[u8]) -> PostgresError {
    let (mut code, mut message) = (String::new(), String::new());
    for field in body.split(|byte| *byte == 0) {
        let Some((name, text)) = field.split_first() else {
            continue;
        };
        let text = String::from_utf8_lossy(text).into_owned();
        match name {
            b'C' => code = text,
            b'M' => message = text,
            _ => {}
        }
    }
    PostgresError::Server { code, message }
}
