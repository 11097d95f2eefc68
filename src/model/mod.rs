//! The neural parts: devices, image preprocessing, the encoder, the prompt learner, the moment head,
//! moment detectors.
//!
//! Everything about a model comes from its directory in Hugging Face layout; the code knows families
//! of models, but no model by name. Pixels and embeddings cross this module's border as plain `f32`
//! buffers, so that tensors and devices stay inside.

pub mod detector;
pub mod device;
pub mod encoder;
mod error;
pub mod moment_head;
mod parameter;
pub mod preprocess;
pub mod prompt;
pub mod prompt_learner;
pub(crate) mod side_by_side;
pub(crate) mod tensor_file;

pub use detector::{DetectorError, MomentDetector};
pub use device::{ComputeDevice, DeviceChoice, quiet_gpu_panics};
pub use encoder::{BUNDLED, Calibration, Encoder, ModelFiles, ModelId, ModelInfo, TextFiles};
pub use error::ModelError;
pub use parameter::try_to_vec;
pub use preprocess::{Framing, Pixels, Preprocess};
pub use prompt::{BaseModel, HeldOutScores, Prompt, PromptError, PromptMetadata};
