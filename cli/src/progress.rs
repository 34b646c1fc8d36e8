//! What a person sees while long work goes on; nothing in pipes, in CI, or where it is quick.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::context::Streams;

/// A line on stderr that goes away when this does.
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// A line where stderr is a terminal and no CI is at work.
    #[must_use]
    pub fn new(streams: &Streams<'_>) -> Self {
        let in_ci = std::env::var_os("CI").is_some_and(|v| !v.is_empty());
        if !streams.terminals.err || in_ci {
            return Self(None);
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(Some(bar))
    }

    /// Says what is being done now.
    pub fn say(&self, what: impl Into<String>) {
        if let Some(bar) = &self.0 {
            bar.set_message(what.into());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
