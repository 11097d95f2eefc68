//! From what was found to what the exporters take.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::domain::{Moment, MomentOrder, Query, Shaping};
use crate::export::{ExportDocument, ExportQuery};
use crate::find::{Answer, Found};
use crate::video::{Source, VideoError, VideoInfo};

/// A video with what was found in it: for each query its answer and what of it is exported.
pub fn export_document<'a>(
    video: &Path,
    info: &VideoInfo,
    duration_secs: f64,
    found: impl IntoIterator<Item = (&'a Query, &'a Answer, Found)>,
) -> ExportDocument {
    let queries = found.into_iter().map(|(query, answer, found)| ExportQuery {
        query: query.clone(),
        present: Some(answer.present),
        verdict: Some(found.verdict),
        highlight: Some(answer.highlight),
        moments: found.moments,
    });
    ExportDocument {
        queries: queries.collect(),
        ..ExportDocument::of_video(video, info, duration_secs)
    }
}

/// A moment that was found in one of several videos.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoMoment {
    pub path: PathBuf,
    /// Of the whole video.
    pub duration_secs: f64,
    /// Which of the queries it answers.
    pub query: usize,
    pub moment: Moment,
}

/// What one query has found in several videos.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundMoments {
    pub query: Query,
    /// Best first.
    pub moments: Vec<VideoMoment>,
    /// How they follow each other; `None` leaves it to the format.
    pub order: Option<MomentOrder>,
}

impl FoundMoments {
    /// As [`export_documents`].
    pub fn documents(&self) -> (Vec<ExportDocument>, Vec<VideoError>) {
        let queries = std::slice::from_ref(&self.query);
        let (mut documents, problems) = export_documents(queries, &self.moments);
        for document in &mut documents {
            document.order = self.order;
        }
        (documents, problems)
    }
}

/// What was found in several videos, best first, as the exporters take it: one document for each video
/// in the order in which they come, all with all queries. Each file is opened for its frame rate and
/// timecode; what cannot be opened is left out, and the reasons are the second value.
pub fn export_documents(
    queries: &[Query],
    found: &[VideoMoment],
) -> (Vec<ExportDocument>, Vec<VideoError>) {
    let mut documents: Vec<ExportDocument> = Vec::new();
    let mut at: HashMap<&Path, Option<usize>> = HashMap::new();
    let mut problems = Vec::new();
    for it in found {
        let index = *at.entry(&it.path).or_insert_with(|| {
            let opened = Source::open(&it.path).and_then(|source| source.info().cloned());
            match opened {
                Ok(info) => {
                    let mut document = ExportDocument::of_video(&it.path, &info, it.duration_secs);
                    document.queries = queries.iter().map(nothing_found).collect();
                    documents.push(document);
                    Some(documents.len() - 1)
                }
                Err(error) => {
                    problems.push(error);
                    None
                }
            }
        });
        if let Some(query) = index.and_then(|index| documents[index].queries.get_mut(it.query)) {
            query.moments.push(it.moment);
        }
    }
    (documents, problems)
}

/// Padding, least length and joining of what was found in several videos: within each of them, and for
/// each query. Best first again, query after query.
pub fn shaped(found: Vec<VideoMoment>, shaping: Shaping) -> Vec<VideoMoment> {
    if shaping.is_nothing() {
        return found;
    }
    let mut groups: Vec<Vec<VideoMoment>> = Vec::new();
    let mut at: HashMap<(PathBuf, usize), usize> = HashMap::new();
    for it in found {
        let group = *at
            .entry((it.path.clone(), it.query))
            .or_insert(groups.len());
        if group == groups.len() {
            groups.push(Vec::new());
        }
        groups[group].push(it);
    }
    let mut all = Vec::new();
    for group in groups {
        let moments: Vec<_> = group.iter().map(|it| it.moment).collect();
        let Some(first) = group.first() else { continue };
        let moments = shaping.apply(&moments, first.duration_secs).into_iter();
        all.extend(moments.map(|moment| VideoMoment {
            moment,
            ..first.clone()
        }));
    }
    all.sort_by(|a, b| {
        let by_score = b.moment.score.total_cmp(&a.moment.score);
        a.query.cmp(&b.query).then(by_score)
    });
    all
}

fn nothing_found(query: &Query) -> ExportQuery {
    ExportQuery {
        query: query.clone(),
        present: None,
        verdict: None,
        highlight: None,
        moments: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TimeSpan;

    #[test]
    fn moments_are_shaped_within_their_video_and_query() {
        let at = |path: &str, query: usize, start_secs: f64, score: f32| VideoMoment {
            path: path.into(),
            duration_secs: 20.0,
            query,
            moment: Moment {
                span: TimeSpan::new(start_secs, start_secs + 2.0),
                score,
            },
        };
        let found = vec![
            at("a", 0, 4.0, 0.9),
            at("b", 0, 4.0, 0.8),
            at("a", 0, 7.0, 0.7),
            at("a", 1, 5.0, 0.95),
        ];
        let shaping = Shaping {
            join_gap_secs: Some(1.0),
            ..Shaping::default()
        };
        let shaped = shaped(found, shaping);
        let spans: Vec<_> = shaped
            .iter()
            .map(|it| (it.path.to_str().unwrap(), it.query, it.moment.span.end_secs))
            .collect();
        assert_eq!(spans, [("a", 0, 9.0), ("b", 0, 6.0), ("a", 1, 7.0)]);
    }
}
