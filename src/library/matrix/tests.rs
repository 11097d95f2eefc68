use std::fs;
use std::path::PathBuf;

use super::record::RECORD_BYTES;
use super::*;
use crate::find::NeutralLevel;

const DIM: usize = 24;

fn header() -> Header {
    Header {
        dim: DIM,
        made_with: [3; 32],
    }
}

fn content(i: usize) -> ContentId {
    ContentId::parse(&format!("{i:032x}")).unwrap()
}

/// Rows of a video that tell it from all others.
fn rows(i: usize) -> Vec<u16> {
    let n_rows = 1 + i % 5;
    (0..n_rows * DIM).map(|j| (1000 * i + j) as u16).collect()
}

/// When their frames are shown.
fn offsets(i: usize) -> Vec<u16> {
    (0..1 + i % 5).map(|j| (7 * i + j) as u16).collect()
}

fn add(writer: &mut MatrixWriter, i: usize) {
    let new = NewRows {
        content: &content(i),
        rows: &rows(i),
        offsets: &offsets(i),
        end_secs: i as f64,
        level: NeutralLevel::of_numbers([0.1, 0.2, 0.3]),
        peaks: [0.5; N_NEUTRAL],
    };
    writer.add(&new).unwrap();
}

/// The videos of a matrix, each of which must have its own rows.
fn videos(dir: &Path) -> Vec<usize> {
    let matrix = Matrix::open(dir, &header()).expect("a matrix");
    let of_span = |span: &Span| {
        let i = usize::from_str_radix(span.content.as_str(), 16).unwrap();
        assert_eq!(matrix.rows(span), rows(i), "video {i}");
        assert_eq!(matrix.offsets(span), offsets(i), "video {i}");
        i
    };
    let mut videos: Vec<_> = matrix.spans().iter().map(of_span).collect();
    videos.sort_unstable();
    videos
}

fn filled(n: usize) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = MatrixWriter::open(dir.path(), &header()).unwrap();
    (0..n).for_each(|i| add(&mut writer, i));
    dir
}

fn file(dir: &Path, extension: &str) -> PathBuf {
    let mut paths = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    paths
        .find(|path| path.extension().is_some_and(|x| x == extension))
        .unwrap()
}

#[test]
fn what_was_added_is_read_by_whoever_opens_it_later() {
    let dir = filled(7);
    assert_eq!(videos(dir.path()), (0..7).collect::<Vec<_>>());
    let old = Matrix::open(dir.path(), &header()).unwrap();
    let mut writer = MatrixWriter::open(dir.path(), &header()).unwrap();
    writer.remove(&content(3)).unwrap();
    add(&mut writer, 9);
    add(&mut writer, 2); // again
    assert_eq!(videos(dir.path()), [0, 1, 2, 4, 5, 6, 9]);
    assert_eq!(old.spans().len(), 7, "what was opened before is as it was");
    assert_eq!(old.rows(&old.spans()[3]), rows(3));
}

#[test]
fn another_model_or_no_file_is_no_matrix_and_a_writer_begins_a_new_one() {
    let dir = filled(3);
    let other = Header {
        made_with: [4; 32],
        ..header()
    };
    assert!(Matrix::open(dir.path(), &other).is_none());
    drop(MatrixWriter::open(dir.path(), &other).unwrap());
    assert!(Matrix::open(dir.path(), &other).unwrap().spans().is_empty());
    assert!(Matrix::open(dir.path(), &header()).is_none());
    assert!(Matrix::open(&dir.path().join("none"), &header()).is_none());
    fs::remove_file(dir.path().join("current")).unwrap();
    assert!(Matrix::open(dir.path(), &other).is_none());
    drop(MatrixWriter::open(dir.path(), &other).unwrap());
    assert!(Matrix::open(dir.path(), &other).is_some());
}

#[test]
fn whatever_a_killed_process_left_all_before_it_counts_and_the_next_one_goes_on() {
    let dir = filled(4);
    let whole = (
        fs::read(file(dir.path(), "f16")).unwrap(),
        fs::read(file(dir.path(), "log")).unwrap(),
    );
    let n_rows_bytes: Vec<_> = (0..4).map(|i| 2 * (rows(i).len() + DIM)).collect();
    for n_log in 0..=whole.1.len() {
        // A record is written after its rows, so at least those of whole records are there.
        let n_whole = n_log / RECORD_BYTES;
        let least: usize = HEADER_BYTES + n_rows_bytes[..n_whole].iter().sum::<usize>();
        let n_f16 = if n_log % 7 == 0 {
            least
        } else {
            (least + n_log % 40).min(whole.0.len())
        };
        fs::write(file(dir.path(), "log"), &whole.1[..n_log]).unwrap();
        fs::write(file(dir.path(), "f16"), &whole.0[..n_f16]).unwrap();
        let expected: Vec<_> = (0..n_whole).collect();
        assert_eq!(videos(dir.path()), expected, "{n_log}");
        let mut writer = MatrixWriter::open(dir.path(), &header()).unwrap();
        add(&mut writer, 8);
        drop(writer);
        let expected: Vec<_> = (0..n_whole).chain([8]).collect();
        assert_eq!(videos(dir.path()), expected, "{n_log}");
    }
}

#[test]
fn lost_rows_and_damaged_records_are_left_out() {
    let dir = filled(4);
    let f16 = file(dir.path(), "f16");
    let bytes = fs::read(&f16).unwrap();
    fs::write(&f16, &bytes[..bytes.len() - 1]).unwrap();
    assert_eq!(videos(dir.path()), [0, 1, 2]);
    let log = file(dir.path(), "log");
    let mut records = fs::read(&log).unwrap();
    records[RECORD_BYTES + 3] ^= 1;
    fs::write(&log, &records).unwrap();
    assert_eq!(
        videos(dir.path()),
        [0],
        "what follows cannot be trusted either"
    );
    let mut writer = MatrixWriter::open(dir.path(), &header()).unwrap();
    (1..4).for_each(|i| add(&mut writer, i));
    assert_eq!(videos(dir.path()), [0, 1, 2, 3]);
}

#[test]
fn rows_that_nobody_needs_go_and_damaged_ones_with_them() {
    let dir = filled(10);
    let before = fs::metadata(file(dir.path(), "f16")).unwrap().len();
    let old = Matrix::open(dir.path(), &header()).unwrap();
    let mut writer = MatrixWriter::open(dir.path(), &header()).unwrap();
    writer.remove(&content(0)).unwrap();
    writer.compact_if_due().unwrap();
    assert_eq!(
        fs::metadata(file(dir.path(), "f16")).unwrap().len(),
        before,
        "not worth it"
    );
    for i in [1, 2, 3, 4] {
        writer.remove(&content(i)).unwrap();
    }
    // One bit of the first row of video 6 falls over.
    let matrix = Matrix::open(dir.path(), &header()).unwrap();
    let at = matrix
        .spans()
        .iter()
        .find(|span| span.content == content(6))
        .unwrap();
    let at = HEADER_BYTES + at.first_row as usize * 2 * DIM;
    let mut bytes = fs::read(file(dir.path(), "f16")).unwrap();
    bytes[at] ^= 1;
    fs::write(file(dir.path(), "f16"), &bytes).unwrap();
    drop(matrix);
    writer.compact_if_due().unwrap();
    assert_eq!(videos(dir.path()), [5, 7, 8, 9]);
    assert!(fs::metadata(file(dir.path(), "f16")).unwrap().len() < 2 * before / 3);
    add(&mut writer, 6);
    assert_eq!(videos(dir.path()), [5, 6, 7, 8, 9]);
    assert_eq!(
        old.rows(&old.spans()[9]),
        rows(9),
        "who reads the old files still can"
    );
}

#[test]
fn writers_take_turns() {
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let dir = dir.path();
            scope.spawn(move || {
                for n in 0..10 {
                    let mut open = MatrixWriter::open(dir, &header()).unwrap();
                    add(&mut open, 10 * writer + n);
                    if n == 5 {
                        open.compact().unwrap();
                    }
                    drop(open);
                    videos(dir);
                }
            });
        }
    });
    assert_eq!(videos(dir.path()), (0..40).collect::<Vec<_>>());
}
