//! Videos in: what a file holds, one exact frame per clip, playback. The only place that names GStreamer.
