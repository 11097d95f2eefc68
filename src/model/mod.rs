//! The neural parts: devices, image preprocessing, the CLIP encoder, the prompt learner, the moment head.

