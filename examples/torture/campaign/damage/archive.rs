//! Damage to zip archives and what is in them: features of NumPy, weights of PyTorch.

use std::io::{Cursor, Read as _, Write as _};

use rand::RngExt as _;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::pieces::{Order, Piece, Size};
use super::{Rng, bytes, extreme, index, pieces};

/// Damages an archive in one way, and says in which.
pub fn damage(file: &mut Vec<u8>, rng: &mut Rng) -> String {
    match rng.random_range(0..10) {
        0 => bytes::damage(file, rng),
        1..4 => {
            let parts = records(file);
            pieces::damage(file, &parts, rng)
        }
        _ => damage_member(file, rng).unwrap_or_else(|| bytes::damage(file, rng)),
    }
}

/// Packs the archive anew, so that its checksums fit what was damaged.
fn damage_member(file: &mut Vec<u8>, rng: &mut Rng) -> Option<String> {
    let mut archive = ZipArchive::new(Cursor::new(&file[..])).ok()?;
    let mut members = Vec::new();
    for i in 0..archive.len() {
        let mut member = archive.by_index(i).ok()?;
        let mut contents = Vec::new();
        member.read_to_end(&mut contents).ok()?;
        members.push((
            String::from_utf8_lossy(member.name_raw()).into_owned(),
            contents,
        ));
    }
    let i = index(rng, members.len())?;
    let told = match rng.random_range(0..10) {
        0 => format!("{} is gone", members.remove(i).0),
        1 => {
            let names = [
                "",
                "x",
                "../../x",
                "/x",
                "features",
                "features.npy.npy",
                "a/b/c/data.pkl",
            ];
            let name = names[rng.random_range(0..names.len())].to_owned();
            std::mem::replace(&mut members[i].0, name) + " renamed"
        }
        _ => {
            let (name, contents) = &mut members[i];
            let told = if contents.starts_with(b"\x93NUMPY") {
                damage_array(contents, rng)
            } else {
                bytes::damage(contents, rng)
            };
            format!("{name}: {told}")
        }
    };
    let method = if rng.random_bool(0.8) {
        CompressionMethod::Stored
    } else {
        CompressionMethod::Deflated
    };
    let options = SimpleFileOptions::default().compression_method(method);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in members {
        writer.start_file(name, options).ok()?;
        writer.write_all(&contents).ok()?;
    }
    *file = writer.finish().ok()?.into_inner();
    Some(told)
}

/// NumPy's format: a sign, a version, a length, and a Python dictionary as text.
fn damage_array(array: &mut Vec<u8>, rng: &mut Rng) -> String {
    let len = match array.get(8..10) {
        Some(len) => usize::from(len[0]) | usize::from(len[1]) << 8,
        None => 0,
    };
    let end = (10 + len).min(array.len());
    let header = String::from_utf8_lossy(&array[10.min(end)..end]).into_owned();
    let changes = [
        ("<f4", "<f8"),
        ("<f4", ">f4"),
        ("<f4", "<f2"),
        ("<f4", "|O"),
        ("<f4", "<i4"),
        ("<f4", "<f99999"),
        ("<f4", "|V4"),
        ("<f4", "<U100"),
        ("False", "True"),
        ("False", "Maybe"),
        ("'shape'", "'sharp'"),
        ("(", "(0, "),
        ("(", "(-1, "),
        ("(", "(99999999999, "),
        ("(", "(18446744073709551615, 2, "),
        ("{", "{{"),
        ("(", "((("),
        (")", ""),
        ("'", "\""),
        (", ", ",,"),
        ("(", "(4294967296, 4294967296, "),
        ("(", "(1, 1, 1, 1, 1, "),
    ];
    let (from, to) = changes[rng.random_range(0..changes.len())];
    match rng.random_range(0..10) {
        0 => {
            let len = extreme(rng) as u16;
            array.splice(8..10.min(array.len()), len.to_le_bytes());
            format!("the header says a length of {len}")
        }
        1 => {
            let version: u8 = rng.random();
            array[6] = version;
            format!("version {version}")
        }
        2 | 3 => bytes::damage(array, rng),
        _ => {
            let other = header.replacen(from, to, 1).into_bytes();
            let mut whole = array[..8].to_vec();
            whole.extend((other.len() as u16).to_le_bytes());
            whole.extend(other);
            whole.extend_from_slice(&array[end..]);
            *array = whole;
            format!("{to:?} for {from:?}")
        }
    }
}

/// The records of a zip file, each from its sign to the next.
fn records(file: &[u8]) -> Vec<Piece> {
    let is_start =
        |at: &usize| file[*at..].starts_with(b"PK") && file.get(*at + 2).is_some_and(|b| *b < 9);
    let mut at: Vec<_> = (0..file.len()).filter(is_start).collect();
    at.push(file.len());
    let pieces = at.windows(2).map(|ends| Piece {
        name: file[ends[0]..(ends[0] + 4).min(ends[1])].to_vec(),
        start: ends[0],
        body: (ends[0] + 4).min(ends[1]),
        end: ends[1],
        parent: None,
        size: (ends[0] + 26 <= ends[1]).then_some(Size {
            at: ends[0] + 18,
            width: 4,
            order: Order::Little,
        }),
    });
    pieces.collect()
}
