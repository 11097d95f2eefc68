//! Opening videos, and writing what was found.

use crate::app::action::{File, Find, Library};
use crate::app::effect::{Content, Effect};
use crate::app::session::Session;
use crate::app::session::shelf::Arrival;
use crate::app::shot::Shot;
use crate::app::wish::Wish;
use crate::engine::is_picture_name;
use crate::video::is_video_name;
use crate::worker::{CutTarget, ToCut};

impl Session {
    pub(super) fn perform_file(&mut self, action: File, effects: &mut Vec<Effect>) {
        match action {
            File::Choose => effects.push(self.ask(Wish::Video)),
            File::Open(path) => {
                self.note_place();
                self.opening = Some(path.clone());
                effects.push(Effect::OpenVideo(path));
            }
            File::Drop(paths) => match &paths[..] {
                [path] if is_picture_name(path) => {
                    effects.extend(self.perform(Find::Shot(Shot::File(path.clone())).into()));
                }
                [path] if is_video_name(path) => {
                    effects.extend(self.perform(File::Open(path.clone()).into()));
                }
                [path] => effects.push(Effect::LookAtDropped(path.clone())),
                _ => effects.extend(self.perform(Library::Add(paths).into())),
            },
            File::Reload => {
                let Some(video) = &self.video else { return };
                let path = video.path.clone();
                self.shelf.arrival = Some(Arrival {
                    path: path.clone(),
                    time_secs: self.playback.position_secs,
                    is_origin: self.shelf.is_origin,
                });
                self.opening = Some(path.clone());
                effects.push(Effect::OpenVideo(path));
            }
            File::ForgetRecent => {
                self.settings.recent.clear();
                self.settings.places.clear();
                effects.push(Effect::SaveSettings);
            }
            File::OpenDemo(query) => {
                effects.push(Effect::OpenDemo);
                if let Some(query) = query {
                    effects.extend(self.perform(Find::Ask(query.to_owned()).into()));
                }
            }
            File::ShowInFolder(path) => effects.push(Effect::ShowInFolder(path)),
            File::ExportScope(scope) => self.export.scope = scope,
            File::ExportTop(top) => self.export.top = top,
            File::ExportShaping(shaping) => self.export.shaping = shaping,
            File::ExportOrder(order) => self.export.order = order,
            File::ExportExactly(is_exact) => self.export.is_exact = is_exact,
            File::ExportNames(template) => self.export.names = template,
            File::Export(format) => {
                if self.can_export() {
                    effects.push(self.ask(Wish::ExportTo(format)));
                }
            }
            File::ExportTo(format, file) if self.shows_library() => {
                if let Some(found) = self.export_from_all() {
                    effects.push(self.write(file, Content::FromAll(format, found)));
                }
            }
            File::ExportTo(format, file) => {
                if let Some(document) = self.export_document() {
                    let moments = Content::Moments(format, Box::new(document));
                    effects.push(self.write(file, moments));
                }
            }
            File::ExportCuts => {
                if self.can_export() {
                    effects.push(self.ask(Wish::CutInto));
                }
            }
            File::CutInto(dir) => {
                let options = self.export.cut_options();
                effects.extend(self.cut(CutTarget::Folder(dir, options)));
            }
            File::ExportJoined => {
                if self.can_export() {
                    effects.push(self.ask(Wish::JoinInto));
                }
            }
            File::JoinInto(file) => effects.extend(self.cut(CutTarget::Joined(file))),
            File::CancelCuts => effects.push(Effect::CancelCuts),
        }
    }

    fn cut(&self, target: CutTarget) -> Option<Effect> {
        let what = match self.shows_library() {
            true => ToCut::Several(self.export_from_all()?),
            false => ToCut::One(Box::new(self.export_document()?)),
        };
        Some(Effect::Cut(what, target))
    }
}
