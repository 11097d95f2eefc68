//! Words that are said and written down: queries for subtitles, and the moments that answer them.

use std::collections::HashMap;

use crate::domain::{Caption, Query, TimeSpan};
use crate::library::Library;
use crate::library::catalogue::said_in;
use crate::library::error::LibraryError;
use crate::library::search::{LibraryIndex, Wanted};
use crate::library::spoken_query::SpokenQuery;
use crate::store::ContentId;

/// Subtitles that follow each other so closely are one moment.
const MAX_GAP_SECS: f64 = 2.0;

/// A moment in which the words of a query are said.
#[derive(Clone, Debug, PartialEq)]
pub struct SpokenMoment {
    /// Where the video is in [`LibraryIndex::videos`]; 0 where there is but one.
    pub video: usize,
    pub span: TimeSpan,
    /// What is said.
    pub text: String,
    /// 1 where the words are said in a row, less where they are apart or go on.
    pub score: f32,
}

impl Library {
    /// The moments of what is searched in which the query is said, best first, at most as many of each
    /// video as are wanted.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub fn find_spoken(
        &self,
        index: &LibraryIndex,
        query: &Query,
        wanted: &Wanted,
    ) -> Result<Vec<SpokenMoment>, LibraryError> {
        let Some(words) = query.words() else {
            return Ok(Vec::new());
        };
        let spoken = SpokenQuery::new(words);
        let mut captions: HashMap<ContentId, Vec<Caption>> = HashMap::new();
        for (content, caption) in self.catalogue().said(&spoken)? {
            captions.entry(content).or_default().push(caption);
        }
        let mut moments = Vec::new();
        for video in index.searched(wanted) {
            if let Some(said) = captions.remove(&index.videos()[video].content) {
                let mut of_video = moments_of(said, &spoken, video);
                of_video.truncate(wanted.n_per_video);
                moments.extend(of_video);
            }
        }
        moments.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.video.cmp(&b.video)));
        moments.truncate(wanted.n_results);
        Ok(moments)
    }
}

/// The moments of one video in which the query is said, best first; none for what is not words alone.
pub fn spoken_in(captions: &[Caption], query: &Query) -> Vec<SpokenMoment> {
    let Some(words) = query.words() else {
        return Vec::new();
    };
    let spoken = SpokenQuery::new(words);
    let said = said_in(captions, &spoken).unwrap_or_else(|error| {
        log::warn!("subtitles are not searched: {error}");
        Vec::new()
    });
    moments_of(said, &spoken, 0)
}

/// Neighbours are one moment.
fn moments_of(mut said: Vec<Caption>, query: &SpokenQuery, video: usize) -> Vec<SpokenMoment> {
    said.sort_by(|a, b| a.start_secs.total_cmp(&b.start_secs));
    let mut moments: Vec<SpokenMoment> = Vec::new();
    for caption in said {
        let score = query.score(&caption.text);
        match moments.last_mut() {
            Some(last) if caption.start_secs <= last.span.end_secs + MAX_GAP_SECS => {
                last.span.end_secs = last.span.end_secs.max(caption.end_secs);
                last.score = last.score.max(score);
                if !last.text.contains(&caption.text) {
                    last.text = format!("{} / {}", last.text, caption.text);
                }
            }
            _ => moments.push(SpokenMoment {
                video,
                span: TimeSpan::new(caption.start_secs, caption.end_secs),
                text: caption.text,
                score,
            }),
        }
    }
    moments.sort_by(|a, b| b.score.total_cmp(&a.score));
    moments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captions(texts: &[&str]) -> Vec<Caption> {
        let caption = |(i, text): (usize, &&str)| Caption {
            start_secs: 10.0 * i as f64,
            end_secs: 10.0 * i as f64 + 2.0,
            text: (*text).to_owned(),
        };
        texts.iter().enumerate().map(caption).collect()
    }

    /// Where it is said, best first, with the scores.
    fn found(texts: &[&str], query: &str) -> Vec<(usize, f32)> {
        let query = Query::new(query).unwrap();
        let moments = spoken_in(&captions(texts), &query).into_iter();
        moments
            .map(|it| ((it.span.start_secs / 10.0) as usize, it.score))
            .collect()
    }

    #[test]
    fn words_are_found_whole_apart_and_begun() {
        let texts = [
            "Circles that are redder",
            "the circle is red",
            "Look, a RED circle!",
            "nothing of it",
            "Où est l’été ?",
        ];
        assert_eq!(
            found(&texts, "a red circle"),
            [(2, 1.0), (1, 0.9), (0, 0.8)]
        );
        assert_eq!(found(&texts, "ete"), [(4, 1.0)]);
        assert_eq!(found(&texts, "l'Été"), [(4, 1.0)]);
        assert_eq!(found(&texts, "ou e"), [(4, 0.8)]);
        assert_eq!(found(&texts, "the"), [(1, 1.0)]);
        assert_eq!(found(&texts, "\"circle\" OR red*"), []);
        assert_eq!(found(&texts, "?!"), []);
    }

    #[test]
    fn scripts_without_spaces_are_found_anywhere() {
        let texts = [
            "我们去东京塔看夜景",
            "오늘 학교에서 만났다",
            "東京タワーに行きました",
            "50%_off",
            "ไปโรงเรียน",
        ];
        assert_eq!(found(&texts, "东京塔"), [(0, 1.0)]);
        assert_eq!(found(&texts, "夜景"), [(0, 1.0)]);
        assert_eq!(found(&texts, "학교"), [(1, 1.0)]);
        assert_eq!(found(&texts, "타워"), []);
        assert_eq!(found(&texts, "タワー 東京"), [(2, 1.0)]);
        assert_eq!(found(&texts, "โรงเรียน"), [(4, 1.0)]);
    }

    #[test]
    fn neighbours_are_one_moment() {
        let caption = |start_secs: f64, text: &str| Caption {
            start_secs,
            end_secs: start_secs + 2.0,
            text: text.to_owned(),
        };
        let said = [
            caption(1.0, "snow"),
            caption(4.5, "more snow"),
            caption(30.0, "snow"),
        ];
        let moments = spoken_in(&said, &Query::new("snow").unwrap());
        assert_eq!(moments.len(), 2);
        assert_eq!(moments[0].span, TimeSpan::new(1.0, 6.5));
        assert_eq!(moments[0].text, "snow / more snow");
    }
}
