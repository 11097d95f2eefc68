//! The screen does not go dark while a video plays.

use std::collections::HashMap;

use zbus::Connection;
use zbus::zvariant::{OwnedObjectPath, Value};

const REASON: &str = "A video is playing";

/// The flag of the portal for "no screen saver, no dark screen".
const IDLE: u32 = 8;

const PORTAL: &str = "org.freedesktop.portal.Desktop";

const SAVER: &str = "org.freedesktop.ScreenSaver";
const SAVER_PATH: &str = "/org/freedesktop/ScreenSaver";

/// Whether the screen is kept lit, and by whom. It ends with the connection at the latest.
#[derive(Debug, Default)]
pub enum Inhibition {
    #[default]
    Off,
    Saver(u32),
    Portal(OwnedObjectPath),
    /// Nobody here can do it: asking again with each change would cost a moment each time.
    Impossible,
}

impl Inhibition {
    pub async fn set(&mut self, connection: &Connection, is_wanted: bool) {
        *self = match (std::mem::take(self), is_wanted) {
            (Self::Off, true) => ask(connection).await,
            (Self::Saver(cookie), false) => {
                let ended = connection
                    .call_method(Some(SAVER), SAVER_PATH, Some(SAVER), "UnInhibit", &cookie)
                    .await;
                note("the screen saver", ended);
                Self::Off
            }
            (Self::Portal(request), false) => {
                let interface = "org.freedesktop.portal.Request";
                let ended = connection
                    .call_method(Some(PORTAL), &request, Some(interface), "Close", &())
                    .await;
                note("the portal", ended);
                Self::Off
            }
            (same, _) => same,
        };
    }
}

/// First the screen saver itself, which every desktop has; from inside a sandbox only the portal is to
/// be reached.
async fn ask(connection: &Connection) -> Inhibition {
    let saver = connection
        .call_method(
            Some(SAVER),
            SAVER_PATH,
            Some(SAVER),
            "Inhibit",
            &("vcl", REASON),
        )
        .await
        .and_then(|reply| reply.body().deserialize::<u32>());
    match saver {
        Ok(cookie) => return Inhibition::Saver(cookie),
        Err(error) => log::debug!("no screen saver to hold off: {error}"),
    }
    let options = HashMap::from([("reason", Value::from(REASON))]);
    let portal = connection
        .call_method(
            Some(PORTAL),
            "/org/freedesktop/portal/desktop",
            Some("org.freedesktop.portal.Inhibit"),
            "Inhibit",
            &("", IDLE, options),
        )
        .await
        .and_then(|reply| reply.body().deserialize::<OwnedObjectPath>());
    match portal {
        Ok(request) => Inhibition::Portal(request),
        Err(error) => {
            log::info!("the screen may go dark while a video plays: {error}");
            Inhibition::Impossible
        }
    }
}

fn note(whom: &str, ended: zbus::Result<zbus::Message>) {
    if let Err(error) = ended {
        log::debug!("{whom} is gone: {error}");
    }
}
