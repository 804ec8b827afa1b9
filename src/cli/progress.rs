//! A bar on standard error while an audit runs, gone without a trace when it ends.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sigmill::audit::zone::Progress;
use sigmill::report::words::{grouped, octets};

use super::When;

/// A short audit ends before any bar is seen.
const PATIENCE: Duration = Duration::from_millis(300);
const INTERVAL: Duration = Duration::from_millis(100);

/// A bar that watches counters from its own thread, until it is dropped.
pub(crate) struct Watch {
    // Dropping the sender ends the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Begins to watch an audit. With [`When::Auto`] only when standard error is a terminal.
pub(crate) fn watch(when: When, progress: &Arc<Progress>) -> Watch {
    let progress = Arc::clone(progress);
    watch_with(when, move |bar| show(bar, &progress))
}

/// Begins to watch what `show` shows on a bar, again and again.
pub(crate) fn watch_with(when: When, show: impl Fn(&ProgressBar) + Send + 'static) -> Watch {
    let wanted = match when {
        When::Auto => std::io::stderr().is_terminal(),
        When::Always => true,
        When::Never => false,
    };
    if !wanted {
        return Watch { stop: None, thread: None };
    }
    let (stop, stopped) = mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        let mut wait = PATIENCE;
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            wait = INTERVAL;
            show(&bar);
        }
        bar.finish_and_clear();
    });
    Watch { stop: Some(stop), thread: Some(thread) }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A bar that failed must not spoil the audit.
            let _ = thread.join();
        }
    }
}

fn show(bar: &ProgressBar, progress: &Progress) {
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let records = grouped(read(&progress.records));
    let findings = match read(&progress.findings) {
        0 => String::new(),
        number => format!(", {} findings", grouped(number)),
    };
    let (total, done, message) = match read(&progress.signatures_total) {
        0 => {
            let (total, done) = (read(&progress.bytes_total), read(&progress.bytes_read));
            #[allow(clippy::cast_precision_loss)] // three digits are shown
            let size = octets(done as f64);
            (total, done, format!("reading: {records} records, {size}{findings}"))
        }
        total => {
            let done = read(&progress.signatures);
            let message =
                format!("verifying: {} of {} signatures{findings}", grouped(done), grouped(total));
            (total, done, message)
        }
    };
    draw(bar, total, done, message);
}

/// Draws a bar, or a spinner where it is not known how much there is.
pub(crate) fn draw(bar: &ProgressBar, total: u64, done: u64, message: String) {
    let template = if total > 0 {
        "{bar:32.green} {percent:>3} % {msg} {elapsed:.dim}"
    } else {
        "{spinner} {msg} {elapsed:.dim}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar.set_length(total.max(1));
    bar.set_position(done.min(total));
    bar.set_message(message);
    bar.tick();
}
