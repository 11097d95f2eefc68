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
    if params.is_target_linear == 1u {
        rgb = linear_from_gamma(rgb);
    }
    return vec4f(rgb, 1.0);
}
