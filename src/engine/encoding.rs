//! Encoding that survives its device: a GPU with too little memory gets smaller batches, one that
//! fails altogether is left for the CPU.

use crate::domain::UnitVector;
use crate::engine::{Engine, EngineError, Notice};
use crate::model::{ComputeDevice, Encoder, ModelError, Pixels};

impl Engine {
    /// Text features `[texts, dim]`, projected, not normalised: curves are made of what
    /// [`Engine::embed_query`] returns. A text that is too long is cut, with a notice.
    ///
    /// # Errors
    /// [`EngineError::Model`] when a text cannot be tokenized, the model gives values that are not
    /// numbers, or the CPU fails as well.
    pub fn encode_texts(&mut self, texts: &[&str]) -> Result<Vec<f32>, EngineError> {
        for text in texts {
            self.notice_odd_words(text)?;
        }
        self.on_any_device(|encoder| encoder.encode_texts(texts))
    }

    /// Image features `[images, dim]`, projected, not normalised.
    ///
    /// # Errors
    /// [`EngineError::Model`] when the model gives values that are not numbers, or the CPU fails as
    /// well.
    pub fn encode_images(&mut self, images: &[Pixels]) -> Result<Vec<f32>, EngineError> {
        let mut features = Vec::with_capacity(images.len() * self.encoder.dim());
        let mut rest = images;
        while !rest.is_empty() {
            let batch = &rest[..rest.len().min(self.max_batch)];
            let device = self.encoder.device();
            match device.guarded(|| finite(self.encoder.encode_images(batch)?, device)) {
                Ok(encoded) => {
                    features.extend(encoded);
                    rest = &rest[batch.len()..];
                }
                // Only a driver knows how much it can hold, and it says so by failing.
                Err(ModelError::Device(reason)) if !device.is_cpu() && batch.len() > 1 => {
                    log::warn!(
                        "{device} cannot take {} frames at once: {reason}",
                        batch.len()
                    );
                    self.max_batch = batch.len() / 2;
                    device.release_memory();
                }
                Err(error) => self.leave_gpu(error)?,
            }
        }
        Ok(features)
    }

    /// Runs `encode`; when a GPU fails it, moves to the CPU for good, says so, and runs it again.
    pub(super) fn on_any_device<T: Numbers>(
        &mut self,
        encode: impl Fn(&Encoder) -> Result<T, ModelError>,
    ) -> Result<T, EngineError> {
        let encoded = |encoder: &Encoder| finite(encode(encoder)?, encoder.device());
        match self.encoder.device().guarded(|| encoded(&self.encoder)) {
            Ok(features) => Ok(features),
            Err(error) => {
                self.leave_gpu(error)?;
                Ok(encoded(&self.encoder)?)
            }
        }
    }

    /// Loads the model on the CPU if `error` is the GPU's, and gives it back otherwise.
    pub(super) fn leave_gpu(&mut self, error: ModelError) -> Result<(), EngineError> {
        let device = self.encoder.device();
        let (ModelError::Device(reason) | ModelError::DeviceLost(reason)) = &error else {
            return Err(error.into());
        };
        if device.is_cpu() {
            return Err(error.into());
        }
        self.notices.push(Notice::LeftGpu {
            gpu: device.to_string(),
            reason: reason.clone(),
        });
        if matches!(error, ModelError::DeviceLost(_)) {
            ComputeDevice::give_up_gpu();
        }
        self.encoder = Encoder::load(&self.files, &ComputeDevice::cpu())?;
        self.max_batch = usize::MAX;
        Ok(())
    }

    /// Embeds the neutral texts now rather than at the first search, and on a GPU one blank frame, so
    /// that everything that is compiled on first use has been compiled.
    ///
    /// # Errors
    /// As [`Engine::encode_texts`].
    pub fn prepare(&mut self) -> Result<(), EngineError> {
        self.neutral_bank()?;
        if !self.encoder.device().is_cpu() {
            let size = self.encoder.image_size();
            let values = vec![0.0; 3 * size * size];
            self.encode_images(&[Pixels { size, values }])?;
        }
        Ok(())
    }
}

/// What an encoder returns.
pub(super) trait Numbers {
    fn are_finite(&self) -> bool;
}

impl Numbers for Vec<f32> {
    fn are_finite(&self) -> bool {
        self.iter().all(|value| value.is_finite())
    }
}

impl Numbers for Vec<UnitVector> {
    fn are_finite(&self) -> bool {
        self.iter()
            .all(|vector| vector.as_slice().iter().all(|value| value.is_finite()))
    }
}

/// Without this check, values that are not numbers would look like a curve that finds nothing.
fn finite<T: Numbers>(features: T, device: &ComputeDevice) -> Result<T, ModelError> {
    if features.are_finite() {
        Ok(features)
    } else if device.is_cpu() {
        Err(ModelError::NotFinite)
    } else {
        // Whether it is the fault of the model or of the driver, the CPU will show.
        Err(ModelError::Device("its results are no numbers".to_owned()))
    }
}
