use super::*;
use crate::app::video_view::colour::twin;

/// Wide enough that rows of the copy need no padding.
const SIDE: u32 = 64;

/// The software rasteriser that the tests of the window need anyway.
fn device() -> (wgpu::Device, wgpu::Queue) {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let adapter = adapters
        .into_iter()
        .min_by_key(|adapter| u8::from(adapter.get_info().device_type != wgpu::DeviceType::Cpu))
        .expect("a Vulkan driver, such as lavapipe of mesa-vulkan-drivers");
    pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor::default()))
        .expect("the adapter gives a device")
}

/// Draws into `[SIDE, SIDE]` and reads back RGBA.
fn drawn(picture: &Planes<'_>) -> Vec<[u8; 4]> {
    let (device, queue) = device();
    let format = wgpu::TextureFormat::Rgba8Unorm;
    let mut painter = VideoPainter::new(&device, format);
    painter.upload(&device, &queue, picture);
    let target = device.create_texture(&wgpu::TextureDescriptor {
        label: None,
        size: wgpu::Extent3d {
            width: SIDE,
            height: SIDE,
            depth_or_array_layers: 1,
        },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    });
    let view = target.create_view(&wgpu::TextureViewDescriptor::default());
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: u64::from(SIDE * SIDE * 4),
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    {
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: None,
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations::default(),
            })],
            depth_stencil_attachment: None,
            timestamp_writes: None,
            occlusion_query_set: None,
            multiview_mask: None,
        });
        painter.paint(&mut pass);
    }
    encoder.copy_texture_to_buffer(
        target.as_image_copy(),
        wgpu::TexelCopyBufferInfo {
            buffer: &buffer,
            layout: wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(SIDE * 4),
                rows_per_image: None,
            },
        },
        target.size(),
    );
    queue.submit([encoder.finish()]);
    buffer.map_async(wgpu::MapMode::Read, .., |outcome| outcome.unwrap());
    device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
    let bytes = buffer.get_mapped_range(..).unwrap();
    bytes
        .chunks_exact(4)
        .map(|pixel| [pixel[0], pixel[1], pixel[2], pixel[3]])
        .collect()
}

/// A different colour in each block of 8 × 8 pixels: samples of 0…1.
fn samples_at(x: u32, y: u32) -> [f32; 3] {
    let (column, row) = ((x / 8) as f32, (y / 8) as f32);
    [
        (column + 8.0 * row) / 63.0,
        ((3.0 * column + row) % 8.0) / 7.0,
        ((column + 5.0 * row) % 8.0) / 7.0,
    ]
}

fn stored(value: f32, format: PlaneFormat) -> Vec<u8> {
    match format {
        PlaneFormat::I420p10 => ((value * 1023.0).round() as u16).to_le_bytes().to_vec(),
        PlaneFormat::I420 | PlaneFormat::Nv12 => vec![(value * 255.0).round() as u8],
    }
}

fn plane_bytes(format: PlaneFormat, step: u32, channels: &[usize], padding: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for y in (0..SIDE).step_by(step as usize) {
        for x in (0..SIDE).step_by(step as usize) {
            for &channel in channels {
                bytes.extend(stored(samples_at(x, y)[channel], format));
            }
        }
        bytes.extend(vec![0xee; padding]);
    }
    bytes
}

#[test]
fn the_shader_agrees_with_its_plain_twin() {
    const PADDING: usize = 12;
    for format in [PlaneFormat::I420, PlaneFormat::Nv12, PlaneFormat::I420p10] {
        let buffers = match format {
            PlaneFormat::Nv12 => vec![(1, vec![0]), (2, vec![1, 2])],
            _ => vec![(1, vec![0]), (2, vec![1]), (2, vec![2])],
        };
        let buffers: Vec<_> = buffers
            .into_iter()
            .map(|(step, channels)| (SIDE / step, plane_bytes(format, step, &channels, PADDING)))
            .collect();
        for matrix in [
            ColourMatrix::Bt601,
            ColourMatrix::Bt709,
            ColourMatrix::Bt2020,
        ] {
            for is_full_range in [false, true] {
                let planes = buffers
                    .iter()
                    .map(|(side, bytes)| Plane {
                        bytes,
                        bytes_per_row: bytes.len() / *side as usize,
                        width: *side,
                        height: *side,
                    })
                    .collect();
                let picture = Planes {
                    format,
                    matrix,
                    is_full_range,
                    transfer: Transfer::Ordinary,
                    orientation: Orientation::default(),
                    planes,
                };
                let pixels = drawn(&picture);
                // The middle of each block, which no neighbour is filtered into.
                for y in (4..SIDE).step_by(8) {
                    for x in (4..SIDE).step_by(8) {
                        let most = if format == PlaneFormat::I420p10 {
                            1023.0
                        } else {
                            255.0
                        };
                        let samples = samples_at(x, y).map(|value| (value * most).round() / most);
                        let expected = twin::rgb_from_yuv(samples, format, matrix, is_full_range);
                        let pixel = pixels[(y * SIDE + x) as usize];
                        for (drawn, expected) in pixel.iter().zip(expected) {
                            let difference = f32::from(*drawn) - 255.0 * expected;
                            assert!(
                                difference.abs() <= 1.5,
                                "{format:?} {matrix:?} full {is_full_range} at {x}, {y}: \
                                 {pixel:?}, expected {expected}"
                            );
                        }
                        assert_eq!(pixel[3], 255);
                    }
                }
            }
        }
    }
}

#[test]
fn a_picture_is_drawn_upright() {
    // White above, black below; neutral chroma.
    let luma: Vec<u8> = (0..SIDE * SIDE)
        .map(|i| if i / SIDE < SIDE / 2 { 255 } else { 0 })
        .collect();
    let chroma = vec![128; (SIDE * SIDE / 4) as usize];
    // After a clockwise quarter turn the top is at the right.
    for (quarter_turns, (x, y)) in [
        (0, (SIDE / 2, 4)),
        (1, (SIDE - 4, SIDE / 2)),
        (2, (SIDE / 2, SIDE - 4)),
        (3, (4, SIDE / 2)),
    ] {
        let plane = |bytes, side: u32| Plane {
            bytes,
            bytes_per_row: side as usize,
            width: side,
            height: side,
        };
        let picture = Planes {
            format: PlaneFormat::I420,
            matrix: ColourMatrix::Bt709,
            is_full_range: true,
            transfer: Transfer::Ordinary,
            orientation: Orientation {
                mirrored: false,
                quarter_turns,
            },
            planes: vec![
                plane(luma.as_slice(), SIDE),
                plane(chroma.as_slice(), SIDE / 2),
                plane(chroma.as_slice(), SIDE / 2),
            ],
        };
        let pixels = drawn(&picture);
        let at = |x: u32, y: u32| pixels[(y * SIDE + x) as usize][0];
        assert!(at(x, y) > 250, "{quarter_turns} turns: white");
        let (other_x, other_y) = (SIDE - 1 - x, SIDE - 1 - y);
        assert!(at(other_x, other_y) < 5, "{quarter_turns} turns: black");
    }
}

#[test]
fn a_frame_that_lies_about_its_size_is_not_shown() {
    let picture = Planes {
        format: PlaneFormat::I420,
        matrix: ColourMatrix::Bt709,
        is_full_range: true,
        transfer: Transfer::Ordinary,
        orientation: Orientation::default(),
        planes: vec![Plane {
            bytes: &[0; 16],
            bytes_per_row: 64,
            width: 64,
            height: 64,
        }],
    };
    assert!(drawn(&picture).iter().all(|pixel| *pixel == [0; 4]));
}

#[test]
fn high_dynamic_range_is_shown_as_the_sampler_sees_it() {
    // Every luma with three colours, 10 bits.
    let samples = |x: u32, y: u32| {
        let luma = 64.0 + f32::from((y / 8 * 8 + x / 8) as u8) * 876.0 / 63.0;
        let chroma = [[512.0, 512.0], [420.0, 600.0], [560.0, 470.0]][(x / 8 % 3) as usize];
        [luma.round(), chroma[0], chroma[1]].map(|value| value / 1023.0)
    };
    let plane = |step: u32, channel: usize| {
        let mut bytes = Vec::new();
        for y in (0..SIDE).step_by(step as usize) {
            for x in (0..SIDE).step_by(step as usize) {
                let value = (samples(x, y)[channel] * 1023.0).round() as u16;
                bytes.extend(value.to_le_bytes());
            }
        }
        bytes
    };
    let buffers = [(1, plane(1, 0)), (2, plane(2, 1)), (2, plane(2, 2))];
    for transfer in [Transfer::Pq, Transfer::Hlg] {
        let planes = buffers.iter().map(|(step, bytes)| Plane {
            bytes,
            bytes_per_row: 2 * (SIDE / step) as usize,
            width: SIDE / step,
            height: SIDE / step,
        });
        let picture = Planes {
            format: PlaneFormat::I420p10,
            matrix: ColourMatrix::Bt2020,
            is_full_range: false,
            transfer,
            orientation: Orientation::default(),
            planes: planes.collect(),
        };
        let pixels = drawn(&picture);
        let (format, matrix) = (picture.format, picture.matrix);
        for y in (4..SIDE).step_by(8) {
            for x in (4..SIDE).step_by(8) {
                let stored = twin::rgb_from_yuv(samples(x, y), format, matrix, false);
                let expected = transfer.to_ordinary(stored.map(f64::from));
                let pixel = pixels[(y * SIDE + x) as usize];
                for (drawn, expected) in pixel.iter().zip(expected) {
                    let difference = f64::from(*drawn) - 255.0 * expected;
                    assert!(
                        difference.abs() <= 2.0,
                        "{transfer:?} at {x}, {y}: {pixel:?}, expected {expected}"
                    );
                }
            }
        }
    }
}
