//! Small detectors for any model: networks of the fixtures, with input projections of other widths.

use std::path::{Path, PathBuf};

use vcl::model::detector::{Array, DetectorFile, N_TIME_COLUMNS};

/// A detector of the fixtures for features and words of these widths. Its numbers are drawn, so it
/// finds nothing sensible, but always the same.
pub fn tiny_detector(fixture: &str, video_width: usize, text_width: usize) -> DetectorFile {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("tests/fixtures/detectors").join(fixture);
    let mut file = DetectorFile::read(&path).expect("a detector");
    let mut seed = 1_u32;
    let mut drawn = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    let widths = [
        ("input_vid_proj", video_width + N_TIME_COLUMNS),
        ("input_txt_proj", text_width),
    ];
    for (name, d_in) in widths {
        let tensors = &mut file.weights.0;
        let d_out = tensors[&format!("{name}.0.net.1.weight")].shape[0];
        let mut put = |part: &str, shape: Vec<usize>, values: Vec<f32>| {
            tensors.insert(format!("{name}.0.{part}"), Array { shape, values });
        };
        put("LayerNorm.weight", vec![d_in], vec![1.0; d_in]);
        put("LayerNorm.bias", vec![d_in], vec![0.0; d_in]);
        let scale = 4.0 / (d_in as f32).sqrt();
        let weights = (0..d_in * d_out).map(|_| scale * drawn()).collect();
        put("net.1.weight", vec![d_out, d_in], weights);
    }
    // The networks of the fixtures are modest; these are surer of some of their proposals.
    let bias = file.weights.0.get_mut("class_embed.bias").expect("a bias");
    bias.values = vec![1.5, 0.0];
    file
}

/// The same as a file.
pub fn tiny_detector_file(dir: &Path, video_width: usize, text_width: usize) -> PathBuf {
    let path = dir.join("tiny.safetensors");
    let file = tiny_detector("moment_detr/model_best.ckpt", video_width, text_width);
    std::fs::write(&path, file.to_bytes().expect("its bytes")).expect("a file");
    path
}
