//! The models on the hub that this program is known to be good with: what a person chooses by.

/// A model that can be fetched by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownModel {
    /// What `--model` takes once it is here.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What it is good for, in a few words.
    pub about: &'static str,
    /// In which languages it can be asked.
    pub languages: &'static str,
    pub licence: &'static str,
    /// Of its weights: four for each parameter.
    pub n_bytes: u64,
    /// What it keeps in memory: tables of tokens stay in their files.
    pub memory_bytes: u64,
    /// The model whose images this text tower describes; what was indexed by that one serves this one.
    pub describes: Option<&'static str>,
}

/// Of Gemma's 256,000 words and their merges, measured beside the weights: 915 MB in all.
const GEMMA_BYTES: u64 = 190_000_000;

pub(super) const CLIP_B_32: &str = "openai/clip-vit-base-patch32";

/// Those that suit most people first.
pub const KNOWN_MODELS: [KnownModel; 7] = [
    KnownModel {
        name: "google/siglip2-base-patch32-256",
        title: "SigLIP 2",
        about: "the best that is fast",
        languages: "36 languages",
        licence: "Apache-2.0",
        n_bytes: 4 * 376_856_066,
        memory_bytes: 4 * (376_856_066 - 256_000 * 768) + GEMMA_BYTES,
        describes: None,
    },
    KnownModel {
        name: CLIP_B_32,
        title: "CLIP",
        about: "OpenAI's, fast and small",
        languages: "English",
        licence: "MIT",
        n_bytes: 4 * 151_277_313,
        memory_bytes: 4 * 151_277_313,
        describes: None,
    },
    KnownModel {
        name: "laion/CLIP-ViT-B-32-256x256-DataComp-s34B-b86K",
        title: "CLIP of DataComp",
        about: "fast, better than OpenAI's at everyday scenes",
        languages: "English",
        licence: "MIT",
        n_bytes: 4 * 151_288_833,
        memory_bytes: 4 * 151_288_833,
        describes: None,
    },
    KnownModel {
        name: "google/siglip2-base-patch16-256",
        title: "SigLIP 2, finer",
        about: "sees finer detail, four times as slow",
        languages: "36 languages",
        licence: "Apache-2.0",
        n_bytes: 4 * 375_234_050,
        memory_bytes: 4 * (375_234_050 - 256_000 * 768) + GEMMA_BYTES,
        describes: None,
    },
    KnownModel {
        name: "openai/clip-vit-large-patch14",
        title: "CLIP, large",
        about: "OpenAI's largest, for a GPU",
        languages: "English",
        licence: "MIT",
        n_bytes: 4 * 427_616_513,
        memory_bytes: 4 * 427_616_513,
        describes: None,
    },
    KnownModel {
        name: "Bingsu/clip-vit-base-patch32-ko",
        title: "CLIP in Korean",
        about: "on what OpenAI's B/32 has indexed",
        languages: "Korean",
        licence: "MIT",
        n_bytes: 4 * 151_277_313,
        memory_bytes: 4 * 151_277_313,
        describes: None,
    },
    KnownModel {
        name: "sentence-transformers/clip-ViT-B-32-multilingual-v1",
        title: "CLIP in fifty languages",
        about: "on what OpenAI's B/32 has indexed",
        languages: "50 languages, Korean too",
        licence: "Apache-2.0",
        n_bytes: 4 * 135_127_296,
        // The image tower of OpenAI's, and this text tower without its table.
        memory_bytes: 4 * (87_849_217 + 135_127_296 - 119_547 * 768),
        describes: Some(CLIP_B_32),
    },
];

/// The ones for a person who only wants to search their own videos, best first.
pub const RECOMMENDED_MODELS: [KnownModel; 2] = [KNOWN_MODELS[0], KNOWN_MODELS[1]];

impl KnownModel {
    /// What is known of a model by its name.
    pub fn of(name: &str) -> Option<&'static Self> {
        KNOWN_MODELS.iter().find(|known| known.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_text_tower_describes_can_be_fetched_too() {
        for known in KNOWN_MODELS {
            let images = known.describes.map(KnownModel::of);
            assert_ne!(images, Some(None), "{}", known.name);
            assert!(
                known.memory_bytes <= known.n_bytes + 4 * 87_849_217,
                "{}",
                known.name
            );
        }
    }
}
