//! The neural parts: devices, image preprocessing, the CLIP encoder, the prompt learner, the moment
//! head.
//!
//! Everything about a model comes from its directory in Hugging Face CLIP layout; the code knows no
//! model by name. Pixels and embeddings cross this module's border as plain `f32` buffers, so that
//! tensors and devices stay inside.

pub mod device;
pub mod encoder;
pub mod moment_head;
mod parameter;
pub mod preprocess;
pub mod prompt;
pub mod prompt_learner;

pub use device::{ComputeDevice, DeviceChoice, quiet_gpu_panics};
pub use encoder::{BUNDLED, Encoder, ModelError, ModelFiles, ModelId, ModelInfo};
pub use parameter::try_to_vec;
pub use preprocess::{Pixels, Preprocess};
pub use prompt::{BaseModel, HeldOutScores, Prompt, PromptError, PromptMetadata};
