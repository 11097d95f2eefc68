//! The connection to the message bus, on a thread of its own.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use zbus::Connection;
use zbus::fdo::{RequestNameFlags, RequestNameReply};

use crate::app::action::Action;
use crate::app::desktop::inhibit::Inhibition;
use crate::app::desktop::mpris::{self, Player, Root, Wishes};
use crate::app::desktop::now::NowPlaying;
use crate::app::desktop::told::{Shared, Told, lock};

/// Whoever does not answer within this time is not there.
const PATIENCE: Duration = Duration::from_secs(10);

/// The playhead has jumped if it is further than this from where it would have come by itself.
const JUMP_SECS: f64 = 0.5;

/// What has changed, for the thread.
enum News {
    /// Something other than the position.
    Changed,
    Jumped(f64),
}

/// The desktop, as the window sees it. Dropping it takes everything back.
pub struct Link {
    shared: Shared,
    news: Sender<News>,
    wishes: Receiver<Action>,
}

impl Link {
    /// Joins the bus of the session, or the one at this address. Whether there is one shows later, and
    /// without one nothing happens. `wake` is called when somebody wishes something.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn join(bus: Option<&str>, wake: impl Fn() + Send + Sync + 'static) -> io::Result<Self> {
        let told = Told::new(NowPlaying::default(), 0.0);
        let shared = Arc::new(Mutex::new(told));
        let (news, incoming) = mpsc::channel();
        let (sender, wishes) = mpsc::channel();
        let outgoing = Wishes::new(sender, wake);
        let (bus, told) = (bus.map(str::to_owned), Arc::clone(&shared));
        let work = move || {
            let served = zbus::block_on(serve(bus.as_deref(), &told, outgoing, &incoming));
            if let Err(error) = served {
                log::info!("the desktop is not spoken to: {error}");
            }
        };
        thread::Builder::new()
            .name("desktop".to_owned())
            .spawn(work)?;
        Ok(Self {
            shared,
            news,
            wishes,
        })
    }

    /// Tells how things are now; called for each frame.
    pub fn tell(&mut self, now: NowPlaying, position_secs: f64) {
        let mut told = lock(&self.shared);
        let has_jumped = (position_secs - told.position_secs()).abs() > JUMP_SECS;
        let is_same_video = told.now.track == now.track;
        let has_changed = told.now != now;
        *told = Told::new(now, position_secs);
        drop(told);
        // Without a bus nobody listens.
        if has_changed {
            let _ = self.news.send(News::Changed);
        }
        if has_jumped && is_same_video {
            let _ = self.news.send(News::Jumped(position_secs));
        }
    }

    /// What was wished since the last call.
    pub fn wishes(&self) -> Vec<Action> {
        self.wishes.try_iter().collect()
    }
}

/// Connects to the bus of the session, or to another one.
pub async fn connect(bus: Option<&str>) -> zbus::Result<Connection> {
    let builder = match bus {
        Some(address) => zbus::connection::Builder::address(address)?,
        None => zbus::connection::Builder::session()?,
    };
    builder.method_timeout(PATIENCE).build().await
}

/// Until the window is gone. The thread waits for news without the executor, which zbus runs elsewhere.
async fn serve(
    bus: Option<&str>,
    shared: &Shared,
    wishes: Wishes,
    news: &Receiver<News>,
) -> zbus::Result<()> {
    let connection = connect(bus).await?;
    let server = connection.object_server();
    let player = Player::new(Arc::clone(shared), wishes.clone());
    server.at(mpris::PATH, player).await?;
    let root = Root::new(Arc::clone(shared), wishes);
    server.at(mpris::PATH, root).await?;
    take_name(&connection).await?;
    let mut inhibition = Inhibition::default();
    let mut announced = NowPlaying::default();
    while let Ok(item) = news.recv() {
        match item {
            News::Changed => {
                let now = lock(shared).now.clone();
                mpris::announce(&connection, &announced, &now).await?;
                inhibition.set(&connection, now.is_playing).await;
                announced = now;
            }
            News::Jumped(position_secs) => mpris::announce_jump(&connection, position_secs).await?,
        }
    }
    inhibition.set(&connection, false).await;
    Ok(())
}

/// The name of the program, or where another window has it, one with the number of this process.
async fn take_name(connection: &Connection) -> zbus::Result<()> {
    let flags = RequestNameFlags::DoNotQueue.into();
    let taken = connection.request_name_with_flags(mpris::NAME, flags).await;
    if matches!(taken, Ok(RequestNameReply::PrimaryOwner)) {
        return Ok(());
    }
    let another = format!("{}.instance{}", mpris::NAME, std::process::id());
    connection.request_name_with_flags(another, flags).await?;
    Ok(())
}
