//! Numbers that come from a file.

/// Within the bounds; `otherwise` where it is infinite or not a number.
pub fn sensible(value: f64, low: f64, high: f64, otherwise: f64) -> f64 {
    if value.is_finite() {
        value.clamp(low, high)
    } else {
        otherwise
    }
}
