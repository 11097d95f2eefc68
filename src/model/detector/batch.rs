//! Queries and videos as a detector takes them.

use burn::tensor::{Device, Tensor, TensorData};

use crate::model::detector::layers::KeyMask;

/// One query on one video, features as the detector was trained on them.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectorInput {
    /// Row-major, one row for each clip.
    pub video: Rows,
    /// One row for each word piece, from the first special token to the last.
    pub text: Rows,
    /// Of the sound, for detectors that listen.
    pub audio: Option<Rows>,
}

/// A row-major matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    pub width: usize,
    pub values: Vec<f32>,
}

impl Rows {
    pub fn n_rows(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }

    /// Some rows one after the other.
    #[must_use]
    pub fn part(&self, rows: std::ops::Range<usize>) -> Self {
        Self {
            width: self.width,
            values: self.values[rows.start * self.width..rows.end * self.width].to_vec(),
        }
    }

    /// At most so many rows, from the first on.
    #[must_use]
    pub fn first(&self, n: usize) -> Self {
        self.part(0..self.n_rows().min(n))
    }

    /// `[1, n_rows, width]`
    pub fn tensor(&self, device: &Device) -> Tensor<3> {
        let shape = [1, self.n_rows(), self.width];
        Tensor::from_data(TensorData::new(self.values.clone(), shape), device)
    }
}

/// Several inputs side by side, the shorter ones padded with zeros.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `[batch, most clips, video width]`
    pub video: Tensor<3>,
    /// `[batch, most words, text width]`, or one text more: that of the sample that would come next.
    pub text: Tensor<3>,
    pub n_clips: Vec<usize>,
    /// Of each text.
    pub n_words: Vec<usize>,
}

impl Batch {
    /// # Panics
    /// When there is no pair, or features of one kind have different widths.
    pub fn new(pairs: &[(&Rows, &Rows)], device: &Device) -> Self {
        let padded = |rows: Vec<&Rows>| {
            let most = rows.iter().map(|rows| rows.n_rows()).max().unwrap_or(0);
            let width = rows[0].width;
            let mut values = Vec::with_capacity(rows.len() * most * width);
            for (i, rows) in rows.iter().enumerate() {
                assert_eq!(rows.width, width, "features of different widths");
                values.extend_from_slice(&rows.values);
                values.resize((i + 1) * most * width, 0.0);
            }
            let data = TensorData::new(values, [rows.len(), most, width]);
            Tensor::from_data(data, device)
        };
        Self {
            video: padded(pairs.iter().map(|(video, _)| *video).collect()),
            text: padded(pairs.iter().map(|(_, text)| *text).collect()),
            n_clips: pairs.iter().map(|(video, _)| video.n_rows()).collect(),
            n_words: pairs.iter().map(|(_, text)| text.n_rows()).collect(),
        }
    }

    /// The same with the text of the sample that comes next, so that every text but the first can
    /// stand as a wrong one beside the sample before.
    #[must_use]
    pub fn followed_by(mut self, words: &Rows) -> Self {
        let [n_texts, most, width] = self.text.dims();
        let device = self.text.device();
        let longest = most.max(words.n_rows());
        let padded = |text: Tensor<3>| {
            let [n, rows, _] = text.dims();
            match longest - rows {
                0 => text,
                n_more => Tensor::cat(vec![text, Tensor::zeros([n, n_more, width], &device)], 1),
            }
        };
        debug_assert_eq!(n_texts, self.n_samples());
        let text = padded(self.text);
        self.text = Tensor::cat(vec![text, padded(words.tensor(&device))], 0);
        self.n_words.push(words.n_rows());
        self
    }

    /// Whether there is a wrong text for every sample.
    pub fn has_wrong_texts(&self) -> bool {
        self.n_words.len() > self.n_samples()
    }

    pub fn n_samples(&self) -> usize {
        self.n_clips.len()
    }

    /// Rows of the longest video.
    pub fn most_clips(&self) -> usize {
        self.video.dims()[1]
    }

    fn most_words(&self) -> usize {
        self.text.dims()[1]
    }

    /// Hides what is padding: of the parts that are given, in this order, `n_before` rows that are
    /// never hidden, the clips, the words.
    pub fn mask(&self, n_before: usize, clips: bool, words: bool) -> KeyMask {
        let rows = (0..self.n_samples()).map(|i| {
            let mut hidden = vec![false; n_before];
            if clips {
                hidden.extend((0..self.most_clips()).map(|clip| clip >= self.n_clips[i]));
            }
            if words {
                hidden.extend((0..self.most_words()).map(|word| word >= self.n_words[i]));
            }
            hidden
        });
        KeyMask::new(&rows.collect::<Vec<_>>(), &self.video.device())
    }
}

/// What a network of the DETR kind says of a batch.
#[derive(Clone, Debug)]
pub struct DetrOutput {
    /// Of the last decoder layer.
    pub moments: DetrMoments,
    /// Of the decoder layers before, for training.
    pub earlier: Vec<DetrMoments>,
    /// `[batch, most clips]`
    pub saliency: Tensor<2>,
    /// The same with the text of the next sample of the batch, for training; QD-DETR alone.
    pub saliency_of_wrong_text: Option<Tensor<2>>,
}

/// The moments that the queries of a decoder layer propose.
#[derive(Clone, Debug)]
pub struct DetrMoments {
    /// `[batch, queries, 2]`: foreground, background.
    pub logits: Tensor<3>,
    /// `[batch, queries, 2]`: centre and width as shares of the video.
    pub spans: Tensor<3>,
}
