//! The real program from the outside: what it prints, what it refuses, and how it ends.

mod detectors;
mod export;
mod features;
mod index;
mod kinds;
mod labels;
mod names;
mod outputs;
mod rates;
mod refusals;
mod search;
mod sources;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/tiny_detector.rs"]
mod tiny_detector;
mod words;

use std::collections::BTreeSet;

use serde_json::Value;

pub fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

pub fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

pub fn numbers(value: &Value) -> Vec<f64> {
    let values = value.as_array().expect("an array");
    values
        .iter()
        .map(|x| x.as_f64().expect("a number"))
        .collect()
}
