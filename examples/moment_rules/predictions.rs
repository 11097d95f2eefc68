//! Curves of other systems, from their prediction files.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context as _;
use vcl::domain::{Moment, QueryId, TimeSpan, file_name};
use vcl::eval::{read_annotations, read_predictions};
use vcl::find::Proposed;

use crate::cases::{Case, Set};
use crate::rules::answer_of_curve;

pub fn read(predictions: &Path, truth: &Path) -> anyhow::Result<Set> {
    let mut windows: HashMap<QueryId, Vec<TimeSpan>> = HashMap::new();
    for line in read_annotations(truth)? {
        let spans = line.relevant_windows.iter();
        let spans = spans.map(|[start, end]| TimeSpan::new(*start, *end));
        windows.insert(line.qid, spans.collect());
    }
    let mut cases = Vec::new();
    for line in read_predictions(predictions)? {
        let truth = windows.remove(&line.qid);
        let values = line.pred_saliency_scores.unwrap_or_default();
        let answer = answer_of_curve(values.iter().map(|&x| x as f32).collect())
            .with_context(|| format!("query {} has no saliency scores", line.qid))?;
        let own = line.pred_relevant_windows.map(|windows| {
            let windows = windows.iter().map(|[start, end, score]| Moment {
                span: TimeSpan::new(*start, *end),
                score: *score as f32,
            });
            let saliency = answer.cosines.clone();
            answer
                .clone()
                .with(Proposed::of_windows(windows.collect(), saliency))
        });
        cases.push(Case {
            truth: truth.with_context(|| format!("query {} is not in the truth", line.qid))?,
            answer,
            others: own.into_iter().collect(),
        });
    }
    Ok(Set {
        name: file_name(predictions),
        others: vec!["its own moments".to_owned()],
        cases,
    })
}
