//! The picture of the video: letterboxed, upright, drawn from its planes on the GPU.
//!
//! It does not decide which frame is shown: it draws the newest one it is given, and the last one
//! again while none comes.

mod colour;
mod gpu;
mod part;
mod unseen;

use std::sync::Arc;

use egui::{Rect, Sense, Ui, Vec2};

use crate::app::action::{Actions, Play, View};
use crate::app::session::Session;
use crate::app::theme::Palette;
use crate::video::player::VideoFrame;

use gpu::{Planes, VideoPainter};

/// The newest frame, numbered so that each is uploaded once.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    frame: Option<Arc<VideoFrame>>,
    number: u64,
}

impl Picture {
    /// Shows this frame from now on.
    pub fn show(&mut self, frame: VideoFrame) {
        self.frame = Some(Arc::new(frame));
        self.number += 1;
    }

    /// Shows nothing until the next frame.
    pub fn clear(&mut self) {
        self.frame = None;
    }

    /// What is shown.
    pub fn frame(&self) -> Option<Arc<VideoFrame>> {
        self.frame.clone()
    }

    /// When the shown frame begins.
    pub fn time_secs(&self) -> Option<f64> {
        self.frame.as_ref().map(|frame| frame.time_secs())
    }
}

/// What the renderer keeps between frames.
struct Resources {
    painter: VideoPainter,
    uploaded: Option<u64>,
}

/// Prepares the renderer; without one the window has no picture, only everything else.
pub fn install(render_state: &egui_wgpu::RenderState) {
    let painter = VideoPainter::new(&render_state.device, render_state.target_format);
    let mut renderer = render_state.renderer.write();
    renderer.callback_resources.insert(Resources {
        painter,
        uploaded: None,
    });
}

struct Callback(Picture);

impl egui_wgpu::CallbackTrait for Callback {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        _screen: &egui_wgpu::ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        resources: &mut egui_wgpu::CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        let Some(resources) = resources.get_mut::<Resources>() else {
            return Vec::new();
        };
        if let Some(frame) = &self.0.frame
            && resources.uploaded != Some(self.0.number)
        {
            resources.painter.upload(device, queue, &Planes::of(frame));
            resources.uploaded = Some(self.0.number);
        }
        Vec::new()
    }

    fn paint(
        &self,
        _info: egui::PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        resources: &egui_wgpu::CallbackResources,
    ) {
        if let Some(resources) = resources.get::<Resources>() {
            resources.painter.paint(pass);
        }
    }
}

/// The largest rectangle of this shape within `area`, centred.
pub fn letterboxed(area: Rect, width: f32, height: f32) -> Rect {
    if width <= 0.0 || height <= 0.0 {
        return area;
    }
    let scale = (area.width() / width).min(area.height() / height);
    Rect::from_center_size(area.center(), scale * Vec2::new(width, height))
}

/// Fills what is left of `ui`. A click plays or pauses, a double click goes to fullscreen; while a part
/// of the picture is to be drawn, a drag draws it.
pub fn ui(ui: &mut Ui, session: &Session, picture: &Picture, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let area = ui.available_rect_before_wrap();
    let draws_part = session.view().draws_part;
    let sense = if draws_part {
        Sense::click_and_drag()
    } else {
        Sense::click()
    };
    let response = ui.allocate_rect(area, sense);
    let name = session.video().map_or_else(
        || "Video".to_owned(),
        |video| format!("Video {}", video.name()),
    );
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Video, true, &name));
    ui.painter()
        .rect_filled(area, 0.0, palette.video_background);
    if let Some(frame) = &picture.frame {
        let (width, height) = frame.display_size();
        let target = letterboxed(area, width as f32, height as f32);
        ui.painter().add(egui_wgpu::Callback::new_paint_callback(
            target,
            Callback(picture.clone()),
        ));
        let stands_still = !session.playback().is_playing;
        if stands_still && session.settings().dims_unseen && session.sees_middle_only() {
            unseen::paint(ui, target);
        }
        if draws_part {
            return part::ui(ui, &response, target, actions);
        }
        part::menu(&response, actions);
    }
    if response.double_clicked() {
        actions.push(View::ToggleFullscreen);
    } else if response.clicked() {
        actions.push(Play::Toggle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_keep_their_shape() {
        let area = Rect::from_min_size(egui::pos2(10.0, 0.0), egui::vec2(200.0, 100.0));
        let wide = letterboxed(area, 400.0, 100.0);
        assert_eq!(wide.size(), egui::vec2(200.0, 50.0));
        assert_eq!(wide.center(), area.center());
        let tall = letterboxed(area, 90.0, 180.0);
        assert_eq!(tall.size(), egui::vec2(50.0, 100.0));
    }
}
