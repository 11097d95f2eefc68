//! A `tokenizer.json` that is damaged in any way is an error of one line, or works.

use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::*;
use crate::model::encoder::clip::ClipConfig;

/// The tokenizer of the model `clip-tiny` and what its config says of texts.
fn tiny() -> (Vec<u8>, TextConfig) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clip-tiny");
    let read = |file: &str| std::fs::read(dir.join(file)).unwrap();
    let config = ClipConfig::from_json(&read("config.json")).unwrap();
    (read("tokenizer.json"), config.text_config)
}

/// One or two small damages to a file, most of them before the vocabulary, which is long and dull.
fn damages() -> impl Strategy<Value = Vec<(u8, usize, u8)>> {
    let place = prop_oneof![3 => 0..3000_usize, 1 => 0..40_000_usize];
    proptest::collection::vec((0..4_u8, place, any::<u8>()), 1..3)
}

fn damaged(json: &[u8], damages: &[(u8, usize, u8)]) -> Vec<u8> {
    const OFTEN: &[u8] = b",:{}[]\"0-9et\\ ";
    let mut bytes = json.to_vec();
    for &(kind, place, value) in damages {
        let place = place % bytes.len();
        match kind {
            0 => drop(bytes.remove(place)),
            1 => bytes.insert(place, bytes[place]),
            2 => bytes[place] = OFTEN[usize::from(value) % OFTEN.len()],
            _ => bytes[place] = value,
        }
    }
    bytes
}

/// Loads and uses a tokenizer that may be damaged: whatever it is, an error of one line or ids that
/// the model has.
fn use_tokenizer(json: &[u8], config: &TextConfig) -> Result<(), TestCaseError> {
    let told = |error: ModelError| {
        let told = error.to_string();
        prop_assert!(told.contains("tokenizer.json"), "{}", told);
        prop_assert!(!told.contains('\n'), "{}", told);
        Ok(())
    };
    let tokenizer = match ClipTokenizer::from_json(json, config) {
        Ok(tokenizer) => tokenizer,
        Err(error) => return told(error),
    };
    for text in [
        "",
        "a red kite",
        "it's 5 o'clock — né <|endoftext|>",
        "바다",
    ] {
        match tokenizer.encode(text) {
            Ok(ids) => {
                let n_ids = config.vocab_size;
                prop_assert!(ids.iter().all(|&id| (id as usize) < n_ids), "{:?}", ids);
            }
            Err(error) => told(error)?,
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_tokenizer_never_panics(damages in damages()) {
        let (tokenizer, config) = tiny();
        use_tokenizer(&damaged(&tokenizer, &damages), &config)?;
    }

    /// Sound JSON with a value of another kind somewhere outside of the vocabulary.
    #[test]
    fn a_tokenizer_with_odd_values_never_panics(place in 0..64_usize, odd in 0..8_usize) {
        let (tokenizer, config) = tiny();
        let mut json: Value = serde_json::from_slice(&tokenizer).unwrap();
        let mut places = Vec::new();
        list_places(&json, String::new(), &mut places);
        let odd = [
            json!(null), json!(-1), json!(4_000_000_000_u32), json!(""), json!([]), json!({}),
            json!(true), json!("("),
        ][odd].clone();
        *json.pointer_mut(&places[place % places.len()]).unwrap() = odd;
        use_tokenizer(json.to_string().as_bytes(), &config)?;
    }
}

/// JSON pointers to all values but the entries of vocabulary and merges.
fn list_places(value: &Value, at: String, places: &mut Vec<String>) {
    let is_table = at.ends_with("/vocab") || at.ends_with("/merges");
    match value {
        Value::Object(fields) if !is_table => {
            for (name, value) in fields {
                list_places(value, format!("{at}/{name}"), places);
            }
        }
        Value::Array(values) if !is_table => {
            for (i, value) in values.iter().enumerate() {
                list_places(value, format!("{at}/{i}"), places);
            }
        }
        _ => {}
    }
    places.push(at);
}
