//! Bounds on what one run may use, so that hostile or endless code ends with a reason.

/// What is left of a run's allowance.
#[derive(Clone, Debug)]
pub struct Budget {
    pub steps: u64,
    /// Nested evaluations now, and how many there may be. The thread's stack must bear the limit.
    pub depth: u32,
    pub max_depth: u32,
    /// Approximate bytes of heap.
    pub max_bytes: usize,
    /// Longest string that a builtin may make.
    pub max_string: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            steps: 20_000_000,
            depth: 0,
            max_depth: 8_000,
            max_bytes: 256 << 20,
            max_string: 16 << 20,
        }
    }
}

/// Stack that a thread needs to run the machine at its full depth.
pub const STACK_BYTES: usize = 512 << 20;

/// Runs a function on a thread with a stack that bears the machine's full depth.
///
/// # Panics
/// Passes on a panic of `f`.
#[expect(clippy::panic, reason = "a system that gives no thread is beyond help")]
pub fn with_stack<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, f);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(value)) => value,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => panic!("no thread could be started: {error}"),
        }
    })
}
