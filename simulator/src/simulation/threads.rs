//! Work spread over threads with deep stacks.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Options;

/// Applies `work` to each job; results come in the order of the jobs, whatever the threads do.
pub(super) fn map<J: Sync, R: Send>(
    jobs: &[J],
    options: Options,
    work: impl Fn(&J) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(jobs.len()));
    let run = || {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(i) else { break };
            let result = work(job);
            results
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .push((i, result));
        }
    };
    std::thread::scope(|scope| {
        let started = (0..options.threads.get().min(jobs.len()))
            .filter(|_| {
                std::thread::Builder::new()
                    .stack_size(options.stack_bytes)
                    .spawn_scoped(scope, run)
                    .is_ok()
            })
            .count();
        if started == 0 {
            // No thread to be had: this one's stack must do.
            run();
        }
    });
    let mut results = results
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(i, _)| *i);
    results.into_iter().map(|(_, r)| r).collect()
}

/// Does something on a thread with a deep stack.
pub(crate) fn with_stack<R: Send>(
    options: Options,
    work: impl Fn(()) -> Option<R> + Sync,
) -> Option<R> {
    map(&[()], options, |()| work(()))
        .into_iter()
        .flatten()
        .next()
}
