//! What is said in the open video, as far as subtitles tell.

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::Caption;
use crate::library::{captions_of_video, spoken_in};
use crate::video::Source;
use crate::worker::background::{Background, Report};
use crate::worker::state::State;
use crate::worker::{Event, QueryId, VideoId};

/// The subtitles of the open video.
pub(super) struct Words {
    video: VideoId,
    /// While they are read.
    reading: Option<Background<Vec<Caption>>>,
    captions: Vec<Caption>,
    /// All queries were answered by them.
    is_told: bool,
}

impl State {
    /// Reads the subtitles on a thread of their own, once the pictures are known: the whole file may have
    /// to be read for them.
    pub fn read_words(&mut self, video: VideoId, path: PathBuf) {
        let wake = Arc::clone(&self.wake);
        let reading = Background::start(
            "subtitles",
            move || wake(),
            move |reporter| {
                let read = Source::open(&path)
                    .and_then(|source| captions_of_video(&source, &reporter.cancel()));
                match read {
                    Ok(captions) => reporter.say(captions),
                    Err(error) => log::info!("subtitles are not read: {error}"),
                }
            },
        );
        match reading {
            Ok(reading) => {
                self.words = Some(Words {
                    video,
                    reading: Some(reading),
                    captions: Vec::new(),
                    is_told: false,
                });
            }
            Err(error) => log::warn!("subtitles are not read: {error}"),
        }
    }

    /// Looks whether they are there.
    pub fn step_words(&mut self) {
        let Some(words) = &mut self.words else { return };
        let reports = words.reading.as_ref().map(Background::reports);
        for report in reports.unwrap_or_default() {
            words.reading = None;
            match report {
                Report::Said(captions) => words.captions = captions,
                Report::Crashed(message) => log::warn!("{message}"),
            }
        }
        if words.reading.is_none() && !std::mem::replace(&mut words.is_told, true) {
            let ids: Vec<_> = self.queries.keys().copied().collect();
            ids.into_iter().for_each(|id| self.tell_said(id));
        }
    }

    /// Where a query is said, if anything is.
    pub fn tell_said(&self, id: QueryId) {
        let (Some(words), Some(asked)) = (&self.words, self.queries.get(&id)) else {
            return;
        };
        if !words.captions.is_empty() {
            (self.emit)(Event::Said {
                video: words.video,
                query: id,
                moments: spoken_in(&words.captions, &asked.query),
            });
        }
    }
}
