//! The encoder against golden numbers made with transformers, open_clip, Pillow and tokenizers.

mod clip;
mod goldens;
mod open_clip;
mod siglip;
mod text_towers;

#[path = "../support/gpu.rs"]
mod gpu;

use vcl::model::ComputeDevice;

/// The GPU code on wgpu's software adapter. One test, because all GPU work stays on one thread.
#[test]
fn everything_agrees_on_wgpu() {
    let Some(device) = ComputeDevice::software_gpu() else {
        gpu::skip_without_adapter();
        return;
    };
    println!("on {device}");
    clip::check_on_gpu(&device);
    siglip::check_on_gpu(&device);
    open_clip::check_on_gpu(&device);
    text_towers::check_on_gpu(&device);
}
