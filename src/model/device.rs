//! Where the model runs: a real GPU through wgpu, or the CPU through flex.
//!
//! A software rasteriser that poses as a GPU is thirty times slower than the CPU path, so `auto`
//! and `gpu` never pick one; tests do, on tiny models, to run the GPU code anywhere.

use burn::tensor::{Device, DeviceKind};

use crate::model::ModelError;

/// What the user asked for with `--device`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A real GPU if there is one, else the CPU.
    #[default]
    Auto,
    Gpu,
    Cpu,
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

impl ComputeDevice {
    /// # Errors
    /// [`ModelError::NoGpu`] when a GPU is demanded and only software adapters, or none, exist.
    pub fn open(choice: DeviceChoice) -> Result<Self, ModelError> {
        match choice {
            DeviceChoice::Cpu => Ok(Self::cpu()),
            DeviceChoice::Gpu => Self::gpu().ok_or(ModelError::NoGpu),
            DeviceChoice::Auto => Ok(Self::gpu().unwrap_or_else(Self::cpu)),
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

    /// The best real GPU, `None` where there is none that wgpu can drive.
    fn gpu() -> Option<Self> {
        let (kind, info) = real_gpu()?;
        match Device::wgpu_options().device_kind(kind).init() {
            Ok(device) => Some(Self::of_adapter(device, &info)),
            Err(error) => {
                log::warn!("the GPU {} cannot be used: {error}", info.name);
                None
            }
        }
    }

    /// wgpu's software adapter: slow, only good for testing the GPU code path on tiny models.
    pub fn software_gpu() -> Option<Self> {
        let info = adapters()
            .into_iter()
            .find(|info| info.device_type == wgpu::DeviceType::Cpu)?;
        Some(Self::of_adapter(Device::wgpu(DeviceKind::Cpu), &info))
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

fn adapters() -> Vec<wgpu::AdapterInfo> {
    // Only the native interfaces: asking OpenGL makes its libraries talk to stderr.
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::PRIMARY;
    let instance = wgpu::Instance::new(descriptor);
    pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY))
        .iter()
        .map(wgpu::Adapter::get_info)
        .collect()
}

/// The first adapter of the best kind: discrete before integrated before virtual.
fn real_gpu() -> Option<(DeviceKind, wgpu::AdapterInfo)> {
    let adapters = adapters();
    let first = |wanted| {
        adapters
            .iter()
            .find(|info| info.device_type == wanted)
            .cloned()
    };
    first(wgpu::DeviceType::DiscreteGpu)
        .map(|info| (DeviceKind::DiscreteGpu(0), info))
        .or_else(|| {
            first(wgpu::DeviceType::IntegratedGpu).map(|info| (DeviceKind::IntegratedGpu(0), info))
        })
        .or_else(|| {
            first(wgpu::DeviceType::VirtualGpu).map(|info| (DeviceKind::VirtualGpu(0), info))
        })
}
