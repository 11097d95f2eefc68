//! Forty small films, each with one scene that no other has.

use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSrc;

use crate::world::scene::{
    Backdrop, Brightness, Colour, Content, Figure, Fill, Place, Scene, Scenery, Shape, Size,
    Special, Surface,
};
use crate::world::storyboard::Storyboard;

const FRAMES_PER_SEC: u64 = 2;
const SIZE: (u32, u32) = (160, 90);

/// A film, what its own scene is called, and when that is on.
pub struct Film {
    pub name: String,
    pub words: String,
    pub story: Storyboard,
    pub start_secs: f64,
    pub end_secs: f64,
}

/// Films of twelve sceneries, three special pictures and twenty-five figures.
pub fn films() -> Vec<Film> {
    let sceneries = Scenery::ALL.iter().map(|&scenery| {
        let scene = Scene {
            content: Content::Empty,
            backdrop: Backdrop::Scenery(scenery),
            brightness: Brightness::Normal,
        };
        (scenery.name().to_owned(), scene)
    });
    let specials = Special::ALL.iter().map(|&special| {
        let scene = on_wall(Content::Special(special), Colour::White);
        (special.name().to_owned(), scene)
    });
    let figures = [Shape::Circle, Shape::Star, Shape::Heart]
        .into_iter()
        .flat_map(|shape| {
            let colours = Colour::ALL.iter();
            colours.map(move |&colour| {
                let article = if colour == Colour::Orange { "an" } else { "a" };
                let words = format!("{article} {} {}", colour.name(), shape.name());
                (words, figure(colour, shape))
            })
        });
    let scenes = sceneries.chain(specials).chain(figures).take(40);
    scenes
        .enumerate()
        .map(|(i, (words, scene))| film(i, words, scene))
        .collect()
}

/// The film begins and ends with a bare wall.
fn film(i: usize, words: String, scene: Scene) -> Film {
    let wall = on_wall(Content::Empty, Colour::Gray);
    let mut story = Storyboard::default();
    story.push(wall, 1 + i % 3, i as u64);
    let start_secs = story.duration_secs();
    story.push(scene, 2, 100 + i as u64);
    let end_secs = story.duration_secs();
    story.push(wall, 1 + i % 2, 200 + i as u64);
    Film {
        name: format!("{i:02}.mp4"),
        words,
        story,
        start_secs,
        end_secs,
    }
}

fn on_wall(content: Content, colour: Colour) -> Scene {
    Scene {
        content,
        backdrop: Backdrop::Wall {
            colour,
            surface: Surface::Plain,
        },
        brightness: Brightness::Normal,
    }
}

/// One large figure on a plain wall.
pub fn figure(colour: Colour, shape: Shape) -> Scene {
    let figure = Figure {
        colour,
        shape,
        size: Size::Large,
        fill: Fill::Plain,
    };
    let content = Content::Group {
        figure,
        count: 1,
        place: Place::Centre,
    };
    let wall = match colour {
        Colour::White | Colour::Yellow | Colour::Gray => Colour::Black,
        _ => Colour::White,
    };
    on_wall(content, wall)
}

impl Film {
    /// The same scene at another time and in another look.
    pub fn again(&self, i: usize) -> Self {
        let scene = self.story.take_at(self.start_secs).expect("a scene").scene;
        film(i + 1, self.words.clone(), scene)
    }

    /// Draws and encodes it.
    pub fn write(&self, path: &Path) {
        write(&self.story, path);
    }
}

/// Draws and encodes a film.
pub fn write(story: &Storyboard, path: &Path) {
    gst::init().expect("GStreamer");
    let (width, height) = SIZE;
    let description = format!(
        "appsrc name=in format=time block=true caps=video/x-raw,format=RGB,width={width},height={height},framerate={FRAMES_PER_SEC}/1 \
             ! videoconvert ! video/x-raw,format=I420 ! x264enc speed-preset=ultrafast quantizer=18 key-int-max=4 \
             ! h264parse ! mp4mux ! filesink location=\"{}\"",
        path.display()
    );
    let pipeline = gst::parse::launch(&description).expect("a sound pipeline");
    let pipeline = pipeline.downcast::<gst::Pipeline>().expect("a pipeline");
    let source = pipeline.by_name("in").expect("the source");
    let source = source.downcast::<AppSrc>().expect("an appsrc");
    pipeline.set_state(gst::State::Playing).expect("it plays");
    let n_frames = (story.duration_secs() * FRAMES_PER_SEC as f64) as u64;
    for i in 0..n_frames {
        let frame = story.frame_at(i as f64 / FRAMES_PER_SEC as f64, width, height);
        let mut buffer = gst::Buffer::from_slice(frame.into_raw());
        let at = |i| gst::ClockTime::from_mseconds(1000 * i / FRAMES_PER_SEC);
        let stamped = buffer.get_mut().expect("a buffer of our own");
        stamped.set_pts(at(i));
        stamped.set_duration(at(i + 1) - at(i));
        source.push_buffer(buffer).expect("it takes pictures");
    }
    source.end_of_stream().expect("it ends");
    let bus = pipeline.bus().expect("a pipeline has a bus");
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &kinds);
    let is_whole = matches!(
        message.as_ref().map(|m| m.view()),
        Some(gst::MessageView::Eos(_))
    );
    assert!(is_whole, "{message:?}");
    pipeline.set_state(gst::State::Null).expect("it stops");
}
