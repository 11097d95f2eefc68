//! All moments one behind the other in one video file, nothing re-encoded.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use super::document::{Export, ExportDocument};
use super::frame_span::on_timeline;
use crate::domain::{TimeSpan, serialize_path};
use crate::video::{Cutter, Joiner, VideoError};

/// A moment in the joined file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JoinedPart {
    #[serde(serialize_with = "serialize_path")]
    pub video: PathBuf,
    pub query: String,
    /// The moment in its source.
    pub start_secs: f64,
    pub end_secs: f64,
    pub score: f32,
    /// Where its part begins in the joined file, with what comes before the moment.
    pub at_secs: f64,
    pub lead_in_secs: f64,
    pub lead_out_secs: f64,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Joined {
    #[serde(serialize_with = "serialize_path")]
    pub path: PathBuf,
    pub duration_secs: f64,
    pub parts: Vec<JoinedPart>,
}

/// Writes the moments of all queries and videos to `file`, in the order of a timeline or as the documents
/// say. A file that is named as one of another kind gets the ending of its own kind. `written` is called with each as soon as it is copied. Setting `cancel` stops the work almost at once,
/// and nothing is left.
///
/// # Errors
/// Without a moment; where a video cannot follow the first without being encoded anew; the first part that
/// cannot be copied. Nothing is left then.
pub fn write_joined(
    documents: &[ExportDocument],
    file: &Path,
    cancel: &Arc<AtomicBool>,
    mut written: impl FnMut(&JoinedPart),
) -> Result<Joined, VideoError> {
    let events: Vec<_> = on_timeline(Export::Several(documents))
        .into_iter()
        .flatten()
        .collect();
    let Some(first) = events.first() else {
        return Err(VideoError::Unwritable {
            path: file.to_path_buf(),
            reason: "there is no moment to write".to_owned(),
        });
    };
    let mut cutters: HashMap<&Path, Cutter> = HashMap::new();
    for event in &events {
        let video = event.document.video.as_path();
        if !cutters.contains_key(video) {
            cutters.insert(video, Cutter::open(video, Arc::clone(cancel))?);
        }
    }
    let cutter = &cutters[first.document.video.as_path()];
    let path = named_for(file, cutter.extension())?;
    let mut joiner = Joiner::create(cutter, &path)?;
    // Before anything is copied.
    for event in &events {
        let cutter = &cutters[event.document.video.as_path()];
        cutter.refuse_source(&path)?;
        joiner.check(cutter)?;
    }
    let mut parts = Vec::with_capacity(events.len());
    for event in events {
        let span = TimeSpan::new(event.span.start_secs, event.span.end_secs);
        let cutter = &cutters[event.document.video.as_path()];
        let (extent, at_secs) = joiner.add(cutter, span)?;
        let part = JoinedPart {
            video: event.document.video.clone(),
            query: event.query.query.key().to_owned(),
            start_secs: span.start_secs,
            end_secs: span.end_secs,
            score: event.span.score,
            at_secs,
            lead_in_secs: extent.lead_in_secs(span),
            lead_out_secs: extent.lead_out_secs(span),
        };
        written(&part);
        parts.push(part);
    }
    Ok(Joined {
        duration_secs: joiner.finish()?,
        path,
        parts,
    })
}

/// The name with this ending.
fn named_for(file: &Path, extension: &str) -> Result<PathBuf, VideoError> {
    let own = file
        .extension()
        .map(|own| own.to_string_lossy().to_lowercase());
    if own.as_deref() == Some(extension) {
        return Ok(file.to_path_buf());
    }
    let path = file.with_extension(extension);
    match path.exists() {
        // Nobody was asked about this one.
        true => Err(VideoError::Unwritable {
            reason: format!("these moments make a .{extension} file, and that one exists already"),
            path,
        }),
        false => Ok(path),
    }
}
