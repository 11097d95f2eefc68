//! A search over ten thousand videos, three million clips of 512 numbers, beside NumPy's exact product of
//! the same matrix.
//!
//! `cargo bench --bench library` writes random rows to `target/library-bench` (3 GB) the first time and
//! keeps them. `VCL_BENCH_VIDEOS=1000` makes it smaller, `VCL_BENCH_DIR` puts it elsewhere, and
//! `VCL_BENCH_PYTHON` names a Python that has NumPy.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use half::f16;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use vcl::domain::UnitVector;
use vcl::find::{NeutralLevel, Way};
use vcl::library::catalogue::{Catalogue, ModelRow, Outcome, SeenFile};
use vcl::library::matrix::{Header, Matrix, MatrixWriter, N_NEUTRAL, NewRows};
use vcl::library::{LibraryIndex, Wanted};
use vcl::store::ContentId;

const DIM: usize = 512;
const N_CLIPS: usize = 300;
const N_QUERIES: usize = 21;

fn main() {
    let n_videos =
        std::env::var("VCL_BENCH_VIDEOS").map_or(10_000, |n| n.parse().expect("a number"));
    let dir = std::env::var_os("VCL_BENCH_DIR")
        .map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/library-bench"),
            PathBuf::from,
        )
        .join(n_videos.to_string());
    let header = Header {
        dim: DIM,
        made_with: [1; 32],
    };
    let mut catalogue = Catalogue::open(&dir).expect("a catalogue");
    let model = catalogue.model("hash", "2", "random").expect("a model");
    let matrix_dir = dir.join("matrix");
    let n_known = Matrix::open(&matrix_dir, &header).map_or(0, |matrix| matrix.spans().len());
    fill(
        &mut catalogue,
        model,
        &matrix_dir,
        &header,
        n_known..n_videos,
    );
    let videos = catalogue.videos(model).expect("videos");
    let added = add_some(&mut catalogue, model, &matrix_dir, &header, n_videos);

    drop_from_memory(&matrix_dir);
    let text = random_text(0);
    let (start_up, index) = timed(|| open(&dir, &matrix_dir, &header));
    let (cold, _) = timed(|| index.find(&[(text.clone(), Way::default())], &wanted()));
    drop(index);
    let (start_up_warm, index) = timed(|| open(&dir, &matrix_dir, &header));
    let warm = searches(&index);
    let five: Vec<_> = (0..5).map(|i| (random_text(i), Way::default())).collect();
    let (five_queries, _) = timed(|| index.find(&five, &wanted()));

    println!(
        "{} videos, {} clips of {DIM}",
        videos.len(),
        videos.len() * N_CLIPS
    );
    println!("| What | time |");
    println!("|---|---|");
    row("start-up, nothing in memory", start_up);
    row("first search, nothing in memory", cold);
    row("start-up, warm", start_up_warm);
    row("search, warm, median", warm[N_QUERIES / 2]);
    row("search, warm, slowest", warm[N_QUERIES - 1]);
    row("five queries at once, warm", five_queries);
    let mut writer = MatrixWriter::open(&matrix_dir, &header).expect("a writer");
    let (written, _) = timed(|| writer.write_coarse().expect("rows in eight bits"));
    row("writing what is missing of the rows in eight bits", written);
    let coarse = searches(&open(&dir, &matrix_dir, &header));
    row("search with them, warm, median", coarse[N_QUERIES / 2]);
    row("adding a video, median", added);
    println!(
        "| memory beyond the mapped file | {:.0} MB |",
        anonymous_mb()
    );
    numpy(&matrix_dir);
}

/// How long searches take, the quickest first. Eight bits are used where there are very many rows.
fn searches(index: &LibraryIndex) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..N_QUERIES)
        .map(|i| {
            let query = [(random_text(i as u64), Way::default())];
            timed(|| index.find(&query, &wanted())).0
        })
        .collect();
    times.sort();
    times
}

fn row(what: &str, time: Duration) {
    println!("| {what} | {:.1} ms |", 1000.0 * time.as_secs_f64());
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let value = work();
    (began.elapsed(), value)
}

fn wanted() -> Wanted {
    Wanted {
        inside: Vec::new(),
        since_secs: None,
        longer_secs: None,
        n_results: 10,
        n_per_video: 3,
        threshold: None,
    }
}

/// All that a search needs before the first query: catalogue, manifest, mapped rows.
fn open(dir: &Path, matrix_dir: &Path, header: &Header) -> LibraryIndex {
    let mut catalogue = Catalogue::open(dir).expect("a catalogue");
    let model = catalogue.model("hash", "2", "random").expect("a model");
    let videos = catalogue.videos(model).expect("videos");
    LibraryIndex::new(
        Matrix::open(matrix_dir, header).expect("a matrix"),
        videos,
        1,
    )
}

fn content(i: usize) -> ContentId {
    ContentId::parse(&format!("{i:032x}")).expect("an id")
}

fn random_text(seed: u64) -> UnitVector {
    let mut rng = Pcg64Mcg::seed_from_u64(1_000_000 + seed);
    UnitVector::normalised((0..DIM).map(|_| rng.random::<f32>() - 0.5).collect())
}

fn random_rows(seed: usize) -> Vec<u16> {
    let mut rng = Pcg64Mcg::seed_from_u64(seed as u64);
    let mut rows = Vec::with_capacity(N_CLIPS * DIM);
    for _ in 0..N_CLIPS {
        let row: Vec<f32> = (0..DIM).map(|_| rng.random::<f32>() - 0.5).collect();
        let row = UnitVector::normalised(row);
        rows.extend(row.as_slice().iter().map(|x| f16::from_f32(*x).to_bits()));
    }
    rows
}

fn fill(
    catalogue: &mut Catalogue,
    model: ModelRow,
    matrix_dir: &Path,
    header: &Header,
    videos: std::ops::Range<usize>,
) {
    let mut writer = MatrixWriter::open(matrix_dir, header).expect("a writer");
    for i in videos {
        if i % 500 == 0 {
            eprintln!("writing video {i}");
        }
        add(catalogue, model, &mut writer, i, &random_rows(i));
    }
}

/// As indexing does when the features of a video are there.
fn add(
    catalogue: &mut Catalogue,
    model: ModelRow,
    writer: &mut MatrixWriter,
    i: usize,
    rows: &[u16],
) {
    let file = SeenFile {
        path: format!("/films/{:03}/{i:06}.mp4", i / 100).into(),
        content: content(i),
        n_bytes: 1 << 30,
        modified_nanos: 1_000_000_000 * i as i64,
        is_named: true,
        subtitles: String::new(),
    };
    catalogue.record(&[file]).expect("recorded");
    let claim = catalogue
        .claim(model, "bench", |_| true)
        .expect("claimed")
        .expect("a video");
    let outcome = Outcome::Indexed {
        n_clips: N_CLIPS,
        duration_secs: 2.0 * N_CLIPS as f64,
    };
    catalogue
        .finish(model, &claim, None, &outcome)
        .expect("finished");
    let new = NewRows {
        content: &content(i),
        rows,
        offsets: &[1000; N_CLIPS],
        end_secs: 2.0 * N_CLIPS as f64,
        level: NeutralLevel::of_numbers([0.0, 0.1, 0.1]),
        peaks: [0.1; N_NEUTRAL],
    };
    writer.add(&new).expect("added");
}

/// Adds some videos to the full library, each as a process that opens it anew, and takes them out again.
fn add_some(
    catalogue: &mut Catalogue,
    model: ModelRow,
    matrix_dir: &Path,
    header: &Header,
    n_videos: usize,
) -> Duration {
    let mut times: Vec<_> = (n_videos..n_videos + 11)
        .map(|i| {
            let rows = random_rows(i);
            let add = || {
                let mut writer = MatrixWriter::open(matrix_dir, header).expect("a writer");
                add(catalogue, model, &mut writer, i, &rows);
            };
            timed(add).0
        })
        .collect();
    let mut writer = MatrixWriter::open(matrix_dir, header).expect("a writer");
    for i in n_videos..n_videos + 11 {
        writer.remove(&content(i)).expect("removed");
        let path = PathBuf::from(format!("/films/{:03}/{i:06}.mp4", i / 100));
        catalogue
            .mark(std::slice::from_ref(&path), &[])
            .expect("marked");
        catalogue.remove(&[path]).expect("removed");
    }
    times.sort();
    times[times.len() / 2]
}

/// Lets the system forget the rows, so that they come from the disk.
fn drop_from_memory(matrix_dir: &Path) {
    for file in fs::read_dir(matrix_dir).expect("a folder").flatten() {
        let of = format!("of={}", file.path().display());
        let done = Command::new("dd")
            .args([
                &of,
                "oflag=nocache",
                "conv=notrunc,fdatasync",
                "count=0",
                "status=none",
            ])
            .status();
        if !done.is_ok_and(|status| status.success()) {
            eprintln!("{} stays in memory: no GNU dd", file.path().display());
        }
    }
}

/// Memory of this process that is not a part of a file.
fn anonymous_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) / 1000.0
}

fn numpy(matrix_dir: &Path) {
    let python = std::env::var("VCL_BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/library_numpy.py");
    let rows = fs::read_dir(matrix_dir)
        .expect("a folder")
        .flatten()
        .map(|file| file.path());
    let rows = rows.filter(|path| path.extension().is_some_and(|x| x == "f16"));
    for rows in rows {
        let arguments = [DIM.to_string(), N_CLIPS.to_string()];
        let done = Command::new(&python)
            .arg(&script)
            .arg(&rows)
            .args(arguments)
            .status();
        if !done.is_ok_and(|status| status.success()) {
            println!("NumPy is not here: VCL_BENCH_PYTHON names a Python that has it");
        }
    }
}
