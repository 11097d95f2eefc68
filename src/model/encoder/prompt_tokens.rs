//! A text as tokens, with room for learned context vectors.
//!
//! Where the context goes, how rows are padded and which position becomes the feature differ from
//! family to family, so those who learn context vectors never see ids: they hold [`PromptTokens`]
//! and hand them back in [`PromptRows`].

use burn::tensor::Tensor;

/// One text as the ids that the text tower reads.
///
/// All that depends on the family is settled when it is made: the special tokens, the cut to the
/// model's positions and, for a tower that reads texts of one fixed length, the padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptTokens {
    /// With the family's special tokens, without the context.
    ids: Vec<u32>,
    n_ctx: usize,
    word_pieces: WordPieces,
}

/// How many pieces of words a text has; special tokens do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordPieces {
    /// The model reads only so many.
    pub n_read: usize,
    pub n_in_all: usize,
}

/// Texts of a batch that share their context vectors.
#[derive(Clone, Debug)]
pub struct PromptRows<'a> {
    pub texts: Vec<&'a PromptTokens>,
    /// `[n_ctx, text_width]`; where it has a gradient, so have the features.
    pub context: Tensor<2>,
}

impl PromptTokens {
    pub(super) fn new(ids: Vec<u32>, n_ctx: usize, word_pieces: WordPieces) -> Self {
        Self {
            ids,
            n_ctx,
            word_pieces,
        }
    }

    pub(super) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Positions of the text tower that this text takes together with its context: what it costs.
    pub fn n_positions(&self) -> usize {
        self.ids.len() + self.n_ctx
    }

    pub fn word_pieces(&self) -> WordPieces {
        self.word_pieces
    }
}

impl PromptRows<'_> {
    pub(super) fn n_ctx(&self) -> usize {
        let [n_ctx, _] = self.context.dims();
        n_ctx
    }
}

/// Puts the context of each group before position `at` of its rows.
///
/// # Shapes
/// - tokens: `[rows, seq, width]`, the rows of all groups one after the other
/// - output: `[rows, seq + n_ctx, width]`
///
/// # Panics
/// When the groups have other numbers of context vectors or of rows.
pub(super) fn insert_contexts(
    tokens: &Tensor<3>,
    groups: &[PromptRows<'_>],
    at: usize,
) -> Tensor<3> {
    let mut first = 0;
    let mut rows = Vec::new();
    for group in groups.iter().filter(|group| !group.texts.is_empty()) {
        let n_rows = group.texts.len();
        rows.push(insert(
            tokens.clone().narrow(0, first, n_rows),
            &group.context,
            at,
        ));
        first += n_rows;
    }
    Tensor::cat(rows, 0)
}

/// `[batch, seq, width]` and `[n_ctx, width]` → `[batch, seq + n_ctx, width]`
fn insert(tokens: Tensor<3>, context: &Tensor<2>, at: usize) -> Tensor<3> {
    let [batch, seq, width] = tokens.dims();
    let [n_ctx, _] = context.dims();
    // Frozen token embeddings have no graph; they join that of the context.
    let tokens = if context.is_autodiff() {
        tokens.autodiff()
    } else {
        tokens
    };
    let context = context
        .clone()
        .unsqueeze::<3>()
        .expand([batch, n_ctx, width]);
    let mut parts = Vec::new();
    if at > 0 {
        parts.push(tokens.clone().narrow(1, 0, at));
    }
    parts.push(context);
    if at < seq {
        parts.push(tokens.narrow(1, at, seq - at));
    }
    Tensor::cat(parts, 1)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::model::parameter::to_vec;

    #[test]
    fn context_goes_where_the_family_wants_it() {
        let device = Device::flex();
        let tokens = Tensor::<3>::from_floats([[[1.0], [2.0]], [[3.0], [4.0]]], &device);
        let text = PromptTokens::new(
            vec![0, 0],
            1,
            WordPieces {
                n_read: 0,
                n_in_all: 0,
            },
        );
        let group = |value: f32| PromptRows {
            texts: vec![&text],
            context: Tensor::from_floats([[value]], &device),
        };
        for (at, expected) in [
            (0, [8.0, 1.0, 2.0, 9.0, 3.0, 4.0]),
            (1, [1.0, 8.0, 2.0, 3.0, 9.0, 4.0]),
            (2, [1.0, 2.0, 8.0, 3.0, 4.0, 9.0]),
        ] {
            let rows = insert_contexts(&tokens, &[group(8.0), group(9.0)], at);
            assert_eq!(rows.dims(), [2, 3, 1]);
            assert_eq!(to_vec(rows), expected);
        }
    }
}
