//! The bundled model's own small tokenizer: CLIP's rules, with merges learned from the captions.

use std::collections::HashMap;

use anyhow::Context as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;
use serde_json::{Value, json};
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{PreTokenizer, TokenizerBuilder};

use crate::world::caption::{Detail, sample_caption};
use crate::world::scene::{Scene, Split};

/// Symbols for every byte, alone and at the end of a word, then the merges, then SOT and EOT.
const N_BYTE_SYMBOLS: usize = 512;
pub const N_MERGES: usize = 510;
pub const VOCABULARY: usize = N_BYTE_SYMBOLS + N_MERGES + 2;
pub const SOT: usize = VOCABULARY - 2;
pub const EOT: usize = VOCABULARY - 1;

const SPLIT: &str =
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

/// `tokenizer.json` in CLIP's form, for captions drawn with `seed`.
pub fn tokenizer_json(seed: u64) -> anyhow::Result<Vec<u8>> {
    let merges = learn_merges(seed)?;
    let mut symbols: Vec<String> = ByteLevel::alphabet()
        .into_iter()
        .map(String::from)
        .collect();
    symbols.sort();
    symbols.extend(symbols.clone().into_iter().map(|symbol| symbol + "</w>"));
    symbols.extend(merges.iter().map(|(left, right)| format!("{left}{right}")));
    symbols.extend(["<|startoftext|>".into(), "<|endoftext|>".into()]);
    anyhow::ensure!(symbols.len() == VOCABULARY, "{} symbols", symbols.len());
    let vocab: HashMap<&str, usize> = symbols
        .iter()
        .enumerate()
        .map(|(id, symbol)| (symbol.as_str(), id))
        .collect();
    anyhow::ensure!(vocab.len() == VOCABULARY, "two merges make one symbol");
    let special = |id: usize| {
        json!({"id": id, "content": symbols[id], "single_word": false, "lstrip": false,
               "rstrip": false, "normalized": true, "special": true})
    };
    let ordered: serde_json::Map<String, Value> = symbols
        .iter()
        .enumerate()
        .map(|(id, symbol)| (symbol.clone(), json!(id)))
        .collect();
    let merges: Vec<Value> = merges.iter().map(|(l, r)| json!([l, r])).collect();
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [special(SOT), special(EOT)],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFC"},
            {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "},
            {"type": "Lowercase"}]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": SPLIT}, "behavior": "Removed", "invert": true},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]},
        "post_processor": {"type": "RobertaProcessing", "sep": [symbols[EOT], EOT],
            "cls": [symbols[SOT], SOT], "trim_offsets": false, "add_prefix_space": false},
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "dropout": null, "unk_token": symbols[EOT],
            "continuing_subword_prefix": "", "end_of_word_suffix": "</w>", "fuse_unk": false,
            "byte_fallback": false, "ignore_merges": false, "vocab": ordered, "merges": merges},
    });
    Ok(serde_json::to_vec_pretty(&tokenizer)?)
}

/// The most useful merges for 60,000 captions, in order.
fn learn_merges(seed: u64) -> anyhow::Result<Vec<(String, String)>> {
    let mut rng = Pcg64::seed_from_u64(seed);
    let captions: Vec<String> = (0..60_000)
        .map(|i| {
            let scene = Scene::sample(&mut rng, Split::Train);
            let detail = if i % 2 == 0 {
                Detail::Full
            } else {
                Detail::Brief
            };
            sample_caption(&scene, &mut rng, detail).text.to_lowercase()
        })
        .collect();
    let mut trainer = BpeTrainerBuilder::new()
        .show_progress(false)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .end_of_word_suffix("</w>".into())
        // The trainer counts symbols it has seen; ask for plenty and take the first merges.
        .vocab_size(2 * VOCABULARY)
        .build();
    let mut tokenizer = TokenizerBuilder::new()
        .with_model(BPE::default())
        .with_normalizer(None::<tokenizers::NormalizerWrapper>)
        .with_pre_tokenizer(Some(Words))
        .with_post_processor(None::<tokenizers::PostProcessorWrapper>)
        .with_decoder(None::<tokenizers::DecoderWrapper>)
        .build()
        .map_err(anyhow::Error::msg)?;
    tokenizer
        .train(&mut trainer, captions.into_iter())
        .map_err(anyhow::Error::msg)?;
    let model = serde_json::to_value(tokenizer.get_model())?;
    let merges = model["merges"].as_array().context("a BPE has merges")?;
    let merges: Vec<(String, String)> = merges
        .iter()
        .filter_map(|pair| match pair {
            Value::Array(pair) => Some((pair[0].as_str()?.into(), pair[1].as_str()?.into())),
            Value::String(pair) => {
                let (left, right) = pair.split_once(' ')?;
                Some((left.into(), right.into()))
            }
            _ => None,
        })
        .take(N_MERGES)
        .collect();
    anyhow::ensure!(merges.len() == N_MERGES, "only {} merges", merges.len());
    Ok(merges)
}

/// CLIP's split into words, then bytes as symbols.
struct Words;

impl PreTokenizer for Words {
    fn pre_tokenize(&self, text: &mut tokenizers::PreTokenizedString) -> tokenizers::Result<()> {
        use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
        let pattern = SplitPattern::Regex(SPLIT.into());
        Split::new(pattern, tokenizers::SplitDelimiterBehavior::Removed, true)?
            .pre_tokenize(text)?;
        ByteLevel::default()
            .add_prefix_space(false)
            .pre_tokenize(text)
    }
}
