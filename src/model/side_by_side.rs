//! Parts of a batch side by side, each on a thread of its own with single-threaded products.
//!
//! On a CPU this beats products that are split over all threads, because everything between the
//! products then uses all of them as well.

use std::thread;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::model::ModelError;
use crate::model::device::ComputeDevice;

/// One pool of one thread for each thread of the CPU; none for a GPU.
pub struct SideBySide(Vec<ThreadPool>);

impl SideBySide {
    /// # Errors
    /// [`ModelError::Device`] where no thread can be started.
    pub fn on(device: &ComputeDevice, name: &'static str) -> Result<Self, ModelError> {
        let pool = |_| {
            let pool = ThreadPoolBuilder::new().num_threads(1);
            let pool = pool.thread_name(move |_| name.into()).build();
            pool.map_err(|error| ModelError::Device(error.to_string()))
        };
        match device.n_threads() {
            n @ 2.. if device.is_cpu() => Ok(Self((0..n).map(pool).collect::<Result<_, _>>()?)),
            _ => Ok(Self(Vec::new())),
        }
    }

    /// So many parts run at once, at least one.
    pub fn width(&self) -> usize {
        self.0.len().max(1)
    }

    /// The results of `work` on all parts, in their order; which thread takes which part does not
    /// depend on chance.
    ///
    /// # Errors
    /// That of the first part that failed; [`ModelError::Device`] for one that panicked.
    pub fn run<T: Sync, R: Send, E: From<ModelError> + Send>(
        &self,
        parts: &[T],
        work: impl Fn(&T) -> Result<R, E> + Sync,
    ) -> Result<Vec<R>, E> {
        let n_threads = self.0.len().min(parts.len());
        if n_threads < 2 {
            return parts.iter().map(work).collect();
        }
        let work = &work;
        let mut of_threads: Vec<_> = thread::scope(|scope| {
            let running: Vec<_> = self.0[..n_threads]
                .iter()
                .enumerate()
                .map(|(first, pool)| {
                    let own = move || parts.iter().skip(first).step_by(n_threads).map(work);
                    scope.spawn(move || pool.install(|| own().collect::<Vec<_>>().into_iter()))
                })
                .collect();
            let joined = running.into_iter().map(thread::ScopedJoinHandle::join);
            joined.map(Result::ok).collect()
        });
        let next = |at: usize| {
            let of_thread = of_threads[at % n_threads].as_mut();
            let result = of_thread.and_then(Iterator::next);
            result.unwrap_or_else(|| Err(ModelError::Device("a worker died".into()).into()))
        };
        (0..parts.len()).map(next).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_their_order_and_a_panic_is_an_error() {
        let all = SideBySide::on(&ComputeDevice::cpu(), "test").unwrap();
        let parts: Vec<usize> = (0..23).collect();
        let doubled = all.run(&parts, |part| Ok::<_, ModelError>(2 * part));
        assert_eq!(doubled.unwrap(), (0..46).step_by(2).collect::<Vec<_>>());
        let failed = all.run(&parts, |part| match part {
            7 => Err(ModelError::NotFinite),
            _ => Ok(()),
        });
        assert!(matches!(failed, Err(ModelError::NotFinite)));
        if all.width() > 1 {
            let died = all.run(&parts, |part| {
                assert_ne!(*part, 7);
                Ok::<_, ModelError>(())
            });
            assert!(matches!(died, Err(ModelError::Device(_))));
        }
    }
}
