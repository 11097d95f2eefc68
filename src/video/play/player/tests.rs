//! What the player asks of its pipeline.

use std::time::{Duration, Instant};

use super::*;

/// Longer than anything here takes on a slow machine; reaching it means a hang.
const PATIENCE: Duration = Duration::from_secs(120);

fn wait(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The rate at which the pictures are to be shown; the sound is stretched before its sink.
fn rate(player: &Player) -> Option<f64> {
    let pipeline = player.link.lock().pipeline.clone()?;
    let sink = pipeline.property::<gst::Element>("video-sink");
    let mut query = gst::query::Segment::new(gst::Format::Time);
    sink.query(&mut query).then(|| query.result().0)
}

#[test]
fn speed_changes_how_fast_time_goes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
    for name in ["plain.mp4", "vp9.webm"] {
        let player = Player::open(&folder.join(name), || {}).unwrap();
        // Asked for while it opens, then while it plays; what is beyond the limits is clamped.
        for (speed, expected) in [(4.0, 4.0), (0.25, 0.25), (1.0, 1.0), (100.0, 4.0)] {
            player.set_speed(speed);
            player.play();
            wait("playing at that speed", || {
                player.state() == PlayState::Playing && rate(&player) == Some(expected)
            });
            player.seek_accurate(1.0);
            wait("seeking", || !player.is_seeking());
            assert_eq!(rate(&player), Some(expected), "{name}: a seek keeps it");
        }
    }
}

#[test]
fn the_volume_and_the_mute_reach_the_pipeline() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
    let player = Player::open(&folder.join("plain.mp4"), || {}).unwrap();
    let loudness = || {
        let pipeline = player.link.lock().pipeline.clone()?;
        let volume = pipeline.property::<f64>("volume");
        Some((volume, pipeline.property::<bool>("mute")))
    };
    // Asked for while it opens, then while it plays; what is beyond the limits is clamped.
    for (volume, expected, is_muted) in [(0.5, 0.125, true), (7.0, 1.0, false)] {
        player.set_volume(volume);
        player.set_muted(is_muted);
        wait("that volume", || loudness() == Some((expected, is_muted)));
        player.play();
        wait("playing", || player.state() == PlayState::Playing);
    }
}
