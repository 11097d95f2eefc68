//! The embeddings that are searched: mapped from a file of this machine, or asked of a server.

use half::slice::HalfFloatSliceExt as _;
use rayon::prelude::*;

use super::dot::dot_f16;
use super::error::LibraryError;
use super::matrix::{CENTRE, Coarse, Matrix, Rounded, Span};
use super::picture_chance::picture_chance;
use super::postgres::SharedRows;
use crate::domain::Embeddings;
use crate::find::{PictureChance, PictureTarget};

/// From so many clips on the first look is at rows in eight bits: before that it is quick anyway.
pub const COARSE_CLIPS: u64 = 5_000_000;

/// Of each text so many of the best videos are then looked at in half precision: more than are ever
/// listed.
const N_LOOKED_AT_AGAIN: usize = 1000;

pub enum Rows {
    Own(Matrix),
    Shared(SharedRows),
}

impl From<Matrix> for Rows {
    fn from(matrix: Matrix) -> Self {
        Self::Own(matrix)
    }
}

impl From<SharedRows> for Rows {
    fn from(rows: SharedRows) -> Self {
        Self::Shared(rows)
    }
}

impl Rows {
    /// What is known of each video but its rows.
    pub fn spans(&self) -> &[Span] {
        match self {
            Self::Own(matrix) => matrix.spans(),
            Self::Shared(rows) => rows.spans(),
        }
    }

    pub fn dim(&self) -> usize {
        match self {
            Self::Own(matrix) => matrix.dim(),
            Self::Shared(rows) => rows.dim(),
        }
    }

    /// How alike pictures are by chance; `None` where the rows are with a server, which would have to send
    /// them all.
    pub fn picture_chance(
        &self,
        videos: &[usize],
        picture: &PictureTarget,
    ) -> Option<PictureChance> {
        match self {
            Self::Own(matrix) => Some(picture_chance(matrix, videos, picture)),
            Self::Shared(_) => None,
        }
    }

    /// For each text the videos that may answer it, with their best cosines: of those that are searched
    /// all, or, through the index of a server, the best.
    ///
    /// # Errors
    /// When a server does not answer; so with all below.
    pub fn nearest(
        &self,
        videos: &[usize],
        texts: &[&[f32]],
    ) -> Result<Vec<Vec<(usize, f32)>>, LibraryError> {
        let matrix = match self {
            Self::Own(matrix) => matrix,
            Self::Shared(rows) => {
                return texts
                    .iter()
                    .map(|text| rows.nearest(videos, text))
                    .collect();
            }
        };
        let n_clips: u64 = videos
            .iter()
            .map(|&video| u64::from(matrix.spans()[video].n_rows))
            .sum();
        // Rows in eight bits are whole rows, and not the parts of a wide frame.
        let is_whole = texts.iter().all(|text| text.len() == matrix.dim());
        let coarse = matrix
            .coarse()
            .filter(|_| is_whole && n_clips >= COARSE_CLIPS);
        let peaks: Vec<Vec<f32>> = match coarse {
            Some(coarse) => coarse_peaks(matrix, coarse, videos, texts, N_LOOKED_AT_AGAIN),
            None => videos
                .par_iter()
                .map(|&video| peaks(matrix, &matrix.spans()[video], texts))
                .collect(),
        };
        let of_text = |at| {
            videos
                .iter()
                .copied()
                .zip(peaks.iter().map(move |peaks| peaks[at]))
                .collect()
        };
        Ok((0..texts.len()).map(of_text).collect())
    }

    /// The embeddings of a video with rows of `dim` numbers, as exact as half precision has them.
    pub fn embeddings(&self, video: usize, dim: usize) -> Result<Embeddings, LibraryError> {
        match self {
            Self::Own(matrix) => Ok(widened(dim, matrix.rows(&matrix.spans()[video]))),
            Self::Shared(rows) => Ok(widened(dim, &rows.rows(video)?.0)),
        }
    }

    /// When the frame of a clip is shown, in milliseconds after its beginning; `None` for the centre.
    pub fn shown_millis(&self, video: usize, clip: usize) -> Option<u16> {
        let millis = match self {
            Self::Own(matrix) => matrix.offsets(&matrix.spans()[video]).get(clip).copied(),
            Self::Shared(rows) => rows
                .rows(video)
                .ok()
                .and_then(|rows| rows.1.get(clip).copied()),
        };
        millis.filter(|millis| *millis != CENTRE)
    }
}

/// Best cosine of a video's clips with each of the texts, which are all as long as a row or as one of the
/// parts of a row.
fn peaks(matrix: &Matrix, span: &Span, texts: &[&[f32]]) -> Vec<f32> {
    let mut peaks = vec![f32::NEG_INFINITY; texts.len()];
    let dim = texts.first().map_or(matrix.dim(), |text| text.len()).max(1);
    for row in matrix.rows(span).chunks_exact(dim) {
        for (peak, text) in peaks.iter_mut().zip(texts) {
            *peak = peak.max(dot_f16(row, text));
        }
    }
    peaks
}

/// The same of each video, from rows in eight bits; exact for the `n_exact` best of each text.
fn coarse_peaks(
    matrix: &Matrix,
    coarse: &Coarse,
    videos: &[usize],
    texts: &[&[f32]],
    n_exact: usize,
) -> Vec<Vec<f32>> {
    let rounded: Vec<_> = texts.iter().map(|text| Rounded::of(text)).collect();
    let mut found: Vec<Vec<f32>> = videos
        .par_iter()
        .map(|&video| {
            let span = &matrix.spans()[video];
            coarse.peaks(span, matrix.rows(span), texts, &rounded)
        })
        .collect();
    for (at, text) in texts.iter().enumerate() {
        let mut best: Vec<usize> = (0..videos.len()).collect();
        if n_exact < best.len() {
            best.select_nth_unstable_by(n_exact, |a, b| found[*b][at].total_cmp(&found[*a][at]));
            best.truncate(n_exact);
        }
        let exact: Vec<_> = best
            .par_iter()
            .map(|&i| peaks(matrix, &matrix.spans()[videos[i]], &[text])[0])
            .collect();
        for (i, peak) in best.into_iter().zip(exact) {
            found[i][at] = peak;
        }
    }
    found
}

fn widened(dim: usize, rows: &[u16]) -> Embeddings {
    let rows: &[half::f16] = bytemuck::cast_slice(rows);
    let mut values = vec![0.0; rows.len()];
    rows.convert_to_f32_slice(&mut values);
    // A row of zeros stays one; the length is that of whole rows.
    Embeddings::from_features(dim, values).unwrap_or_else(|_| Embeddings::empty(dim))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::find::NeutralLevel;
    use crate::library::matrix::{Header, MatrixWriter, N_NEUTRAL, NewRows};
    use crate::store::ContentId;
    use half::f16;
    use rand::{RngExt as _, SeedableRng as _};

    const DIM: usize = 64;
    const N_ROWS: usize = 9;

    fn vector(rng: &mut rand_pcg::Pcg64) -> Vec<f32> {
        let values: Vec<f32> = (0..DIM).map(|_| rng.random::<f32>() - 0.5).collect();
        let length = values.iter().map(|x| x * x).sum::<f32>().sqrt();
        values.iter().map(|x| x / length).collect()
    }

    fn add(writer: &mut MatrixWriter, i: usize) {
        let mut rng = rand_pcg::Pcg64::seed_from_u64(i as u64);
        let rows = (0..N_ROWS).flat_map(|_| vector(&mut rng));
        let rows: Vec<u16> = rows.map(|x| f16::from_f32(x).to_bits()).collect();
        let new = NewRows {
            content: &ContentId::parse(&format!("{i:032x}")).unwrap(),
            rows: &rows,
            offsets: &[CENTRE; N_ROWS],
            end_secs: 18.0,
            level: NeutralLevel::of_numbers([0.0, 0.1, 0.1]),
            peaks: [0.1; N_NEUTRAL],
        };
        writer.add(&new).unwrap();
    }

    /// Best cosines of all videos by the eight-bit rows, and exactly.
    fn both(matrix: &Matrix, text: &[f32], n_exact: usize) -> (Vec<f32>, Vec<f32>) {
        let videos: Vec<_> = (0..matrix.spans().len()).collect();
        let coarse = matrix.coarse().unwrap();
        let found = coarse_peaks(matrix, coarse, &videos, &[text], n_exact);
        let exact = videos
            .iter()
            .map(|&video| peaks(matrix, &matrix.spans()[video], &[text]));
        let first = |of: Vec<f32>| of[0];
        (
            found.into_iter().map(first).collect(),
            exact.map(first).collect(),
        )
    }

    #[test]
    fn eight_bits_lead_to_the_best_videos_and_those_are_judged_exactly() {
        let dir = tempfile::tempdir().unwrap();
        let header = Header {
            dim: DIM,
            made_with: [3; 32],
        };
        let mut writer = MatrixWriter::open(dir.path(), &header).unwrap();
        (0..60).for_each(|i| add(&mut writer, i));
        writer.write_coarse().unwrap();
        // What comes later is appended, and until then looked at exactly.
        (60..80).for_each(|i| add(&mut writer, i));
        let text = vector(&mut rand_pcg::Pcg64::seed_from_u64(1000));
        let matrix = Matrix::open(dir.path(), &header).unwrap();
        assert!(!matrix.has_all_coarse());
        let (found, exact) = both(&matrix, &text, 0);
        assert_eq!(found[60..], exact[60..]);
        assert_ne!(found[..60], exact[..60]);
        writer.write_coarse().unwrap();
        let matrix = Matrix::open(dir.path(), &header).unwrap();
        assert!(matrix.has_all_coarse());
        let (found, exact) = both(&matrix, &text, 10);
        let mut best: Vec<_> = (0..exact.len()).collect();
        best.sort_by(|a, b| exact[*b].total_cmp(&exact[*a]));
        for (rank, &video) in best.iter().enumerate() {
            assert!((found[video] - exact[video]).abs() < 0.01);
            if rank < 8 {
                assert_eq!(found[video], exact[video], "rank {rank}");
            }
        }

        // Rows of a power cut, and such that are written anew after a manifest was damaged.
        let path = dir.path().join("rows-1.i8");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[64..64 + 3 * (DIM + 4)].fill(0);
        std::fs::write(&path, &bytes).unwrap();
        let (found, exact) = both(&Matrix::open(dir.path(), &header).unwrap(), &text, 0);
        assert!(found.iter().zip(&exact).all(|(a, b)| (a - b).abs() < 0.01));
        drop(writer);
        let log = dir.path().join("rows-1.log");
        let bytes = std::fs::read(&log).unwrap();
        std::fs::write(&log, &bytes[..bytes.len() / 2]).unwrap();
        let mut writer = MatrixWriter::open(dir.path(), &header).unwrap();
        let n_left = writer.spans().len();
        (100..120).for_each(|i| add(&mut writer, i));
        let (found, exact) = both(&Matrix::open(dir.path(), &header).unwrap(), &text, 0);
        assert_eq!(found[n_left..], exact[n_left..]);
        writer.compact().unwrap();
        assert!(
            Matrix::open(dir.path(), &header)
                .unwrap()
                .coarse()
                .is_none()
        );
    }
}
