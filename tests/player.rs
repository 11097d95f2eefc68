//! Playback without a window or a sound device: the pictures tell which frame they are.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use vcl::domain::TimeSpan;
use vcl::video::VideoError;
use vcl::video::player::{PlaneFormat, PlayState, Player, PlayerEvent, Transfer, VideoFrame};

/// Longer than anything here takes on a slow machine; reaching it means a hang.
const PATIENCE: Duration = Duration::from_secs(120);

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
    folder.join(name)
}

/// The number that the picture shows (see `fixtures/videos/frames.py`), read from its luma.
fn number(frame: &VideoFrame) -> u32 {
    let (width, height) = frame.size();
    let (luma, stride) = frame.plane(0);
    (0..12).fold(0, |number, bit| {
        let x = ((2 * (bit % 4) + 1) * width / 8) as usize;
        let y = ((2 * (bit / 4) + 1) * height / 6) as usize;
        let is_light = match frame.format() {
            PlaneFormat::I420p10 => {
                let at = y * stride + 2 * x;
                u16::from_le_bytes([luma[at], luma[at + 1]]) > 108 << 2
            }
            _ => luma[y * stride + x] > 108,
        };
        number | u32::from(is_light) << bit
    })
}

/// A player and what it has told so far.
struct Watched {
    player: Player,
    frame: Option<VideoFrame>,
    events: Vec<PlayerEvent>,
    n_frames: usize,
}

impl Watched {
    fn open(name: &str) -> Self {
        let player = Player::open(&fixture(name), || {}).unwrap();
        let mut watched = Self {
            player,
            frame: None,
            events: Vec::new(),
            n_frames: 0,
        };
        watched.wait(name, |watched| watched.player.state() == PlayState::Paused);
        watched
    }

    fn look(&mut self) {
        self.events.extend(self.player.poll());
        if let Some(frame) = self.player.take_frame() {
            self.frame = Some(frame);
            self.n_frames += 1;
        }
    }

    fn wait(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        loop {
            self.look();
            if is_so(self) {
                return;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "{what}: {:?}, {:?}, {:?} s, {:?}",
                self.player.state(),
                self.frame,
                self.player.position_secs(),
                self.events
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn settle(&mut self) {
        self.wait("seeking", |watched| !watched.player.is_seeking());
        self.look();
    }

    fn number(&self) -> u32 {
        number(self.frame.as_ref().unwrap())
    }
}

#[test]
fn the_first_frame_is_shown_at_once_and_paused() {
    for name in [
        "plain.mp4",
        "first100.ts",
        "hevc10.mp4",
        "no_cues.mkv",
        "one_frame.mp4",
    ] {
        let mut watched = Watched::open(name);
        watched.settle();
        assert_eq!(watched.number(), 0, "{name}");
        assert_eq!(watched.player.position_secs(), 0.0, "{name}");
        let ready = watched
            .events
            .iter()
            .any(|event| matches!(event, PlayerEvent::Ready(_)));
        assert!(ready, "{name}: {:?}", watched.events);
    }
}

#[test]
fn seeking_shows_exactly_the_frame_at_that_time() {
    for name in [
        "plain.mp4",
        "first100.ts",
        "open_gop.mp4",
        "high10.mkv",
        "vp9.webm",
        "late_start.mkv",
        "no_cues.mkv",
    ] {
        let mut watched = Watched::open(name);
        for time_secs in [3.0, 1.02, 4.999, 0.0, 5.5, 2.0] {
            watched.player.seek_accurate(time_secs);
            assert!(
                (watched.player.position_secs() - time_secs).abs() < 1e-9,
                "{name}"
            );
            watched.settle();
            let frame = ((time_secs + 0.001) * 25.0) as u32;
            assert_eq!(watched.number(), frame, "{name} at {time_secs} s");
            let shown_secs = watched.frame.as_ref().unwrap().time_secs();
            assert!(
                (shown_secs - f64::from(frame) / 25.0).abs() < 0.0021,
                "{name}: {shown_secs}"
            );
            assert!(
                (watched.player.position_secs() - time_secs).abs() < 0.01,
                "{name}"
            );
        }
    }
}

#[test]
fn seeking_behind_the_end_shows_the_last_frame() {
    let mut watched = Watched::open("plain.mp4");
    watched.player.seek_accurate(100.0);
    watched.settle();
    assert_eq!(watched.number(), 229);
    watched.player.seek_accurate(-5.0);
    watched.settle();
    assert_eq!(watched.number(), 0);
}

#[test]
fn steps_go_one_frame_forth_and_back() {
    let mut watched = Watched::open("plain.mp4");
    watched.player.seek_accurate(3.0);
    watched.settle();
    for (n_frames, expected) in [(1, 76), (1, 77), (-1, 76), (-1, 75), (-1, 74), (1, 75)] {
        watched.player.step(n_frames);
        watched.wait(&format!("frame {expected}"), |watched| {
            watched.number() == expected
        });
        watched.settle();
        assert_eq!(watched.number(), expected);
    }
    // Held keys: several steps at once.
    for _ in 0..3 {
        watched.player.step(1);
    }
    watched.wait("frame 78", |watched| watched.number() == 78);
    watched.wait("playhead", |watched| {
        (watched.player.position_secs() - 3.12).abs() < 0.002
    });
    // A seek right behind a step wins.
    watched.player.step(1);
    watched.player.seek_accurate(1.0);
    watched.settle();
    assert_eq!(watched.number(), 25);
}

#[test]
fn steps_back_leave_frames_that_last_long() {
    // Frame 63 is shown from 2.52 to 2.8 s, frame 127 from 5.08 s on, at 25 frames per second.
    let mut watched = Watched::open("variable_rate.mp4");
    for (time_secs, shown, before) in [(2.81, 70, 63), (5.17, 129, 128)] {
        watched.player.seek_accurate(time_secs);
        watched.settle();
        assert_eq!(watched.number(), shown);
        watched.player.step(-1);
        watched.wait("another frame", |watched| watched.number() != shown);
        watched.settle();
        let number = watched.number();
        assert!(
            (before - 8..=before).contains(&number),
            "{number} instead of {before}"
        );
    }
}

#[test]
fn the_newest_scrub_target_wins() {
    let mut watched = Watched::open("plain.mp4");
    watched.player.play();
    watched.wait("playing", |watched| {
        watched.player.state() == PlayState::Playing
    });
    // However slow the machine, frames are shown while the target moves on.
    let (start, mut i) = (Instant::now(), 0);
    while i < 60 || watched.n_frames <= 3 {
        assert!(start.elapsed() < PATIENCE, "{} frames", watched.n_frames);
        watched.player.scrub(f64::from(i % 60) * 0.15);
        watched.look();
        std::thread::sleep(Duration::from_millis(3));
        i += 1;
    }
    watched.player.scrub(6.2);
    watched.settle();
    assert_eq!(watched.number(), 155);
    assert_eq!(watched.player.position_secs(), 6.2);
    assert_eq!(watched.player.state(), PlayState::Paused);
    // Letting go plays on.
    watched.player.seek_accurate(6.2);
    watched.wait("playing on", |watched| watched.player.position_secs() > 6.5);
}

#[test]
fn a_loop_stays_in_its_span() {
    let mut watched = Watched::open("plain.mp4");
    watched.player.loop_span(Some(TimeSpan::new(2.0, 2.4)));
    watched.player.seek_accurate(2.0);
    watched.player.play();
    let (mut n_rounds, mut last, start) = (0, 0, Instant::now());
    while n_rounds < 3 {
        assert!(start.elapsed() < PATIENCE, "{n_rounds} rounds");
        if let Some(frame) = watched.player.take_frame() {
            let number = number(&frame);
            if number < last {
                n_rounds += 1;
            }
            last = number;
            assert!(number == 0 || (50..60).contains(&number), "frame {number}");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    watched.player.loop_span(None);
    watched.wait("leaving the loop", |watched| {
        watched.player.position_secs() > 2.6
    });
}

#[test]
fn the_end_keeps_the_last_frame_and_playing_starts_again() {
    let mut watched = Watched::open("plain.mp4");
    watched.player.seek_accurate(8.8);
    watched.player.play();
    watched.wait("the end", |watched| {
        watched.player.state() == PlayState::Ended
    });
    assert_eq!(watched.number(), 229);
    assert!((watched.player.position_secs() - 9.2).abs() < 0.01);
    watched.player.toggle();
    watched.wait("playing from the start", |watched| {
        watched.player.state() == PlayState::Playing
            && (0.1..9.0).contains(&watched.player.position_secs())
    });
}

#[test]
fn pausing_holds_the_playhead() {
    let mut watched = Watched::open("plain.mp4");
    watched.player.play();
    watched.wait("playing", |watched| watched.player.position_secs() > 0.3);
    watched.player.toggle();
    watched.wait("paused", |watched| {
        watched.player.state() == PlayState::Paused
    });
    let held_secs = watched.player.position_secs();
    // Frames may be on their way, but they end; a film that runs on ends at its last frame.
    let mut n_frames = 0;
    while std::mem::replace(&mut n_frames, watched.n_frames) != watched.n_frames {
        std::thread::sleep(Duration::from_millis(500));
        watched.look();
    }
    let shown_secs = watched.frame.as_ref().unwrap().time_secs();
    assert!((shown_secs - held_secs).abs() < 2.0, "{shown_secs} s");
    assert_eq!(watched.player.position_secs(), held_secs);
}

#[test]
fn shape_and_colours_are_told() {
    let mut watched = Watched::open("rotated.mp4");
    watched.settle();
    let frame = watched.frame.as_ref().unwrap();
    assert_eq!(
        (frame.size(), frame.display_size()),
        ((160, 120), (120, 160))
    );
    assert!(frame.orientation().is_sideways());
    let mut watched = Watched::open("wide_pixels.mp4");
    watched.settle();
    let frame = watched.frame.as_ref().unwrap();
    assert_eq!(frame.display_size(), (233, 120));
    assert!(!frame.is_full_range());
    for plane in 0..frame.n_planes() {
        let (columns, rows) = frame.plane_size(plane);
        let (data, stride) = frame.plane(plane);
        assert!(data.len() >= stride * (rows as usize - 1) + columns as usize);
    }
    // 4:4:4 with odd sides is converted on the way.
    let mut watched = Watched::open("odd_size.mp4");
    watched.settle();
    let frame = watched.frame.as_ref().unwrap();
    assert_eq!(frame.size(), (853, 479));
    assert_eq!(frame.plane_size(1), (427, 240));
}

#[test]
fn what_cannot_be_played_is_said() {
    let missing = Player::open(Path::new("/nowhere/video.mp4"), || {}).err();
    assert!(
        matches!(missing, Some(VideoError::Missing(_))),
        "{missing:?}"
    );
    for name in ["audio_only.m4a", "unknown_codec.mp4", "expected.json"] {
        let n_wakes = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&n_wakes);
        let player = Player::open(&fixture(name), move || {
            counter.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
        let start = Instant::now();
        let error = loop {
            let errors = player.poll().into_iter().find_map(|event| match event {
                PlayerEvent::Error(error) => Some(error),
                _ => None,
            });
            if let Some(error) = errors {
                break error;
            }
            assert!(start.elapsed() < PATIENCE, "{name}: no error");
            std::thread::sleep(Duration::from_millis(5));
        };
        assert!(!error.to_string().contains('\n'), "{name}: {error}");
        while n_wakes.load(Ordering::Relaxed) == 0 || player.state() != PlayState::Failed {
            assert!(start.elapsed() < PATIENCE, "{name}: {:?}", player.state());
            std::thread::sleep(Duration::from_millis(5));
        }
        // Nothing that is asked of it now does harm, or makes it wait for a frame.
        player.play();
        player.step(1);
        for ask in [Player::seek_accurate, Player::scrub] {
            ask(&player, 1.0);
            let start = Instant::now();
            while player.is_seeking() {
                assert!(start.elapsed() < PATIENCE, "{name}: seeks for ever");
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        let events = player.poll();
        let is_error = |event: &PlayerEvent| matches!(event, PlayerEvent::Error(_));
        assert!(!events.iter().any(is_error), "{name}: {events:?}");
        assert_eq!(player.position_secs(), 0.0, "{name}");
    }
}

#[test]
fn dropping_in_any_state_does_not_hang() {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for (name, n_millis) in [("plain.mp4", 0), ("plain.mp4", 30), ("first100.ts", 60)] {
            let player = Player::open(&fixture(name), || {}).unwrap();
            player.play();
            player.scrub(5.0);
            std::thread::sleep(Duration::from_millis(n_millis));
            drop(player);
        }
        sender.send(())
    });
    receiver.recv_timeout(PATIENCE).expect("all are dropped");
}

#[test]
fn all_parts_of_an_edit_list_are_played_in_their_order() {
    for (name, at) in [
        (
            "two_parts.mp4",
            [(4.0, 150), (1.0, 25), (3.0, 125), (5.88, 197)],
        ),
        (
            "three_parts.mp4",
            [(5.0, 190), (1.0, 150), (3.0, 25), (2.2, 5)],
        ),
    ] {
        let mut watched = Watched::open(name);
        for (time_secs, expected) in at {
            watched.player.seek_accurate(time_secs);
            watched.settle();
            assert_eq!(watched.number(), expected, "{name} at {time_secs} s");
        }
        // Over a joint.
        let joint = if name == "two_parts.mp4" { 3.0 } else { 2.0 };
        watched.player.seek_accurate(joint - 0.2);
        watched.settle();
        watched.player.play();
        watched.wait(name, |watched| watched.player.position_secs() > joint + 0.3);
        watched.player.toggle();
        watched.wait(name, |watched| watched.player.state() == PlayState::Paused);
        let after = if name == "two_parts.mp4" { 125 } else { 0 };
        let off = watched.number().abs_diff(after);
        assert!(off < 50, "{name}: {}", watched.number());
    }
}

#[test]
fn pictures_that_come_long_after_the_sound_are_played() {
    for name in [
        "late_pictures.ts",
        "late_pictures.m2ts",
        "late_pictures.mpg",
        "late_pictures.vob",
    ] {
        let mut watched = Watched::open(name);
        watched.settle();
        assert_eq!(watched.number(), 0, "{name}");
        assert_eq!(watched.player.position_secs(), 0.0, "{name}");
        watched.player.play();
        watched.wait(name, |watched| watched.player.position_secs() > 0.5);
        watched.wait(name, |watched| watched.number() > 5);
    }
}

#[test]
fn jumps_are_exact_where_the_clock_ticks_seldom() {
    for (name, at_secs, expected) in [
        ("one_per_second.ts", 30.5, 30),
        ("one_per_second.ts", 3.5, 3),
        ("every_two_seconds.m2ts", 20.02, 500),
    ] {
        let mut watched = Watched::open(name);
        watched.settle();
        assert_eq!(watched.number(), 0, "{name}");
        watched.player.seek_accurate(at_secs);
        watched.settle();
        assert_eq!(watched.number(), expected, "{name} at {at_secs}");
        let off_secs = watched.player.position_secs() - at_secs;
        assert!(off_secs.abs() < 2.0, "{name} at {at_secs}: {off_secs}");
    }
}

#[test]
fn of_several_tracks_the_one_that_is_meant_is_played() {
    for name in ["second_track.mkv", "second_track.mp4", "second_track.ts"] {
        let mut watched = Watched::open(name);
        watched.player.seek_accurate(3.0);
        watched.settle();
        let frame = watched.frame.as_ref().unwrap();
        assert_eq!((frame.size(), watched.number()), ((160, 120), 75), "{name}");
    }
}

#[test]
fn a_frame_says_how_its_values_stand_for_light() {
    for (name, expected) in [
        ("pq.mp4", Transfer::Pq),
        ("hlg.mp4", Transfer::Hlg),
        ("hevc10.mp4", Transfer::Ordinary),
    ] {
        let mut watched = Watched::open(name);
        watched.settle();
        assert_eq!(
            watched.frame.as_ref().unwrap().transfer(),
            expected,
            "{name}"
        );
    }
}
