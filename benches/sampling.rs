//! How long it takes to get one frame per clip out of a video, beside ffmpeg on the same file.
//!
//! `cargo bench --bench sampling` uses the demo video; a long one says more:
//! `VCL_BENCH_VIDEO=film.mp4 cargo bench --bench sampling`. One of 60 s at 1080p is made by
//!
//! ```text
//! ffmpeg -f lavfi -i testsrc2=s=1920x1080:r=30 -t 60 -vf noise=alls=6:allf=t \
//!        -c:v libx264 -preset veryfast -g 250 -bf 3 -pix_fmt yuv420p film.mp4
//! ```

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use vcl::video::{PreviewSampler, Sampler, SamplerOptions, Strategy, VideoError};

/// Each way is measured so often, in turn, and its best time counts: other programs only add.
const N_ROUNDS: usize = 3;

/// As many frames as make a first rough curve.
const N_PREVIEW_FRAMES: usize = 10;

struct Row {
    name: &'static str,
    run: fn(&Path) -> Result<usize, VideoError>,
    best: Duration,
    n_frames: usize,
}

fn sample(path: &Path, strategy: Strategy) -> Result<usize, VideoError> {
    let options = SamplerOptions {
        strategy,
        ..SamplerOptions::default()
    };
    let mut n_frames = 0;
    for frame in Sampler::open(path, options)? {
        std::hint::black_box(frame?);
        n_frames += 1;
    }
    Ok(n_frames)
}

fn keys(path: &Path) -> Result<usize, VideoError> {
    let options = SamplerOptions {
        takes_keys: true,
        ..SamplerOptions::default()
    };
    Ok(Sampler::open(path, options)?.filter(Result::is_ok).count())
}

fn preview(path: &Path) -> Result<usize, VideoError> {
    let preview = PreviewSampler::open(path, N_PREVIEW_FRAMES, &SamplerOptions::default())?;
    Ok(preview.map_or(0, Iterator::count))
}

fn ffmpeg(path: &Path) -> Result<usize, VideoError> {
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(path)
        .args([
            "-vf",
            "fps=0.5,scale=224:224",
            "-pix_fmt",
            "rgb24",
            "-f",
            "rawvideo",
        ])
        .args(["-y", "/dev/null"])
        .stdin(Stdio::null())
        .status();
    // Without ffmpeg there is nothing to compare with; the other rows still count.
    Ok(usize::from(status.is_ok_and(|status| status.success())))
}

fn main() {
    let path = std::env::var_os("VCL_BENCH_VIDEO").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo.mp4"),
        PathBuf::from,
    );
    let row = |name, run| Row {
        name,
        run,
        best: Duration::MAX,
        n_frames: 0,
    };
    let mut rows = [
        row("ffmpeg -vf fps=0.5,scale", ffmpeg),
        row("key frames where a clip has one", keys),
        row("what is needed (default)", |path| {
            sample(path, Strategy::Auto)
        }),
        row("every frame", |path| sample(path, Strategy::Sequential)),
        row("preview of 10 key frames", preview),
    ];
    for _ in 0..N_ROUNDS {
        for row in &mut rows {
            let start = Instant::now();
            match (row.run)(&path) {
                Ok(n_frames) => row.n_frames = n_frames,
                Err(error) => {
                    eprintln!("error: {error}");
                    std::process::exit(1);
                }
            }
            row.best = row.best.min(start.elapsed());
        }
    }
    println!("{}", path.display());
    let has_ffmpeg = rows[0].n_frames > 0;
    let ffmpeg_secs = rows[0].best.as_secs_f64();
    for row in &rows[usize::from(!has_ffmpeg)..] {
        let best_secs = row.best.as_secs_f64();
        print!("{:26} {best_secs:8.3} s", row.name);
        if has_ffmpeg {
            print!("  {:5.2} x ffmpeg", best_secs / ffmpeg_secs);
        }
        println!();
    }
}
