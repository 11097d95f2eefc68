// Draws a video frame from its planes. Owned by src/app/video_view/gpu.rs; its plain twin is
// src/app/video_view/colour.rs, and a test there compares the two.

struct Params {
    // Stored from display coordinates, both 0…1 from the top left: dot(row, vec3(s, t, 1)).
    stored_x: vec4f,
    stored_y: vec4f,
    // A sample of 0…1 from the two bytes that a texel holds.
    from_bytes: vec2f,
    // Weights of red and blue in luma.
    red_weight: f32,
    blue_weight: f32,
    // Black and neutral chroma as samples, and what their ranges are stretched by.
    luma_offset: f32,
    luma_scale: f32,
    chroma_offset: f32,
    chroma_scale: f32,
    // 1 when chroma comes as pairs in one plane.
    is_interleaved: u32,
    // 1 when the target takes linear light.
    is_target_linear: u32,
    // How values stand for light: 0 as for ordinary screens, 1 PQ, 2 HLG.
    transfer: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var plane_sampler: sampler;
@group(0) @binding(2) var luma: texture_2d<f32>;
@group(0) @binding(3) var first_chroma: texture_2d<f32>;
@group(0) @binding(4) var second_chroma: texture_2d<f32>;

struct Corner {
    @builtin(position) position: vec4f,
    // 0…1 from the top left of the picture as it is shown.
    @location(0) display: vec2f,
}

@vertex
fn vs_main(@builtin(vertex_index) index: u32) -> Corner {
    // Two triangles over the viewport.
    var corners = array<vec2f, 6>(
        vec2f(0.0, 0.0), vec2f(1.0, 0.0), vec2f(0.0, 1.0),
        vec2f(0.0, 1.0), vec2f(1.0, 0.0), vec2f(1.0, 1.0),
    );
    let display = corners[index];
    var corner: Corner;
    corner.display = display;
    corner.position = vec4f(2.0 * display.x - 1.0, 1.0 - 2.0 * display.y, 0.0, 1.0);
    return corner;
}

fn rgb_from_yuv(y: f32, cb: f32, cr: f32) -> vec3f {
    let light = (y - params.luma_offset) * params.luma_scale;
    let blue_difference = (cb - params.chroma_offset) * params.chroma_scale;
    let red_difference = (cr - params.chroma_offset) * params.chroma_scale;
    let red = light + 2.0 * (1.0 - params.red_weight) * red_difference;
    let blue = light + 2.0 * (1.0 - params.blue_weight) * blue_difference;
    let green_weight = 1.0 - params.red_weight - params.blue_weight;
    // Luma is the weighted sum of the three, so green is what is left of it.
    let green = (light - params.red_weight * red - params.blue_weight * blue) / green_weight;
    return clamp(vec3f(red, green, blue), vec3f(0.0), vec3f(1.0));
}

// As in src/video/file/transfer.rs, which has the sources of the numbers.
fn light_from_signal(signal: vec3f) -> vec3f {
    if params.transfer == 1u {
        let root = pow(signal, vec3f(32.0 / 2523.0));
        let above = max(root - 3424.0 / 4096.0, vec3f(0.0));
        let light = pow(above / (2413.0 / 128.0 - 2392.0 / 128.0 * root), vec3f(16384.0 / 2610.0));
        return light * (10000.0 / 203.0);
    }
    let low = signal * signal / 3.0;
    let high = (exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12.0;
    return select(high, low, signal <= vec3f(0.5));
}

fn ordinary_from_stored(signal: vec3f) -> vec3f {
    let light = light_from_signal(signal);
    var gain = 1.0;
    if params.transfer == 2u {
        // What the screen adds depends on the brightness of the whole pixel.
        gain = pow(dot(light, vec3f(0.2627, 0.678, 0.0593)), 0.2) * (1000.0 / 203.0);
    }
    let linear = gain * vec3f(
        dot(light, vec3f(1.6605, -0.5876, -0.0728)),
        dot(light, vec3f(-0.1246, 1.1329, -0.0083)),
        dot(light, vec3f(-0.0182, -0.1006, 1.1187)),
    );
    // What is brighter than 0.8 of white comes ever nearer to white.
    let bright = 0.8 + 0.2 * (1.0 - exp((0.8 - linear) / 0.4));
    let shown = select(bright, max(linear, vec3f(0.0)), linear <= vec3f(0.8));
    let low = 4.5 * shown;
    let high = 1.099 * pow(shown, vec3f(0.45)) - 0.099;
    return select(high, low, shown < vec3f(0.018));
}

fn linear_from_gamma(gamma: vec3f) -> vec3f {
    let low = gamma / 12.92;
    let high = pow((gamma + 0.055) / 1.055, vec3f(2.4));
    return select(high, low, gamma <= vec3f(0.04045));
}

@fragment
fn fs_main(corner: Corner) -> @location(0) vec4f {
    let display = vec3f(corner.display, 1.0);
    let at = vec2f(dot(params.stored_x.xyz, display), dot(params.stored_y.xyz, display));
    let y = dot(textureSample(luma, plane_sampler, at).rg, params.from_bytes);
    let first = textureSample(first_chroma, plane_sampler, at).rg;
    let second = textureSample(second_chroma, plane_sampler, at).rg;
    var chroma = vec2f(dot(first, params.from_bytes), dot(second, params.from_bytes));
    if params.is_interleaved == 1u {
        chroma = first;
    }
    var rgb = rgb_from_yuv(y, chroma.x, chroma.y);
    if params.transfer != 0u {
        rgb = ordinary_from_stored(rgb);
    }
    if params.is_target_linear == 1u {
        rgb = linear_from_gamma(rgb);
    }
    return vec4f(rgb, 1.0);
}
