//! The window and the desktop around it, over a message bus of their own: what the keys for media do,
//! who keeps the screen lit, who shows the dialog for files. The other side of the bus is the test.
#![allow(
    clippy::needless_pass_by_value,
    reason = "the message bus hands its arguments over"
)]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use vcl::app::Action;
use vcl::app::action::{File, Play};
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, block_on};

use crate::drive::{USUAL, Window, demo};

const PLAYER: &str = "org.mpris.MediaPlayer2.vcl";
const PATH: &str = "/org/mpris/MediaPlayer2";

/// A bus with nobody else on it.
struct Bus {
    daemon: Child,
    address: String,
}

impl Bus {
    fn start() -> Self {
        let mut daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed");
        let mut address = String::new();
        let stdout = daemon.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        Self { daemon, address }
    }

    fn connect(&self) -> Connection {
        let builder = zbus::connection::Builder::address(self.address.as_str()).unwrap();
        block_on(builder.build()).unwrap()
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.daemon.kill().unwrap();
        self.daemon.wait().unwrap();
    }
}

/// Somebody who controls players, such as a panel of the desktop.
struct Panel(Connection);

impl Panel {
    fn call<B: serde::Serialize + zbus::zvariant::DynamicType>(&self, method: &str, body: &B) {
        let interface = Some("org.mpris.MediaPlayer2.Player");
        block_on(
            self.0
                .call_method(Some(PLAYER), PATH, interface, method, body),
        )
        .unwrap();
    }

    fn get(&self, interface: &str, name: &str) -> OwnedValue {
        let properties = Some("org.freedesktop.DBus.Properties");
        let body = (interface, name);
        let reply = block_on(
            self.0
                .call_method(Some(PLAYER), PATH, properties, "Get", &body),
        );
        reply.unwrap().body().deserialize().unwrap()
    }

    fn text(&self, name: &str) -> String {
        let value = self.get("org.mpris.MediaPlayer2.Player", name);
        value.try_into().unwrap()
    }

    fn is_there(&self) -> bool {
        let bus = block_on(zbus::fdo::DBusProxy::new(&self.0)).unwrap();
        block_on(bus.name_has_owner(PLAYER.try_into().unwrap())).unwrap()
    }
}

/// What holds the screen saver off.
#[derive(Clone, Default)]
struct Saver(Arc<Mutex<Vec<String>>>);

#[zbus::interface(name = "org.freedesktop.ScreenSaver")]
impl Saver {
    fn inhibit(&self, who: String, why: String) -> u32 {
        self.0.lock().unwrap().push(format!("{who}: {why}"));
        7
    }

    #[zbus(name = "UnInhibit")]
    fn uninhibit(&self, cookie: u32) {
        assert_eq!(cookie, 7);
        self.0.lock().unwrap().clear();
    }
}

fn open_on(bus: &Bus) -> Window {
    let mut window = Window::with_indexed_demo(&["two red hearts"], USUAL);
    let ctx = window.harness.ctx.clone();
    let joined = window
        .harness
        .state_mut()
        .join_desktop(&ctx, Some(&bus.address));
    joined.unwrap();
    window
}

#[test]
fn media_keys_play_pause_and_seek_and_the_screen_stays_lit_meanwhile() {
    let bus = Bus::start();
    let desktop = bus.connect();
    let saver = Saver::default();
    block_on(async {
        let path = "/org/freedesktop/ScreenSaver";
        desktop.object_server().at(path, saver.clone()).await?;
        desktop.request_name("org.freedesktop.ScreenSaver").await
    })
    .unwrap();
    let panel = Panel(bus.connect());
    let mut window = open_on(&bus);
    window.wait_until("the player is on the bus", |_| panel.is_there());
    window.wait_until("the panel is told", |_| {
        panel.text("PlaybackStatus") == "Paused"
    });

    let metadata = panel.get("org.mpris.MediaPlayer2.Player", "Metadata");
    let metadata: HashMap<String, OwnedValue> = metadata.try_into().unwrap();
    let title: &str = metadata["xesam:title"].downcast_ref().unwrap();
    assert_eq!(title, "demo.mp4");
    let address: &str = metadata["xesam:url"].downcast_ref().unwrap();
    assert!(address.starts_with("file:///") && address.ends_with("/assets/demo.mp4"));
    assert_eq!(
        metadata["mpris:length"].downcast_ref::<i64>().unwrap(),
        96_000_000
    );

    panel.call("PlayPause", &());
    window.wait_until("it plays", |app| app.session().playback().is_playing);
    window.wait_until("the screen is kept lit", |_| {
        *saver.0.lock().unwrap() == ["vcl: A video is playing"]
    });
    assert_eq!(panel.text("PlaybackStatus"), "Playing");
    panel.call("Pause", &());
    panel.call("Pause", &());
    window.wait_until("it does not play", |app| {
        !app.session().playback().is_playing
    });
    window.wait_until("the screen may go dark", |_| {
        saver.0.lock().unwrap().is_empty()
    });

    let track = metadata["mpris:trackid"].clone();
    let track: OwnedObjectPath = track.try_into().unwrap();
    panel.call("SetPosition", &(&track, 40_000_000_i64));
    window.wait_until("it is there", |app| {
        (app.session().playback().position_secs - 40.0).abs() < 0.1
    });
    panel.call("Seek", &(-5_000_000_i64));
    window.wait_until("it is 5 s earlier", |app| {
        (app.session().playback().position_secs - 35.0).abs() < 0.1
    });
    let position: i64 = panel
        .get("org.mpris.MediaPlayer2.Player", "Position")
        .try_into()
        .unwrap();
    assert!((position - 35_000_000).abs() < 200_000, "{position}");
    // The hearts come at 78 s.
    panel.call("Next", &());
    window.wait_until("it is at the next moment", |app| {
        app.session().playback().position_secs > 70.0
    });
    let root = "org.mpris.MediaPlayer2";
    let entry: String = panel.get(root, "DesktopEntry").try_into().unwrap();
    assert_eq!(entry, vcl::domain::APP_ID);
    drop(window);
    let is_gone = (0..400).any(|_| {
        std::thread::sleep(Duration::from_millis(25));
        !panel.is_there()
    });
    assert!(is_gone, "a closed window has left the bus");
}

/// The portal's dialogs, and what they say.
struct Portal {
    asked: Arc<Mutex<Vec<String>>>,
    code: u32,
    file: PathBuf,
}

#[zbus::interface(name = "org.freedesktop.portal.FileChooser")]
impl Portal {
    fn open_file(
        &self,
        _parent: String,
        title: String,
        options: HashMap<String, OwnedValue>,
        #[zbus(connection)] connection: &Connection,
        #[zbus(header)] header: zbus::message::Header<'_>,
    ) -> OwnedObjectPath {
        assert!(options.contains_key("filters") && options.contains_key("current_folder"));
        self.asked.lock().unwrap().push(title);
        let dialog =
            OwnedObjectPath::try_from("/org/freedesktop/portal/desktop/request/1/2").unwrap();
        let address = url::Url::from_file_path(&self.file).unwrap().to_string();
        let results = HashMap::from([("uris", Value::from(vec![address]))]);
        let (connection, code) = (connection.clone(), self.code);
        let (to, from) = (header.sender().unwrap().to_owned(), dialog.clone());
        std::thread::spawn(move || {
            // A person looks at it first.
            std::thread::sleep(Duration::from_millis(300));
            let interface = "org.freedesktop.portal.Request";
            let body = (code, results);
            block_on(connection.emit_signal(Some(to), from, interface, "Response", &body)).unwrap();
        });
        dialog
    }
}

fn ask_the_portal(code: u32, file: &Path, until: impl Fn(&mut Window)) {
    let bus = Bus::start();
    let desktop = bus.connect();
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let portal = Portal {
        asked: Arc::clone(&asked),
        code,
        file: file.to_owned(),
    };
    block_on(async {
        let path = "/org/freedesktop/portal/desktop";
        desktop.object_server().at(path, portal).await?;
        desktop.request_name("org.freedesktop.portal.Desktop").await
    })
    .unwrap();
    let mut window = open_on(&bus);
    window.press(Modifiers::COMMAND | Modifiers::CTRL, Key::O);
    until(&mut window);
    assert_eq!(*asked.lock().unwrap(), ["Open a video"]);
}

#[cfg(unix)]
#[test]
fn a_file_is_chosen_in_the_dialog_of_the_desktop_whatever_bytes_its_name_has() {
    use std::os::unix::ffi::OsStrExt as _;
    let dir = tempfile::tempdir().unwrap();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9 #1.mp4");
    let file = dir.path().join(name);
    std::fs::copy(demo(), &file).unwrap();
    ask_the_portal(0, &file, |window| {
        window.wait_until("it is open", |app| {
            app.session()
                .video()
                .is_some_and(|video| video.path == file)
        });
    });
}

#[test]
fn a_dialog_that_ends_by_itself_is_replaced_by_a_field_and_one_that_was_closed_is_not() {
    let file = demo();
    ask_the_portal(2, &file, |window| {
        window.wait_until("the window asks itself", |app| {
            app.session().view().path_question.is_some()
        });
    });
    ask_the_portal(1, &file, |window| {
        let began = std::time::Instant::now();
        window.wait_until("the dialog is closed", |_| {
            began.elapsed() > Duration::from_secs(1)
        });
        assert!(window.app().session().view().path_question.is_none());
    });
}

#[test]
fn a_video_is_gone_on_with_where_it_was_left() {
    let mut window = Window::with_indexed_demo(&[], USUAL);
    let ctx = window.harness.ctx.clone();
    let act = |window: &mut Window, action: Action| {
        window.harness.state_mut().perform(&ctx, action);
        window.harness.step();
    };
    act(&mut window, Play::Seek(42.0).into());
    window.settle();
    act(&mut window, File::Open(demo()).into());
    window.wait_until("it is open again", |app| {
        app.session().playback().position_secs < 1.0
    });
    let notices = window.notices();
    assert_eq!(notices, ["You left it at 0:42.0"]);
    window.harness.run_steps(3);
    window.click("Go on from there");
    window.wait_until("it plays from there", |app| {
        let playback = app.session().playback();
        playback.is_playing && playback.position_secs >= 42.0
    });
    assert!(window.notices().is_empty());
}

#[test]
fn a_file_that_grows_is_looked_at_again_and_stays_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("recording.ts");
    let bytes = std::fs::read("tests/fixtures/videos/first100.ts").unwrap();
    let half = bytes.len() / 2 / 188 * 188;
    std::fs::write(&file, &bytes[..half]).unwrap();
    let mut window = Window::open(Some(file.clone()), &[], USUAL);
    window.wait_until_idle();
    let before_secs = window.app().session().duration_secs();
    let ctx = window.harness.ctx.clone();
    window.harness.state_mut().perform(&ctx, Play::Seek(1.0));
    window.settle();
    std::fs::write(&file, &bytes).unwrap();
    window.wait_until("it is told", |app| !app.session().notices().is_empty());
    window.harness.run_steps(3);
    window.click("Reload");
    window.wait_until("it is longer", |app| {
        app.session().duration_secs() > before_secs + 1.0
    });
    window.settle();
    assert!((window.position_secs() - 1.0).abs() < 0.2);
    assert!(window.notices().is_empty());
}

#[test]
fn about_shows_licences() {
    let mut window = Window::open(None, &[], USUAL);
    window.press(Modifiers::NONE, Key::F10);
    window.harness.run_steps(2);
    window.click("About vcl");
    window.harness.run_steps(2);
    assert!(
        window
            .harness
            .query_by_label_contains("Version 0.")
            .is_some()
    );
    let first = vcl::domain::parts().next().unwrap();
    window.click(&format!("{} {}", first.name, first.version));
    assert!(
        window
            .harness
            .query_by_label_contains(first.licence)
            .is_some()
    );
    window.press(Modifiers::NONE, Key::Escape);
    window.harness.run_steps(2);
    assert!(
        window
            .harness
            .query_by_label_contains("Version 0.")
            .is_none()
    );
}
