//! Planes of a frame as textures, and the pipeline that draws them (`shaders/yuv_to_rgb.wgsl`).

use std::num::NonZeroU64;

use crate::app::video_view::colour::{SampleRange, luma_weights, stored_from_display};
use crate::video::Orientation;
use crate::video::player::{ColourMatrix, PlaneFormat, Transfer, VideoFrame};

const SHADER: &str = include_str!("../../../shaders/yuv_to_rgb.wgsl");

const N_PLANES: usize = 3;

/// A picture in memory.
pub struct Planes<'a> {
    pub format: PlaneFormat,
    pub matrix: ColourMatrix,
    pub is_full_range: bool,
    pub transfer: Transfer,
    pub orientation: Orientation,
    /// Luma first.
    pub planes: Vec<Plane<'a>>,
}

pub struct Plane<'a> {
    pub bytes: &'a [u8],
    pub bytes_per_row: usize,
    /// Texels: samples, or pairs of them.
    pub width: u32,
    pub height: u32,
}

impl<'a> Planes<'a> {
    pub fn of(frame: &'a VideoFrame) -> Self {
        let planes = (0..frame.n_planes().min(N_PLANES))
            .map(|i| {
                let (bytes, bytes_per_row) = frame.plane(i);
                let (width, height) = frame.plane_size(i);
                Plane {
                    bytes,
                    bytes_per_row,
                    width,
                    height,
                }
            })
            .collect();
        Self {
            format: frame.format(),
            matrix: frame.colour_matrix(),
            is_full_range: frame.is_full_range(),
            transfer: frame.transfer(),
            orientation: frame.orientation(),
            planes,
        }
    }
}

/// As in the shader.
#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    stored_x: [f32; 4],
    stored_y: [f32; 4],
    from_bytes: [f32; 2],
    red_weight: f32,
    blue_weight: f32,
    luma_offset: f32,
    luma_scale: f32,
    chroma_offset: f32,
    chroma_scale: f32,
    is_interleaved: u32,
    is_target_linear: u32,
    transfer: u32,
    padding: u32,
}

/// Textures of one size and format.
struct Textures {
    format: PlaneFormat,
    planes: Vec<wgpu::Texture>,
    bind_group: wgpu::BindGroup,
}

/// Keeps the last uploaded picture on the GPU and draws it.
pub struct VideoPainter {
    pipeline: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
    sampler: wgpu::Sampler,
    params: wgpu::Buffer,
    is_target_linear: bool,
    textures: Option<Textures>,
}

impl VideoPainter {
    /// For a target of this format.
    pub fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("yuv_to_rgb"),
            source: wgpu::ShaderSource::Wgsl(SHADER.into()),
        });
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("video planes"),
            entries: &[
                layout_entry(
                    0,
                    wgpu::BindingType::Buffer {
                        ty: wgpu::BufferBindingType::Uniform,
                        has_dynamic_offset: false,
                        min_binding_size: NonZeroU64::new(size_of::<Params>() as u64),
                    },
                ),
                layout_entry(
                    1,
                    wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering),
                ),
                layout_entry(2, PLANE_BINDING),
                layout_entry(3, PLANE_BINDING),
                layout_entry(4, PLANE_BINDING),
            ],
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("video"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("video"),
            layout: Some(&pipeline_layout),
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("vs_main"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                buffers: &[],
            },
            primitive: wgpu::PrimitiveState::default(),
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some("fs_main"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                targets: &[Some(target.into())],
            }),
            multiview_mask: None,
            cache: None,
        });
        let sampler = device.create_sampler(&wgpu::SamplerDescriptor {
            label: Some("video planes"),
            mag_filter: wgpu::FilterMode::Linear,
            min_filter: wgpu::FilterMode::Linear,
            ..wgpu::SamplerDescriptor::default()
        });
        let params = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("video parameters"),
            size: size_of::<Params>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self {
            pipeline,
            layout,
            sampler,
            params,
            is_target_linear: target.is_srgb(),
            textures: None,
        }
    }

    /// Makes this the picture that is drawn. Planes that are shorter than they say are ignored.
    pub fn upload(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, picture: &Planes<'_>) {
        let is_whole = picture.planes.len() >= n_planes(picture.format)
            && picture.planes.iter().enumerate().all(|(i, plane)| {
                let row_bytes = plane.width as usize * texel_bytes(picture.format, i > 0);
                let last_row = plane.bytes_per_row * (plane.height.max(1) as usize - 1);
                plane.width > 0
                    && plane.height > 0
                    && plane.bytes_per_row >= row_bytes
                    && plane.bytes.len() >= last_row + row_bytes
            });
        if !is_whole {
            log::warn!("a video frame is smaller than it says and is not shown");
            return;
        }
        let fits = self.textures.as_ref().is_some_and(|textures| {
            textures.format == picture.format
                && textures
                    .planes
                    .iter()
                    .zip(&picture.planes)
                    .all(|(texture, plane)| {
                        (texture.width(), texture.height()) == (plane.width, plane.height)
                    })
        });
        if !fits {
            self.textures = Some(self.textures_for(device, picture));
        }
        queue.write_buffer(
            &self.params,
            0,
            bytemuck::bytes_of(&self.params_of(picture)),
        );
        let Some(textures) = &self.textures else {
            return;
        };
        for (texture, plane) in textures.planes.iter().zip(&picture.planes) {
            queue.write_texture(
                texture.as_image_copy(),
                plane.bytes,
                wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: u32::try_from(plane.bytes_per_row).ok(),
                    rows_per_image: None,
                },
                texture.size(),
            );
        }
    }

    /// Fills the viewport with the picture, if there is one.
    pub fn paint(&self, pass: &mut wgpu::RenderPass<'_>) {
        let Some(textures) = &self.textures else {
            return;
        };
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &textures.bind_group, &[]);
        pass.draw(0..6, 0..1);
    }

    fn textures_for(&self, device: &wgpu::Device, picture: &Planes<'_>) -> Textures {
        let planes: Vec<_> = picture
            .planes
            .iter()
            .take(n_planes(picture.format))
            .enumerate()
            .map(|(i, plane)| {
                device.create_texture(&wgpu::TextureDescriptor {
                    label: Some("video plane"),
                    size: wgpu::Extent3d {
                        width: plane.width,
                        height: plane.height,
                        depth_or_array_layers: 1,
                    },
                    mip_level_count: 1,
                    sample_count: 1,
                    dimension: wgpu::TextureDimension::D2,
                    format: if texel_bytes(picture.format, i > 0) == 2 {
                        wgpu::TextureFormat::Rg8Unorm
                    } else {
                        wgpu::TextureFormat::R8Unorm
                    },
                    usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
                    view_formats: &[],
                })
            })
            .collect();
        let views: Vec<_> = planes
            .iter()
            .map(|plane| plane.create_view(&wgpu::TextureViewDescriptor::default()))
            .collect();
        // With interleaved chroma the third binding is there but not looked at.
        let view = |i: usize| {
            let view = views.get(i).or(views.last());
            // `upload` saw at least two planes.
            wgpu::BindingResource::TextureView(view.unwrap_or(&views[0]))
        };
        let entry = |binding, resource| wgpu::BindGroupEntry { binding, resource };
        let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("video planes"),
            layout: &self.layout,
            entries: &[
                entry(0, self.params.as_entire_binding()),
                entry(1, wgpu::BindingResource::Sampler(&self.sampler)),
                entry(2, view(0)),
                entry(3, view(1)),
                entry(4, view(2)),
            ],
        });
        Textures {
            format: picture.format,
            planes,
            bind_group,
        }
    }

    fn params_of(&self, picture: &Planes<'_>) -> Params {
        let [x, y] = stored_from_display(picture.orientation);
        let (red_weight, blue_weight) = luma_weights(picture.matrix);
        let range = SampleRange::of(picture.format, picture.is_full_range);
        Params {
            stored_x: [x[0], x[1], x[2], 0.0],
            stored_y: [y[0], y[1], y[2], 0.0],
            from_bytes: match picture.format {
                PlaneFormat::I420 | PlaneFormat::Nv12 => [1.0, 0.0],
                // Low byte first; filtering both bytes alike filters their sum.
                PlaneFormat::I420p10 => [255.0 / 1023.0, 255.0 * 256.0 / 1023.0],
            },
            red_weight,
            blue_weight,
            luma_offset: range.luma_offset,
            luma_scale: range.luma_scale,
            chroma_offset: range.chroma_offset,
            chroma_scale: range.chroma_scale,
            is_interleaved: u32::from(picture.format == PlaneFormat::Nv12),
            is_target_linear: u32::from(self.is_target_linear),
            transfer: match picture.transfer {
                Transfer::Ordinary => 0,
                Transfer::Pq => 1,
                Transfer::Hlg => 2,
            },
            padding: 0,
        }
    }
}

const PLANE_BINDING: wgpu::BindingType = wgpu::BindingType::Texture {
    sample_type: wgpu::TextureSampleType::Float { filterable: true },
    view_dimension: wgpu::TextureViewDimension::D2,
    multisampled: false,
};

fn layout_entry(binding: u32, ty: wgpu::BindingType) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::FRAGMENT,
        ty,
        count: None,
    }
}

fn n_planes(format: PlaneFormat) -> usize {
    match format {
        PlaneFormat::Nv12 => 2,
        PlaneFormat::I420 | PlaneFormat::I420p10 => 3,
    }
}

fn texel_bytes(format: PlaneFormat, is_chroma: bool) -> usize {
    match format {
        PlaneFormat::I420 => 1,
        PlaneFormat::Nv12 => 1 + usize::from(is_chroma),
        PlaneFormat::I420p10 => 2,
    }
}

#[cfg(test)]
mod tests;
