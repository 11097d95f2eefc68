//! How scenes look.
//!
//! Coordinates are units of the picture's short side, `(0, 0)` in the middle, v downwards, so the
//! central square that the encoder sees is `[-0.5, 0.5]²` whatever the aspect ratio.

mod canvas;
mod city;
mod figures;
mod forest;
mod glyphs;
mod land;
mod noise;
mod palette;
mod sky;
mod special;
mod wall;
mod water;
mod weather;

use image::RgbImage;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;

use super::scene::{Backdrop, Brightness, Content, Scene, Scenery};
use canvas::Canvas;

/// What is the same for a whole shot: the random look and the time within the shot.
struct Shot {
    rng: Pcg64,
    time_secs: f32,
}

/// Draws the scene with a random look at a random time.
pub fn render(scene: &Scene, width: u32, height: u32, rng: &mut Pcg64) -> RgbImage {
    let time_secs = rng.random_range(0.0..30.0);
    render_at(scene, width, height, time_secs, rng.random())
}

/// Draws the scene in the look of `seed` as it is `time_secs` after its beginning.
///
/// The same arguments give the same picture; near times give near pictures.
///
/// # Panics
/// When `width` or `height` is zero.
pub fn render_at(scene: &Scene, width: u32, height: u32, time_secs: f64, seed: u64) -> RgbImage {
    let mut canvas = Canvas::new(width, height);
    let mut shot = Shot {
        rng: Pcg64::seed_from_u64(seed),
        time_secs: time_secs as f32,
    };
    if let Content::Special(special) = scene.content {
        special::draw(&mut canvas, &mut shot, special);
        return canvas.into_image(|rgb| rgb);
    }
    match scene.backdrop {
        Backdrop::Wall { colour, surface } => wall::draw(&mut canvas, &mut shot, colour, surface),
        Backdrop::Scenery(scenery) => {
            let draw = match scenery {
                Scenery::BlueSky => sky::blue_sky,
                Scenery::Sunset => sky::sunset,
                Scenery::StarryNight => sky::starry_night,
                Scenery::GrassField => land::grass_field,
                Scenery::Forest => forest::forest,
                Scenery::Sea => water::sea,
                Scenery::Snow => land::snow,
                Scenery::Desert => land::desert,
                Scenery::Fire => weather::fire,
                Scenery::Rain => weather::rain,
                Scenery::Fog => weather::fog,
                Scenery::CityLights => city::city_lights,
            };
            draw(&mut canvas, &mut shot);
        }
    }
    // Figures draw their own numbers, so that no scenery can shift them.
    shot.rng = Pcg64::seed_from_u64(seed ^ 0x5eed_f165);
    figures::draw(&mut canvas, &mut shot, &scene.content, scene.backdrop);
    match scene.brightness {
        Brightness::Normal => canvas.into_image(|rgb| rgb),
        Brightness::Dark => {
            let gain = shot.rng.random_range(0.40..0.58);
            canvas.into_image(|rgb| rgb.map(|x| x * gain))
        }
        Brightness::Bright => {
            let gain = shot.rng.random_range(1.12..1.3);
            let lift = shot.rng.random_range(0.08..0.2);
            canvas.into_image(|rgb| rgb.map(|x| (x * gain).min(1.0) * (1.0 - lift) + lift))
        }
    }
}

/// Draws a text slide with lines of capitals, each with its height in units of the short side.
///
/// # Panics
/// When `width` or `height` is zero.
pub fn render_title(lines: &[(&str, f32)], width: u32, height: u32) -> RgbImage {
    let mut canvas = Canvas::new(width, height);
    special::title(&mut canvas, lines);
    canvas.into_image(|rgb| rgb)
}
