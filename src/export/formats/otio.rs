//! OpenTimelineIO, the interchange format of studios: JSON with a schema name on every object.

use serde_json::{Value, json};

use crate::export::document::{Export, ExportDocument};
use crate::export::error::ExportError;
use crate::export::frame_rate::FrameRate;
use crate::export::frame_span::{Event, leading, on_timeline};

/// One timeline: query after query, video after video, each in its order. A video track, and an audio
/// track with the same cuts where a file has sound.
pub fn otio(export: Export<'_>) -> Result<String, ExportError> {
    export.warn_of_assumed_rates();
    let events: Vec<_> = on_timeline(export).into_iter().flatten().collect();
    let track = |name: &str, kind: &str, children: Vec<Value>| {
        json!({
            "OTIO_SCHEMA": "Track.1",
            "name": name,
            "kind": kind,
            "metadata": {},
            "source_range": null,
            "effects": [],
            "markers": [],
            "enabled": true,
            "children": children,
        })
    };
    let mut tracks = vec![track("V1", "Video", events.iter().map(clip).collect())];
    let has_sound = |document: &ExportDocument| document.n_audio_channels > 0;
    if export.documents().iter().any(has_sound) {
        let heard = events.iter().map(|event| match has_sound(event.document) {
            true => clip(event),
            false => gap(event),
        });
        tracks.push(track("A1", "Audio", heard.collect()));
    }
    let rate = leading(export).map_or(FrameRate::USUAL, |document| document.frame_rate);
    let timeline = json!({
        "OTIO_SCHEMA": "Timeline.1",
        "name": export.title(),
        "metadata": {},
        "global_start_time": time(rate, 0),
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

fn clip(event: &Event<'_>) -> Value {
    let Event {
        document,
        query,
        span,
        ..
    } = *event;
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

/// Silence under a moment of a video without sound.
fn gap(event: &Event<'_>) -> Value {
    json!({
        "OTIO_SCHEMA": "Gap.1",
        "name": "",
        "metadata": {},
        "source_range": range(event.document.frame_rate, 0, event.span.n_frames()),
        "effects": [],
        "markers": [],
        "enabled": true,
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
