//! OpenTimelineIO, the interchange format of studios: JSON with a schema name on every object.

use serde_json::{Value, json};

use crate::export::document::{ExportDocument, ExportQuery};
use crate::export::error::ExportError;
use crate::export::frame_rate::FrameRate;
use crate::export::frame_span::{self, FrameSpan};

/// One timeline: query after query, each in the order of the video. A video track, and an audio
/// track with the same cuts where the file has sound.
pub fn otio(document: &ExportDocument) -> Result<String, ExportError> {
    document.warn_of_assumed_rate();
    let events: Vec<Value> = document
        .queries
        .iter()
        .flat_map(|query| {
            let spans = frame_span::in_order(document, query);
            spans.into_iter().map(|span| event(document, query, span))
        })
        .collect();
    let track = |name: &str, kind: &str| {
        json!({
            "OTIO_SCHEMA": "Track.1",
            "name": name,
            "kind": kind,
            "metadata": {},
            "source_range": null,
            "effects": [],
            "markers": [],
            "enabled": true,
            "children": events,
        })
    };
    let mut tracks = vec![track("V1", "Video")];
    if document.n_audio_channels > 0 {
        tracks.push(track("A1", "Audio"));
    }
    let timeline = json!({
        "OTIO_SCHEMA": "Timeline.1",
        "name": document.video_name(),
        "metadata": {},
        "global_start_time": time(document.frame_rate, 0),
        "tracks": {
            "OTIO_SCHEMA": "Stack.1",
            "name": "tracks",
            "metadata": {},
            "source_range": null,
            "effects": [],
            "markers": [],
            "enabled": true,
            "children": tracks,
        },
    });
    Ok(serde_json::to_string_pretty(&timeline)? + "\n")
}

fn event(document: &ExportDocument, query: &ExportQuery, span: FrameSpan) -> Value {
    let rate = document.frame_rate;
    let n_frames = document.n_file_frames();
    json!({
        "OTIO_SCHEMA": "Clip.2",
        "name": query.query.title(),
        "metadata": {
            "vcl": {
                "query": query.query.key(),
                "score": span.score,
                "rank": span.rank,
                "start_secs": span.start_secs,
                "end_secs": span.end_secs,
            },
        },
        "source_range": range(rate, document.file_frame(span.first_frame), span.n_frames()),
        "effects": [],
        "markers": [],
        "enabled": true,
        "media_references": {
            "DEFAULT_MEDIA": {
                "OTIO_SCHEMA": "ExternalReference.1",
                "name": document.video_name(),
                "metadata": {},
                "available_range": range(rate, document.numbering.first(), n_frames),
                "available_image_bounds": null,
                "target_url": document.video_url(),
            },
        },
        "active_media_reference_key": "DEFAULT_MEDIA",
    })
}

fn range(rate: FrameRate, first_frame: u64, n_frames: u64) -> Value {
    json!({
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": time(rate, first_frame),
        "duration": time(rate, n_frames),
    })
}

fn time(rate: FrameRate, frame: u64) -> Value {
    json!({
        "OTIO_SCHEMA": "RationalTime.1",
        "rate": rate.per_sec(),
        "value": frame as f64,
    })
}
