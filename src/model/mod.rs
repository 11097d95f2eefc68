//! The neural parts: devices, image preprocessing, the CLIP encoder.
//!
//! Everything about a model comes from its directory in Hugging Face CLIP layout; the code knows no
//! model by name. Pixels and embeddings cross this module's border as plain `f32` buffers, so that
//! tensors and devices stay inside.

pub mod device;
pub mod encoder;
pub mod preprocess;

pub use device::{ComputeDevice, DeviceChoice};
pub use encoder::{BUNDLED, Encoder, ModelError, ModelFiles, ModelId, ModelInfo};
pub use preprocess::{Pixels, Preprocess};
