//! A soft sound track: slow chords, a bell at every cut, wind and water where they belong.

use std::f32::consts::TAU;

use crate::world::scene::{Backdrop, Content, Scenery, Special};
use crate::world::storyboard::{Storyboard, Take};

pub const SAMPLES_PER_SECOND: usize = 44_100;

/// Chords in MIDI notes, one after another with the scenes.
const CHORDS: [[u8; 4]; 6] = [
    [50, 57, 66, 69], // D
    [47, 57, 62, 66], // Bm7
    [43, 55, 62, 71], // G
    [45, 57, 61, 64], // A
    [52, 55, 62, 67], // Em7
    [43, 59, 62, 66], // Gmaj7
];
/// Bells: D major pentatonic.
const BELLS: [u8; 8] = [74, 76, 78, 81, 83, 86, 81, 78];

fn frequency(note: u8) -> f32 {
    440.0 * 2.0_f32.powf((f32::from(note) - 69.0) / 12.0)
}

/// The sound track as stereo samples in `[-0.5, 0.5]`.
pub fn compose(storyboard: &Storyboard) -> Vec<[f32; 2]> {
    let n_samples = (storyboard.duration_secs() * SAMPLES_PER_SECOND as f64) as usize;
    let mut track = vec![[0.0; 2]; n_samples];
    let mut bell = 0;
    for (i, take) in storyboard.takes.iter().enumerate() {
        let loudness = match take.scene.content {
            Content::Special(Special::BlackScreen) => 0.25,
            Content::Special(Special::StaticNoise) => 0.4,
            _ => 1.0,
        };
        pad(&mut track, take, CHORDS[i % CHORDS.len()], 0.034 * loudness);
        noise(&mut track, take);
        if loudness < 1.0 {
            continue;
        }
        let mut at = take.start_secs;
        while at < take.end_secs - 0.5 {
            strike(
                &mut track,
                at as f32 + 0.02,
                BELLS[bell % BELLS.len()],
                0.055,
            );
            bell += [1, 3, 2, 5][bell % 4];
            at += if bell % 3 == 0 { 1.5 } else { 2.0 };
        }
    }
    let n_fading = 2 * SAMPLES_PER_SECOND;
    for (i, sample) in track.iter_mut().rev().take(n_fading).enumerate() {
        let gain = i as f32 / n_fading as f32;
        *sample = sample.map(|x| x * gain);
    }
    for sample in &mut track {
        *sample = sample.map(|x| 0.5 * (2.0 * x).tanh());
    }
    track
}

/// Calls `at(seconds since the take began)` for a take and its release, and adds what it gives.
fn add(track: &mut [[f32; 2]], from_secs: f32, secs: f32, mut at: impl FnMut(f32) -> [f32; 2]) {
    let first = (from_secs * SAMPLES_PER_SECOND as f32) as usize;
    let n = (secs * SAMPLES_PER_SECOND as f32) as usize;
    for (i, sample) in track.iter_mut().skip(first).take(n).enumerate() {
        let [left, right] = at(i as f32 / SAMPLES_PER_SECOND as f32);
        sample[0] += left;
        sample[1] += right;
    }
}

/// Rises in `attack`, stays until `hold`, falls in `release`.
fn swell(t: f32, attack: f32, hold: f32, release: f32) -> f32 {
    let rise = (t / attack).min(1.0);
    let fall = 1.0 - ((t - hold) / release).clamp(0.0, 1.0);
    (0.5 - 0.5 * (rise * TAU / 2.0).cos()) * fall * fall
}

fn pad(track: &mut [[f32; 2]], take: &Take, chord: [u8; 4], gain: f32) {
    let length = (take.end_secs - take.start_secs) as f32;
    let release = 2.2;
    for (voice, note) in chord.into_iter().enumerate() {
        let f = frequency(note);
        let pan = 0.5 + 0.18 * (voice as f32 - 1.5);
        let gain = gain * if voice == 0 { 1.3 } else { 0.8 };
        add(track, take.start_secs as f32, length + release, |t| {
            let level = gain * swell(t, 0.9, length - 0.3, release);
            // Two strings slightly apart, with the octave faintly above.
            let wave = |detune: f32| {
                let phase = TAU * f * detune * t;
                phase.sin() + 0.28 * (2.0 * phase).sin() + 0.08 * (3.0 * phase).sin()
            };
            let breath = 1.0 + 0.12 * (TAU * 0.23 * t + voice as f32).sin();
            let (a, b) = (wave(0.9988), wave(1.0012));
            [
                level * breath * ((1.0 - pan) * a + 0.3 * b),
                level * breath * (pan * b + 0.3 * a),
            ]
        });
    }
}

fn strike(track: &mut [[f32; 2]], at_secs: f32, note: u8, gain: f32) {
    let f = frequency(note);
    let pan = 0.3 + 0.4 * f32::from(note % 5) / 4.0;
    add(track, at_secs, 3.0, |t| {
        let body = (-2.0 * t).exp() * (TAU * f * t).sin();
        let shimmer = 0.35 * (-4.5 * t).exp() * (TAU * 2.0 * f * t).sin();
        let tip = 0.16 * (-9.0 * t).exp() * (TAU * 4.07 * f * t).sin();
        let soft = (t / 0.006).min(1.0) * (1.0 - t / 3.0);
        let x = gain * soft * (body + shimmer + tip);
        [x * (1.0 - pan), x * pan]
    });
}

/// Wind, water, rain, embers: filtered noise.
fn noise(track: &mut [[f32; 2]], take: &Take) {
    // Gain, how much of the high tones is kept, swells per second.
    let (gain, brightness, swells) = match (take.scene.content, take.scene.backdrop) {
        (Content::Special(Special::StaticNoise), _) => (0.035, 0.6, 0.0),
        (Content::Special(_), _) => return,
        (_, Backdrop::Scenery(Scenery::Sea)) => (0.16, 0.10, 0.22),
        (_, Backdrop::Scenery(Scenery::Rain)) => (0.05, 0.35, 0.1),
        (_, Backdrop::Scenery(Scenery::Forest)) => (0.05, 0.06, 0.3),
        (_, Backdrop::Scenery(Scenery::Desert | Scenery::Snow)) => (0.09, 0.03, 0.25),
        (_, Backdrop::Scenery(Scenery::Fire)) => (0.08, 0.07, 0.9),
        _ => return,
    };
    let length = (take.end_secs - take.start_secs) as f32;
    let mut state = (take.look as u32).wrapping_mul(747_796_405);
    let mut low = [0.0_f32; 2];
    add(track, take.start_secs as f32, length + 0.8, |t| {
        let wave = 1.0 - 0.55 * (0.5 + 0.5 * (TAU * swells * t).cos());
        let level = gain * wave * swell(t, 0.5, length - 0.2, 1.0);
        low = low.map(|before| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let white = (state >> 8) as f32 / 8_388_608.0 - 1.0;
            before + brightness * (white - before)
        });
        low.map(|x| x * level)
    });
}
