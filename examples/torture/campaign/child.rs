//! A program that runs within bounds of time and memory, and what becomes of it.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Beyond this nobody reads what a program says of one input.
const MAX_OUTPUT_BYTES: u64 = 64 << 20;

#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub time: Duration,
    pub memory_bytes: u64,
}

/// How a program ended.
#[derive(Debug)]
pub enum End {
    Exit(ExitStatus),
    TooLong,
    /// The bytes that it held when it was stopped.
    TooBig(u64),
    TooMuchSaid,
}

pub struct Ran {
    pub end: End,
    pub stdout: String,
    pub stderr: String,
    pub peak_bytes: u64,
    pub took: Duration,
}

/// Runs to the end or to a bound. What it says is kept in `dir` too.
pub fn run(command: &mut Command, dir: &Path, bounds: Bounds) -> io::Result<Ran> {
    let (out, err) = (dir.join("stdout"), dir.join("stderr"));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(File::create(&out)?)
        .stderr(File::create(&err)?)
        .spawn()?;
    let began = Instant::now();
    let mut peak_bytes = 0;
    let end = loop {
        if let Some(status) = child.try_wait()? {
            break End::Exit(status);
        }
        // What is read of a program that has just ended is nothing.
        peak_bytes = peak_bytes.max(peak_memory(child.id()));
        let len = |path| fs::metadata(path).map_or(0, |file| file.len());
        let end = if began.elapsed() > bounds.time {
            End::TooLong
        } else if peak_bytes > bounds.memory_bytes {
            End::TooBig(peak_bytes)
        } else if len(&out).max(len(&err)) > MAX_OUTPUT_BYTES {
            End::TooMuchSaid
        } else {
            thread::sleep(Duration::from_millis(4));
            continue;
        };
        child.kill()?;
        child.wait()?;
        break end;
    };
    let text = |path| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok(Ran {
        end,
        stdout: text(&out)?,
        stderr: text(&err)?,
        peak_bytes,
        took: began.elapsed(),
    })
}

/// The most memory that a process held, as Linux tells it; elsewhere nothing is known.
fn peak_memory(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}
