//! Where the model runs: a real GPU through wgpu, or the CPU through flex.
//!
//! A software rasteriser that poses as a GPU is thirty times slower than the CPU path, so `auto`
//! and `gpu` never choose one; tests do, with tiny models, to run the GPU code on any machine.

use std::panic;
use std::sync::{Mutex, PoisonError};

use burn::tensor::wgpu::{WgpuInitError, WgpuSetup};
use burn::tensor::{Device, DeviceKind};
use serde::{Deserialize, Serialize};

use crate::domain::catch_panic;
use crate::model::ModelError;

/// What the user asked for with `--device`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceChoice {
    /// A real GPU if there is one, else the CPU.
    #[default]
    Auto,
    Gpu,
    Cpu,
    /// A software rasteriser: only to test the code for GPUs, with tiny models.
    SoftwareGpu,
}

/// A device that is ready to take tensors.
#[derive(Clone, Debug)]
pub struct ComputeDevice {
    tensor_device: Device,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Cpu { n_threads: usize },
    Gpu { name: String, api: String },
}

/// A GPU can be opened only once in the life of a process.
static GPU: Mutex<GpuState> = Mutex::new(GpuState::Unopened);

enum GpuState {
    Unopened,
    Opened(ComputeDevice),
    /// It failed during use, or could not be used at all.
    Lost,
}

impl ComputeDevice {
    /// # Errors
    /// [`ModelError::NoGpu`] when a GPU is demanded and only software adapters, or none, exist, and
    /// [`ModelError::GpuLost`] when it has failed before.
    pub fn open(choice: DeviceChoice) -> Result<Self, ModelError> {
        match choice {
            DeviceChoice::Cpu => Ok(Self::cpu()),
            DeviceChoice::SoftwareGpu => Self::software_gpu().ok_or(ModelError::NoGpu),
            DeviceChoice::Gpu => Self::gpu(),
            DeviceChoice::Auto => Ok(Self::gpu().unwrap_or_else(|_| Self::cpu())),
        }
    }

    /// The CPU with all its hardware threads.
    pub fn cpu() -> Self {
        let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            tensor_device: Device::flex(),
            kind: Kind::Cpu { n_threads },
        }
    }

    /// The best real GPU that wgpu can drive.
    fn gpu() -> Result<Self, ModelError> {
        let mut state = GPU.lock().unwrap_or_else(PoisonError::into_inner);
        match &*state {
            GpuState::Opened(device) => return Ok(device.clone()),
            GpuState::Lost => return Err(ModelError::GpuLost),
            GpuState::Unopened => {}
        }
        let (kind, name) = real_gpu().ok_or(ModelError::NoGpu)?;
        match Device::wgpu_options().device_kind(kind).init_with_setup() {
            Ok((device, setup)) => {
                let device = Self::of_adapter(device, &setup.adapter.get_info());
                *state = GpuState::Opened(device.clone());
                Ok(device)
            }
            Err(error) => {
                log::warn!("the GPU {name} cannot be used: {error}");
                *state = GpuState::Lost;
                Err(ModelError::GpuLost)
            }
        }
    }

    /// Makes later calls of [`open`](Self::open) leave the GPU alone: it has failed.
    pub fn give_up_gpu() {
        *GPU.lock().unwrap_or_else(PoisonError::into_inner) = GpuState::Lost;
    }

    /// wgpu's software adapter: slow, only good for testing the GPU code path on tiny models.
    pub fn software_gpu() -> Option<Self> {
        let info = adapters()
            .into_iter()
            .find(|info| info.device_type == wgpu::DeviceType::Cpu)?;
        Some(Self::of_adapter(Device::wgpu(DeviceKind::Cpu), &info))
    }

    /// A device that the caller opened, with whatever limits it has.
    ///
    /// # Errors
    /// When it cannot compute.
    pub fn on_wgpu(setup: WgpuSetup) -> Result<Self, WgpuInitError> {
        let info = setup.adapter.get_info();
        let device = Device::wgpu_options().setup(setup).init()?;
        Ok(Self::of_adapter(device, &info))
    }

    fn of_adapter(tensor_device: Device, info: &wgpu::AdapterInfo) -> Self {
        Self {
            tensor_device,
            kind: Kind::Gpu {
                name: info.name.clone(),
                api: format!("{:?}", info.backend),
            },
        }
    }

    pub(crate) fn tensor_device(&self) -> &Device {
        &self.tensor_device
    }

    /// How many batches are worth running side by side: the CPU's threads, one for a GPU.
    pub fn n_threads(&self) -> usize {
        match self.kind {
            Kind::Cpu { n_threads } => n_threads,
            Kind::Gpu { .. } => 1,
        }
    }

    pub fn is_cpu(&self) -> bool {
        matches!(self.kind, Kind::Cpu { .. })
    }

    /// Runs `work`. On a GPU a panic becomes an error, because wgpu panics where a driver refuses.
    ///
    /// # Errors
    /// Those of `work`, and [`ModelError::Device`] where it panicked.
    pub fn guarded<T, E: From<ModelError>>(
        &self,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        if self.is_cpu() {
            return work();
        }
        // A panic leaves only tensors of `work` itself half-done.
        catch_panic(work).unwrap_or_else(|text| Err(ModelError::Device(cause(&text)).into()))
    }

    /// Returns memory that is kept for later use to the system.
    pub fn release_memory(&self) {
        self.tensor_device.memory_cleanup();
    }
}

impl std::fmt::Display for ComputeDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.kind {
            Kind::Cpu { n_threads: 1 } => write!(f, "CPU, 1 thread"),
            Kind::Cpu { n_threads } => write!(f, "CPU, {n_threads} threads"),
            Kind::Gpu { name, api } => write!(f, "{name}, {api}"),
        }
    }
}

/// Keeps the panics that [`ComputeDevice::guarded`] turns into errors off stderr, where each would
/// print a dozen lines.
pub fn quiet_gpu_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let is_gpus = info.location().is_some_and(|location| {
            ["cubecl", "wgpu"]
                .iter()
                .any(|name| location.file().contains(name))
        });
        if is_gpus {
            log::debug!("{info}");
        } else {
            usual(info);
        }
    }));
}

/// The innermost cause of an error that lists all its causes, without the backtrace.
pub(super) fn cause(error: &str) -> String {
    let lines = error.lines().map(str::trim);
    let told = lines.take_while(|line| !line.to_lowercase().contains("backtrace"));
    let told = told.filter(|line| !line.is_empty() && !line.ends_with(':'));
    told.last().unwrap_or("no reason was given").to_owned()
}

fn adapters() -> Vec<wgpu::AdapterInfo> {
    // Only the native interfaces: OpenGL's libraries would print to stderr when asked.
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::PRIMARY;
    let instance = wgpu::Instance::new(descriptor);
    pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY))
        .iter()
        .map(wgpu::Adapter::get_info)
        .collect()
}

/// The first adapter of the best kind, discrete before integrated before virtual, and its name.
fn real_gpu() -> Option<(DeviceKind, String)> {
    let adapters = adapters();
    let kinds = [
        (wgpu::DeviceType::DiscreteGpu, DeviceKind::DiscreteGpu(0)),
        (
            wgpu::DeviceType::IntegratedGpu,
            DeviceKind::IntegratedGpu(0),
        ),
        (wgpu::DeviceType::VirtualGpu, DeviceKind::VirtualGpu(0)),
    ];
    kinds.into_iter().find_map(|(wanted, kind)| {
        let info = adapters.iter().find(|info| info.device_type == wanted)?;
        Some((kind, info.name.clone()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_of_an_error_is_found() {
        let error = "An error happened during execution\nCaused by:\n  the device is poisoned\n\
                     Caused by:\n  Destroyed: by hand\nAsked at:\nNo backtrace available\n";
        assert_eq!(cause(error), "Destroyed: by hand");
        assert_eq!(cause("too big\nBacktrace\n  0: main"), "too big");
        assert_eq!(cause("No backtrace available"), "no reason was given");
    }
}
