//! From the lines of two files to the metrics.

use std::collections::HashMap;

use crate::domain::{Annotation, QueryId, count};

use super::highlight::{QueryScores, highlight_metrics};
use super::moment_retrieval::{QueryWindows, moment_metrics};
use super::qvhighlights::Prediction;
use super::table::Metrics;

/// Two files that do not belong together, or a prediction that lacks a field.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ScoreError {
    #[error("there is no query to score")]
    Nothing,
    #[error("query {0} stands twice in the {1}: keep one line for each query")]
    Twice(QueryId, &'static str),
    #[error(
        "there is no prediction for {} of the truth, such as {first}: the two files must hold the \
         same queries", count(*.n, "query")
    )]
    NotPredicted { n: usize, first: QueryId },
    #[error(
        "the truth lacks {} that the predictions have, such as {first}: the two files must hold \
         the same queries", count(*.n, "query")
    )]
    NotInTruth { n: usize, first: QueryId },
    #[error(
        "query {in_truth} of the truth is {in_predictions} in the predictions: write a `qid` as a \
         number in both files, or as a text in both"
    )]
    OtherType {
        in_truth: QueryId,
        in_predictions: QueryId,
    },
    #[error("the prediction for query {qid} has no `{field}`, the first prediction has it")]
    MissingField { qid: QueryId, field: &'static str },
    #[error("the truth has neither windows nor scores: a published test set cannot be scored")]
    NoTruth,
}

/// The official metrics of `predictions` against `truth`.
///
/// Which halves are computed is decided by the fields of the first prediction. The module's docs
/// list the cases that this answers and that crash the official program.
///
/// # Errors
/// When the two do not hold the same queries, once each, or a prediction lacks a field that the
/// first one has.
pub fn score(truth: &[Annotation], predictions: &[Prediction]) -> Result<Metrics, ScoreError> {
    let pairs = paired(truth, predictions)?;
    let Some((_, first)) = pairs.first() else {
        return Err(ScoreError::Nothing);
    };
    let is_empty = |a: &Annotation| a.relevant_windows.is_empty() && a.relevant_clip_ids.is_empty();
    if truth.iter().all(is_empty) {
        return Err(ScoreError::NoTruth);
    }
    let missing = |prediction: &Prediction, field| ScoreError::MissingField {
        qid: prediction.qid.clone(),
        field,
    };
    let mut metrics = Metrics {
        moments: None,
        highlights: None,
    };
    if first.pred_relevant_windows.is_some() {
        let queries = pairs.iter().map(|(truth, prediction)| {
            let predicted = prediction.pred_relevant_windows.as_deref();
            Ok(QueryWindows {
                truth: truth.relevant_windows.clone(),
                predicted: predicted.ok_or_else(|| missing(prediction, "pred_relevant_windows"))?,
            })
        });
        metrics.moments = Some(moment_metrics(&queries.collect::<Result<Vec<_>, _>>()?));
    }
    if first.pred_saliency_scores.is_some() {
        let queries = pairs.iter().map(|(truth, prediction)| {
            let predicted = prediction.pred_saliency_scores.as_deref();
            Ok(QueryScores {
                truth,
                predicted: predicted.ok_or_else(|| missing(prediction, "pred_saliency_scores"))?,
            })
        });
        metrics.highlights = Some(highlight_metrics(&queries.collect::<Result<Vec<_>, _>>()?));
    }
    Ok(metrics)
}

/// Every prediction with its truth, in the order of the predictions.
fn paired<'a>(
    truth: &'a [Annotation],
    predictions: &'a [Prediction],
) -> Result<Vec<(&'a Annotation, &'a Prediction)>, ScoreError> {
    let mut open: HashMap<&QueryId, &Annotation> = HashMap::new();
    for annotation in truth {
        if open.insert(&annotation.qid, annotation).is_some() {
            return Err(ScoreError::Twice(annotation.qid.clone(), "truth"));
        }
    }
    let mut pairs = Vec::with_capacity(predictions.len());
    let mut seen = HashMap::new();
    let mut strangers = Vec::new();
    for prediction in predictions {
        if seen.insert(&prediction.qid, ()).is_some() {
            return Err(ScoreError::Twice(prediction.qid.clone(), "predictions"));
        }
        match open.remove(&prediction.qid) {
            Some(annotation) => pairs.push((annotation, prediction)),
            None => strangers.push(&prediction.qid),
        }
    }
    let of_other_type = strangers.iter().find_map(|stranger| {
        let (in_truth, _) = open.get_key_value(&other_type(stranger)?)?;
        Some(ScoreError::OtherType {
            in_truth: (*in_truth).clone(),
            in_predictions: (*stranger).clone(),
        })
    });
    if let Some(error) = of_other_type {
        return Err(error);
    }
    if let Some(&first) = strangers.first() {
        return Err(ScoreError::NotInTruth {
            n: strangers.len(),
            first: first.clone(),
        });
    }
    match truth
        .iter()
        .find(|annotation| open.contains_key(&annotation.qid))
    {
        Some(annotation) => Err(ScoreError::NotPredicted {
            n: open.len(),
            first: annotation.qid.clone(),
        }),
        None => Ok(pairs),
    }
}

/// `"1"` for `1`, and the other way round.
fn other_type(qid: &QueryId) -> Option<QueryId> {
    match qid {
        QueryId::Number(number) => Some(QueryId::Text(number.to_string())),
        QueryId::Text(text) => text.trim().parse().ok().map(QueryId::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth(qid: i64) -> Annotation {
        let line = format!(
            r#"{{"qid":{qid},"query":"q","duration":10,"vid":"v","relevant_clip_ids":[1,2],"saliency_scores":[[4,4,4],[2,2,2]],"relevant_windows":[[2,6]]}}"#
        );
        serde_json::from_str(&line).unwrap()
    }

    fn prediction(qid: i64) -> Prediction {
        Prediction {
            qid: qid.into(),
            query: "q".into(),
            vid: "v".into(),
            pred_relevant_windows: Some(vec![[2.0, 6.0, 0.9]]),
            pred_saliency_scores: Some(vec![0.0, 0.9, 0.5, 0.1, 0.0]),
        }
    }

    #[test]
    fn a_range_without_windows_is_null_and_a_dash() {
        let metrics = score(&[truth(1)], &[prediction(1)]).unwrap();
        let json: serde_json::Value = serde_json::from_str(&metrics.to_json().unwrap()).unwrap();
        assert!(json["long"].is_null() && json["brief"]["MR-long-mAP"].is_null());
        assert_eq!(json["short"]["MR-R1"]["0.95"], 100.0);
        assert_eq!(json["brief"]["HL-min-VeryGood-Hit1"], 100.0);
        let table = metrics.to_string();
        assert!(table.contains("MR-full-mAP          100.00\n"), "{table}");
        assert!(table.contains("MR-long-mAP               -\n"), "{table}");
    }

    #[test]
    fn the_same_number_as_a_text_is_told_from_another_query() {
        let as_text = |qid: &str| Prediction {
            qid: qid.into(),
            ..prediction(1)
        };
        let error = score(&[truth(1), truth(2)], &[as_text("2"), as_text("1")]);
        let error = error.unwrap_err().to_string();
        assert!(
            error.starts_with("query 2 of the truth is \"2\" in the"),
            "{error}"
        );

        let text_truth = Annotation {
            qid: "7".into(),
            ..truth(7)
        };
        let error = score(&[text_truth], &[prediction(7)])
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("query \"7\" of the truth is 7 in the"),
            "{error}"
        );

        let error = score(&[truth(1)], &[as_text("one")]).unwrap_err();
        assert!(matches!(error, ScoreError::NotInTruth { .. }), "{error}");
    }

    #[test]
    fn files_that_do_not_belong_together_are_refused() {
        let without_scores = Prediction {
            pred_saliency_scores: None,
            ..prediction(2)
        };
        let unlabelled = Annotation {
            relevant_windows: vec![],
            relevant_clip_ids: vec![],
            saliency_scores: vec![],
            ..truth(1)
        };
        for (truth, predictions, words) in [
            (vec![], vec![], "no query"),
            (
                vec![truth(1)],
                vec![],
                "no prediction for 1 query of the truth, such as 1",
            ),
            (
                vec![truth(1)],
                vec![prediction(1), prediction(3)],
                "the truth lacks 1 query that the predictions have, such as 3",
            ),
            (
                vec![truth(1), truth(1)],
                vec![prediction(1)],
                "twice in the truth",
            ),
            (
                vec![truth(1)],
                vec![prediction(1), prediction(1)],
                "twice in the predictions",
            ),
            (
                vec![truth(1), truth(2)],
                vec![prediction(1), without_scores],
                "query 2 has no `pred_saliency_scores`",
            ),
            (
                vec![unlabelled],
                vec![prediction(1)],
                "neither windows nor scores",
            ),
        ] {
            let error = score(&truth, &predictions).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
