//! What players offer to the desktop: the keys for media, the controls of the panel, of the lock screen
//! and of a telephone.
//!
//! Source: MPRIS D-Bus Interface Specification 2.2. Times there are in microseconds. "Next" and
//! "previous" are moments here: there is one video.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use url::Url;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{ObjectPath, OwnedValue, Value};
use zbus::{Connection, fdo, interface};

use crate::app::action::{Action, File, Find, Play, View};
use crate::app::desktop::now::{NowPlaying, Track};
use crate::app::desktop::told::{Shared, lock};
use crate::domain::{APP_ID, path_of_text};
use crate::video::player::SPEEDS;

pub const NAME: &str = "org.mpris.MediaPlayer2.vcl";
pub const PATH: &str = "/org/mpris/MediaPlayer2";
const PLAYER: &str = "org.mpris.MediaPlayer2.Player";
const ROOT: &str = "org.mpris.MediaPlayer2";

/// The types of files are those that the desktop entry has the desktop open with us.
static DESKTOP_ENTRY: &str = include_str!("../../../packaging/app.vcl.Vcl.desktop");

/// The way back to the window.
#[derive(Clone)]
pub struct Wishes {
    sender: Arc<Mutex<mpsc::Sender<Action>>>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Wishes {
    pub fn new(sender: mpsc::Sender<Action>, wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            sender: Arc::new(Mutex::new(sender)),
            wake: Arc::new(wake),
        }
    }

    fn send(&self, action: impl Into<Action>) {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        // The window may be closing.
        let _ = sender.send(action.into());
        drop(sender);
        (self.wake)();
    }
}

/// The program.
pub struct Root {
    shared: Shared,
    wishes: Wishes,
}

impl Root {
    pub fn new(shared: Shared, wishes: Wishes) -> Self {
        Self { shared, wishes }
    }
}

#[interface(name = "org.mpris.MediaPlayer2")]
impl Root {
    fn raise(&self) {
        self.wishes.send(View::Raise);
    }

    fn quit(&self) {
        self.wishes.send(View::Quit);
    }

    #[zbus(property)]
    fn can_quit(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn can_raise(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn has_track_list(&self) -> bool {
        false
    }

    #[zbus(property)]
    fn identity(&self) -> &str {
        "vcl"
    }

    #[zbus(property)]
    fn desktop_entry(&self) -> &str {
        APP_ID
    }

    #[zbus(property)]
    fn supported_uri_schemes(&self) -> Vec<&str> {
        vec!["file"]
    }

    #[zbus(property)]
    fn supported_mime_types(&self) -> Vec<&str> {
        mime_types().collect()
    }

    #[zbus(property)]
    fn fullscreen(&self) -> bool {
        lock(&self.shared).now.is_fullscreen
    }

    #[zbus(property)]
    fn set_fullscreen(&self, is_wanted: bool) {
        if is_wanted != self.fullscreen() {
            self.wishes.send(View::ToggleFullscreen);
        }
    }

    #[zbus(property)]
    fn can_set_fullscreen(&self) -> bool {
        lock(&self.shared).now.track.is_some()
    }
}

fn mime_types() -> impl Iterator<Item = &'static str> {
    let line = DESKTOP_ENTRY
        .lines()
        .find_map(|line| line.strip_prefix("MimeType="));
    let types = line.unwrap_or_default().split(';');
    types.filter(|name| !name.is_empty())
}

/// What plays.
pub struct Player {
    shared: Shared,
    wishes: Wishes,
}

impl Player {
    pub fn new(shared: Shared, wishes: Wishes) -> Self {
        Self { shared, wishes }
    }

    fn now<T>(&self, get: impl FnOnce(&NowPlaying) -> T) -> T {
        get(&lock(&self.shared).now)
    }
}

#[interface(name = "org.mpris.MediaPlayer2.Player")]
impl Player {
    fn next(&self) {
        self.wishes.send(Find::NextMoment);
    }

    fn previous(&self) {
        self.wishes.send(Find::PreviousMoment);
    }

    fn pause(&self) {
        self.wishes.send(Play::Pause);
    }

    fn play_pause(&self) {
        self.wishes.send(Play::Toggle);
    }

    fn stop(&self) {
        self.wishes.send(Play::Pause);
        self.wishes.send(Play::Seek(0.0));
    }

    fn play(&self) {
        self.wishes.send(Play::Resume);
    }

    fn seek(&self, offset: i64) {
        self.wishes.send(Play::SeekBy(seconds(offset)));
    }

    /// Ignored where it is meant for another video or lies outside, as the specification says.
    #[allow(clippy::needless_pass_by_value, reason = "zbus hands it over so")]
    fn set_position(&self, track: ObjectPath<'_>, position: i64) {
        let place = seconds(position);
        let is_inside = self.now(|now| {
            let open = now.track.as_ref();
            open.is_some_and(|open| {
                track == track_id(open) && (0.0..=open.duration_secs).contains(&place)
            })
        });
        if is_inside {
            self.wishes.send(Play::Seek(place));
        }
    }

    fn open_uri(&self, address: &str) -> fdo::Result<()> {
        let path = path_of_text(address);
        if !path.is_absolute() {
            let message = format!("vcl opens files, not {address}");
            return Err(fdo::Error::NotSupported(message));
        }
        self.wishes.send(File::Open(path));
        Ok(())
    }

    #[zbus(signal)]
    async fn seeked(emitter: &SignalEmitter<'_>, position: i64) -> zbus::Result<()>;

    #[zbus(property)]
    fn playback_status(&self) -> &str {
        self.now(status)
    }

    #[zbus(property)]
    fn rate(&self) -> f64 {
        self.now(|now| now.speed)
    }

    #[zbus(property)]
    fn set_rate(&self, rate: f64) {
        // The specification's way of saying "pause".
        if rate == 0.0 {
            self.wishes.send(Play::Pause);
        } else {
            self.wishes.send(Play::Speed(rate));
        }
    }

    #[zbus(property)]
    fn minimum_rate(&self) -> f64 {
        *SPEEDS.start()
    }

    #[zbus(property)]
    fn maximum_rate(&self) -> f64 {
        *SPEEDS.end()
    }

    #[zbus(property)]
    fn metadata(&self) -> HashMap<String, OwnedValue> {
        self.now(metadata)
    }

    #[zbus(property)]
    fn volume(&self) -> f64 {
        self.now(|now| now.volume)
    }

    #[zbus(property)]
    fn set_volume(&self, volume: f64) {
        self.wishes.send(Play::Volume(volume.clamp(0.0, 1.0)));
    }

    #[zbus(property(emits_changed_signal = "false"))]
    fn position(&self) -> i64 {
        microseconds(lock(&self.shared).position_secs())
    }

    #[zbus(property)]
    fn can_go_next(&self) -> bool {
        self.now(|now| now.has_next)
    }

    #[zbus(property)]
    fn can_go_previous(&self) -> bool {
        self.now(|now| now.has_previous)
    }

    #[zbus(property)]
    fn can_play(&self) -> bool {
        self.now(|now| now.track.is_some())
    }

    #[zbus(property)]
    fn can_pause(&self) -> bool {
        self.now(|now| now.track.is_some())
    }

    #[zbus(property)]
    fn can_seek(&self) -> bool {
        self.now(|now| now.track.is_some())
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn can_control(&self) -> bool {
        true
    }
}

/// Says in one signal for each interface what is other than before.
pub async fn announce(
    connection: &Connection,
    before: &NowPlaying,
    now: &NowPlaying,
) -> zbus::Result<()> {
    let emitter = SignalEmitter::new(connection, PATH)?;
    for (interface, old, new) in [
        (PLAYER, player_properties(before), player_properties(now)),
        (ROOT, root_properties(before), root_properties(now)),
    ] {
        let mut changed = HashMap::new();
        for ((name, new), (_, old)) in new.into_iter().zip(old) {
            if new != old {
                changed.insert(name, new);
            }
        }
        if !changed.is_empty() {
            let name = interface.try_into()?;
            fdo::Properties::properties_changed(&emitter, name, changed, Cow::Borrowed(&[]))
                .await?;
        }
    }
    Ok(())
}

/// Clients count on by themselves until they hear this.
pub async fn announce_jump(connection: &Connection, position_secs: f64) -> zbus::Result<()> {
    let emitter = SignalEmitter::new(connection, PATH)?;
    Player::seeked(&emitter, microseconds(position_secs)).await
}

type Properties = Vec<(&'static str, Value<'static>)>;

fn player_properties(now: &NowPlaying) -> Properties {
    let has_video = now.track.is_some();
    vec![
        ("PlaybackStatus", status(now).into()),
        ("Rate", now.speed.into()),
        ("Metadata", metadata(now).into()),
        ("Volume", now.volume.into()),
        ("CanGoNext", now.has_next.into()),
        ("CanGoPrevious", now.has_previous.into()),
        ("CanPlay", has_video.into()),
        ("CanPause", has_video.into()),
        ("CanSeek", has_video.into()),
    ]
}

fn root_properties(now: &NowPlaying) -> Properties {
    vec![
        ("Fullscreen", now.is_fullscreen.into()),
        ("CanSetFullscreen", now.track.is_some().into()),
    ]
}

fn status(now: &NowPlaying) -> &'static str {
    match &now.track {
        None => "Stopped",
        Some(_) if now.is_playing => "Playing",
        Some(_) => "Paused",
    }
}

fn metadata(now: &NowPlaying) -> HashMap<String, OwnedValue> {
    let Some(track) = &now.track else {
        return HashMap::new();
    };
    let mut entries = vec![
        ("mpris:trackid", Value::from(track_id(track))),
        ("mpris:length", microseconds(track.duration_secs).into()),
        ("xesam:title", track.title.clone().into()),
    ];
    if let Ok(address) = Url::from_file_path(&track.path) {
        entries.push(("xesam:url", String::from(address).into()));
    }
    let owned = |(name, value): (&str, Value<'_>)| Some((name.to_owned(), value.try_into().ok()?));
    entries.into_iter().filter_map(owned).collect()
}

fn track_id(track: &Track) -> ObjectPath<'static> {
    let id = format!("/app/vcl/track/{}", track.id);
    ObjectPath::try_from(id).unwrap_or_default()
}

fn microseconds(secs: f64) -> i64 {
    (secs * 1e6).round() as i64
}

fn seconds(microseconds: i64) -> f64 {
    microseconds as f64 / 1e6
}
