//! The desktop's own file dialogs: the portal's, and where there is none, those of `zenity`.
//!
//! Source: `org.freedesktop.portal.FileChooser` of xdg-desktop-portal. What a dialog says tells a person
//! who has closed it from a desktop that cannot show one, so that the window can ask by itself.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use futures_lite::StreamExt as _;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, MatchRule, Message, MessageStream, message};

use crate::app::desktop::link::connect;
use crate::app::desktop::request::{Choice, Kind, Request};
use crate::domain::path_of_text;

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PORTAL_PATH: &str = "/org/freedesktop/portal/desktop";

/// Shows a dialog until it is closed. `bus` is that of the session if none.
pub fn show(request: &Request, bus: Option<&str>) -> Choice {
    match zbus::block_on(by_portal(request, bus)) {
        Ok(choice) => return choice,
        Err(error) => log::debug!("no dialog of the portal: {error}"),
    }
    match by_zenity(request) {
        Ok(choice) => choice,
        Err(error) => {
            log::debug!("no dialog of zenity: {error}");
            Choice::Impossible
        }
    }
}

async fn by_portal(request: &Request, bus: Option<&str>) -> zbus::Result<Choice> {
    let connection = connect(bus).await?;
    let mut news = news_of_portal(&connection).await?;
    let method = match request.kind {
        Kind::Save => "SaveFile",
        Kind::Open | Kind::Folder => "OpenFile",
    };
    let body = (request.parent.as_str(), request.title, options(request));
    let interface = "org.freedesktop.portal.FileChooser";
    let reply = connection
        .call_method(Some(PORTAL), PORTAL_PATH, Some(interface), method, &body)
        .await?;
    let dialog: OwnedObjectPath = reply.body().deserialize()?;
    while let Some(message) = news.next().await {
        let message = message?;
        if is_end_of_portal(&message) {
            break;
        }
        let is_ours = message.header().path() == Some(&*dialog);
        if is_ours && let Some(choice) = choice_of(&message)? {
            return Ok(choice);
        }
    }
    Err(zbus::Error::Failure("the portal has gone".to_owned()))
}

/// All signals of the portal, and of the bus about it. Asked for before the dialog is, so that none is
/// missed.
async fn news_of_portal(connection: &Connection) -> zbus::Result<MessageStream> {
    let bus = zbus::fdo::DBusProxy::new(connection).await?;
    let response = MatchRule::builder()
        .msg_type(message::Type::Signal)
        .interface("org.freedesktop.portal.Request")?
        .build();
    let owner = MatchRule::builder()
        .msg_type(message::Type::Signal)
        .sender("org.freedesktop.DBus")?
        .member("NameOwnerChanged")?
        .arg(0, PORTAL)?
        .build();
    let news = MessageStream::from(connection);
    bus.add_match_rule(response).await?;
    bus.add_match_rule(owner).await?;
    Ok(news)
}

fn is_end_of_portal(message: &Message) -> bool {
    let header = message.header();
    if header.member().is_none_or(|it| it != "NameOwnerChanged") {
        return false;
    }
    let body = message.body().deserialize::<(String, String, String)>();
    body.is_ok_and(|(name, _, new_owner)| name == PORTAL && new_owner.is_empty())
}

/// What the dialog says when it closes; `None` for any other message.
fn choice_of(message: &Message) -> zbus::Result<Option<Choice>> {
    if message.header().member().is_none_or(|it| it != "Response") {
        return Ok(None);
    }
    let body = message.body();
    let (code, results): (u32, HashMap<String, OwnedValue>) = body.deserialize()?;
    Ok(Some(match code {
        0 => {
            let addresses = results.get("uris").cloned();
            let addresses: Vec<String> = match addresses {
                Some(addresses) => addresses.try_into().unwrap_or_default(),
                None => Vec::new(),
            };
            let path = addresses.first().map(|address| path_of_text(address));
            path.map_or(Choice::Impossible, Choice::Path)
        }
        1 => Choice::Closed,
        _ => Choice::Impossible,
    }))
}

fn options(request: &Request) -> HashMap<&'static str, Value<'_>> {
    let mut options = HashMap::from([("modal", true.into())]);
    if let Some(folder) = &request.folder {
        let mut bytes = folder.as_os_str().as_bytes().to_vec();
        bytes.push(0);
        options.insert("current_folder", bytes.into());
    }
    if let (Kind::Save, Some(name)) = (request.kind, &request.name) {
        options.insert("current_name", name.to_string_lossy().into_owned().into());
    }
    if request.kind == Kind::Folder {
        options.insert("directory", true.into());
    }
    let filters: Vec<(&str, Vec<(u32, String)>)> = request
        .filters
        .iter()
        .map(|(name, extensions)| {
            let patterns = extensions.iter().map(|it| (0, pattern(it)));
            (*name, patterns.collect())
        })
        .collect();
    if !filters.is_empty() {
        options.insert("filters", filters.into());
    }
    options
}

/// A pattern of file names. The portal's patterns tell `.MP4` from `.mp4`, cameras write both.
fn pattern(extension: &str) -> String {
    if extension == "*" {
        return extension.to_owned();
    }
    let either = |c: char| match c.is_ascii_alphabetic() {
        true => format!("[{}{}]", c.to_ascii_lowercase(), c.to_ascii_uppercase()),
        false => c.to_string(),
    };
    format!("*.{}", extension.chars().map(either).collect::<String>())
}

fn by_zenity(request: &Request) -> io::Result<Choice> {
    let mut command = Command::new("zenity");
    command.args(["--file-selection", "--title", request.title]);
    match request.kind {
        Kind::Open => &mut command,
        Kind::Save => command.args(["--save", "--confirm-overwrite"]),
        Kind::Folder => command.arg("--directory"),
    };
    let folder = request.folder.as_deref().unwrap_or(Path::new(""));
    let name = request
        .name
        .as_deref()
        .filter(|_| request.kind == Kind::Save);
    command.arg("--filename");
    command.arg(folder.join(name.unwrap_or(OsStr::new(""))));
    for (name, extensions) in &request.filters {
        let patterns: Vec<_> = extensions.iter().map(|it| pattern(it)).collect();
        let filter = format!("--file-filter={name} | {}", patterns.join(" "));
        command.arg(filter);
    }
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()?;
    let mut path = output.stdout;
    path.pop_if(|last| *last == b'\n');
    Ok(match output.status.code() {
        Some(0) if !path.is_empty() => Choice::Path(PathBuf::from(OsString::from_vec(path))),
        Some(1) => Choice::Closed,
        _ => Choice::Impossible,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_capitals_are_shown_too() {
        assert_eq!(pattern("mp4"), "*.[mM][pP]4");
        assert_eq!(pattern("*"), "*");
    }
}
