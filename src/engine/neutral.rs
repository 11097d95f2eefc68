//! The neutral texts that every video is measured against, see [`NeutralLevel`].

use crate::domain::UnitVector;
use crate::engine::{Engine, EngineError, Snapshot, video_index::Revision};
use crate::find::{NeutralLevel, Way};

/// Everyday things and scenes, far apart from each other, in the words of captions.
///
/// A video shows few of them; the robust statistics below ignore those that it does.
const NEUTRAL_TEXTS: [&str; 32] = [
    "a photo of a person",
    "a photo of an animal",
    "a bowl of soup on a table",
    "a page of printed text",
    "an empty room",
    "a busy street with cars",
    "a close-up of a hand",
    "a piece of furniture",
    "a musical instrument",
    "an airplane in the air",
    "people playing sports",
    "a computer screen",
    "a plate with food",
    "a wooden floor",
    "a map of a country",
    "a child with a toy",
    "a boat on a river",
    "a mountain landscape",
    "a bicycle next to a wall",
    "a bottle and a glass",
    "a building with many windows",
    "a crowd at a concert",
    "a flower in a garden",
    "a pair of shoes",
    "a train at a station",
    "a man giving a talk",
    "a woman cooking",
    "a dog running",
    "a blurry picture",
    "an abstract pattern",
    "a drawing",
    "something else",
];

/// The directions of the neutral texts, and what they score on the video that was asked about last.
pub(super) struct NeutralBank {
    texts: Vec<UnitVector>,
    latest: Option<(Revision, NeutralLevel)>,
}

impl Engine {
    /// What the neutral texts score on what is known of a video.
    pub(super) fn neutral_level(
        &mut self,
        known: &Snapshot<'_>,
    ) -> Result<NeutralLevel, EngineError> {
        let bank = self.neutral_bank()?;
        match &bank.latest {
            Some((revision, level)) if *revision == known.revision => Ok(*level),
            _ => {
                let level = NeutralLevel::of(&bank.texts, &known.embeddings);
                bank.latest = Some((known.revision, level));
                Ok(level)
            }
        }
    }

    /// The directions of the neutral texts.
    ///
    /// # Errors
    /// [`EngineError::Model`] when they cannot be encoded.
    pub fn neutral_directions(&mut self) -> Result<&[UnitVector], EngineError> {
        Ok(&self.neutral_bank()?.texts)
    }

    /// Embeds the texts at the first call.
    pub(super) fn neutral_bank(&mut self) -> Result<&mut NeutralBank, EngineError> {
        let bank = match self.neutral.take() {
            Some(bank) => bank,
            None => NeutralBank {
                texts: self.embed_texts(&NEUTRAL_TEXTS, &Way::default())?,
                latest: None,
            },
        };
        Ok(self.neutral.insert(bank))
    }
}
