//! Files mapped into memory: the only place of this room with `unsafe`.
//!
//! # What is guaranteed when the file changes under the map
//!
//! Nobody can lock a file against other programs, so this is what can be promised:
//!
//! - *Replaced* (a new file renamed over the path, as careful writers do): nothing happens. The map
//!   stays on the old file.
//! - *Cut short, before or between accesses*: the room compares the length after mapping, and
//!   [`Blocks::check`](super::Blocks::check) compares it
//!   whenever it is asked, so that a result drawn from a file that shrank is never reported as
//!   sound. Both give [`SourceError::Shrunk`].
//! - *Cut short, and then accessed behind its new end*: the processor faults and the kernel sends
//!   SIGBUS. There is no way back into the program from there. Without a handler the process dies
//!   with the words "Bus error" of its shell; with [`report_truncation_and_exit`], which `sigmill`
//!   itself installs, it names the file on standard error, advises `--no-mmap`, and exits with
//!   status [`EXIT_STATUS`]. A disk that fails under the map ends likewise, with its own message.
//! - *Overwritten in place, or extended*: not noticed. What is read is then a mixture of old and
//!   new octets, as it is with `read(2)`. The parsers make no assumption that octets read twice are
//!   the same, so that the worst outcome is a wrong verdict about a file that never existed; to
//!   the letter of the language's rules it is still a data race with another process, one that
//!   every user of memory maps accepts.
//!
//! None of this applies to input that is read in blocks (`--no-mmap`, standard input, compressed
//! files): there a file cut short is always [`SourceError::Shrunk`] or [`SourceError::Truncated`].
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use memmap2::{Advice, Mmap, MmapOptions, UncheckedAdvice};

use super::error::SourceError;

/// The exit status of a process that [`report_truncation_and_exit`] ends.
pub const EXIT_STATUS: i32 = 3;

/// Octets after which consumed pages are given back: a multiple of every page size in use.
const RELEASE_STEP: usize = 16 << 20;

/// What is given back is whole units. No page is larger; and where the page cache has a file in pieces of
/// many pages, Linux brings in all of the piece in which an octet is read, which is at most so much.
const RELEASE_UNIT: usize = 2 << 20;

/// A regular file, all of it, mapped for reading from its beginning to its end.
pub(super) struct Mapping {
    // Dropped in this order: a map must not be known to the handler once it is gone.
    #[cfg(unix)]
    _known: bus::Known,
    map: Mmap,
    file: File,
    name: Arc<str>,
    /// Octets from the beginning whose pages [`Self::release`] gave back.
    released: AtomicUsize,
}

impl Mapping {
    /// Maps `len` octets of a regular file, which must not be 0 (POSIX has no empty maps).
    ///
    /// [`MapOutcome::Not`] when this file cannot be mapped but may be readable all the same: a file system
    /// without maps, no room left among the addresses, or more maps than the handler can know.
    ///
    /// # Errors
    /// [`SourceError::Shrunk`] when the file is shorter by now.
    pub(super) fn attempt(file: File, len: u64, name: Arc<str>) -> Result<MapOutcome, SourceError> {
        let Ok(size) = usize::try_from(len) else { return Ok(MapOutcome::Not(file)) };
        // SAFETY: the map is private to this value and never written through. That other processes
        // may change the file is the caveat described at the top of this module.
        let Ok(map) = (unsafe { MmapOptions::new().len(size).map(&file) }) else {
            return Ok(MapOutcome::Not(file));
        };
        #[cfg(unix)]
        let Some(known) = bus::Known::new(&map, &file, &name) else {
            return Ok(MapOutcome::Not(file));
        };
        #[cfg(unix)]
        let _ = map.advise(Advice::Sequential); // an advice only
        let mapping = Self {
            #[cfg(unix)]
            _known: known,
            map,
            file,
            name,
            released: AtomicUsize::new(0),
        };
        mapping.check()?;
        Ok(MapOutcome::Mapped(mapping))
    }

    /// All octets.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Compares the file's length with that of the map.
    ///
    /// # Errors
    /// [`SourceError::Shrunk`] when it is less; what was read since the last check is then not to
    /// be relied on. [`SourceError::Io`] when the length cannot be had.
    pub(super) fn check(&self) -> Result<(), SourceError> {
        let expected = self.map.len() as u64;
        let found = match self.file.metadata() {
            Ok(metadata) => metadata.len(),
            Err(error) => return Err(SourceError::from_io(&self.name, 0, Arc::new(error))),
        };
        if found < expected {
            return Err(SourceError::Shrunk { name: Arc::clone(&self.name), expected, found });
        }
        Ok(())
    }

    /// Gives the pages before `consumed` back to the system, every now and then, so that streaming
    /// through a huge file keeps the process small. They stay readable, and come back when read.
    pub(super) fn release(&self, consumed: usize) {
        let target = consumed.min(self.map.len()) / RELEASE_STEP * RELEASE_STEP;
        let released = self.released.fetch_max(target, Ordering::Relaxed);
        if target > released {
            self.release_range(released..target);
        }
    }

    /// Gives the units that end within a range back to the system, and the one before them once more, of
    /// which others may have read since. Whoever goes through a file range by range so gives back each
    /// when it is done with. They stay readable, for everybody who reads them meanwhile too, and come back
    /// when read.
    pub(super) fn release_range(&self, range: Range<usize>) {
        let (first, last) =
            (range.start / RELEASE_UNIT, range.end.min(self.map.len()) / RELEASE_UNIT);
        if first >= last {
            return;
        }
        let (start, end) = (first.saturating_sub(1) * RELEASE_UNIT, last * RELEASE_UNIT);
        #[cfg(unix)]
        // SAFETY: the range lies within the map, and begins and ends on a page's boundary.
        // MADV_DONTNEED on a read-only map of a file only drops this process's references to the
        // page cache: the next access finds the file's octets again, so that references into the
        // range stay valid.
        let _ = unsafe {
            self.map.unchecked_advise_range(UncheckedAdvice::DontNeed, start, end - start)
        };
    }
}

/// What became of the attempt to map a file.
pub(super) enum MapOutcome {
    Mapped(Mapping),
    /// It has to be read instead.
    Not(File),
}

/// Lets a file that is cut short while it is mapped end the process in an orderly way.
///
/// For programs: a library must not take this decision for its host. From now on, a SIGBUS at an
/// address inside one of this room's maps writes
/// `sigmill: NAME: the file was truncated while being read; use --no-mmap` to standard error and
/// ends the process at once, with status [`EXIT_STATUS`] and without unwinding or flushing. Any
/// other SIGBUS goes to the handler that was there before, or to the default action. Calling this
/// more than once is harmless. On systems without SIGBUS it does nothing.
///
/// # Errors
/// When the system refuses the handler.
pub fn report_truncation_and_exit() -> io::Result<()> {
    #[cfg(unix)]
    bus::install()?;
    Ok(())
}

/// The table of maps, and the SIGBUS handler that reads it.
///
/// The handler may run on any thread between any two instructions: it takes no lock, allocates
/// nothing, and calls only functions that POSIX lists as safe there.
#[cfg(unix)]
mod bus {
    use std::ffi::{c_int, c_void};
    use std::fs::File;
    use std::io;
    use std::mem;
    use std::os::fd::AsRawFd;
    use std::ptr;
    use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex, OnceLock, PoisonError};

    use memmap2::Mmap;

    use super::EXIT_STATUS;

    /// Maps that can be known at a time.
    pub(super) const SLOTS: usize = 256;

    static TABLE: [Slot; SLOTS] = [const { Slot::empty() }; SLOTS];

    struct Slot {
        taken: AtomicBool,
        start: AtomicUsize,
        /// One past the last address; 0 while the other fields are not to be read.
        end: AtomicUsize,
        file: AtomicI32,
        name: AtomicPtr<u8>,
        name_len: AtomicUsize,
    }

    impl Slot {
        const fn empty() -> Self {
            Self {
                taken: AtomicBool::new(false),
                start: AtomicUsize::new(0),
                end: AtomicUsize::new(0),
                file: AtomicI32::new(-1),
                name: AtomicPtr::new(ptr::null_mut()),
                name_len: AtomicUsize::new(0),
            }
        }
    }

    /// A place in the table, held as long as the map is there.
    pub(super) struct Known {
        slot: &'static Slot,
        /// Keeps the name alive that the slot points to.
        _name: Arc<str>,
    }

    impl Known {
        /// `None` when the table is full.
        pub(super) fn new(map: &Mmap, file: &File, name: &Arc<str>) -> Option<Self> {
            let slot = TABLE.iter().find(|slot| !slot.taken.swap(true, Ordering::SeqCst))?;
            let start = map.as_ptr() as usize;
            slot.start.store(start, Ordering::SeqCst);
            slot.file.store(file.as_raw_fd(), Ordering::SeqCst);
            slot.name.store(name.as_ptr().cast_mut(), Ordering::SeqCst);
            slot.name_len.store(name.len(), Ordering::SeqCst);
            slot.end.store(start.saturating_add(map.len()), Ordering::SeqCst);
            Some(Self { slot, _name: Arc::clone(name) })
        }
    }

    impl Drop for Known {
        fn drop(&mut self) {
            self.slot.end.store(0, Ordering::SeqCst);
            self.slot.taken.store(false, Ordering::SeqCst);
        }
    }

    /// What the table says about an address.
    struct Found {
        len: usize,
        file: c_int,
        name: *const u8,
        name_len: usize,
    }

    fn find(address: usize) -> Option<Found> {
        TABLE.iter().find_map(|slot| {
            let end = slot.end.load(Ordering::SeqCst);
            let start = slot.start.load(Ordering::SeqCst);
            let found = Found {
                len: end.saturating_sub(start),
                file: slot.file.load(Ordering::SeqCst),
                name: slot.name.load(Ordering::SeqCst),
                name_len: slot.name_len.load(Ordering::SeqCst),
            };
            // A slot that changes hands passes through 0. A thread that faults inside a map holds
            // a reference to it, so that the slot of *its* map cannot change hands meanwhile.
            let steady = slot.end.load(Ordering::SeqCst) == end;
            (steady && (start..end).contains(&address)).then_some(found)
        })
    }

    static PREVIOUS: OnceLock<libc::sigaction> = OnceLock::new();

    pub(super) fn install() -> io::Result<()> {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        if PREVIOUS.get().is_some() {
            return Ok(());
        }
        // SAFETY: sigaction is plain data for which all zeros is a value.
        let mut previous: libc::sigaction = unsafe { mem::zeroed() };
        // SAFETY: a null pointer asks for the present action, which is written to `previous`.
        if unsafe { libc::sigaction(libc::SIGBUS, ptr::null(), &raw mut previous) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: as above.
        let mut ours: libc::sigaction = unsafe { mem::zeroed() };
        let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = on_sigbus;
        ours.sa_sigaction = handler as libc::sighandler_t;
        // On the alternate stack, where the thread has one: ours may be the reason of the signal.
        ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        // SAFETY: the mask is a valid place to write to.
        unsafe { libc::sigemptyset(&raw mut ours.sa_mask) };
        // Before the handler can run, so that it always finds it.
        let _ = PREVIOUS.set(previous);
        // SAFETY: `on_sigbus` has the type that SA_SIGINFO asks for, lives as long as the program,
        // and does only what a handler may.
        if unsafe { libc::sigaction(libc::SIGBUS, &raw const ours, ptr::null_mut()) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    extern "C" fn on_sigbus(signal: c_int, info: *mut libc::siginfo_t, _context: *mut c_void) {
        // SAFETY: with SA_SIGINFO the kernel passes a valid siginfo_t.
        let code = unsafe { (*info).si_code };
        // Codes up to 0 are signals sent by kill(2) and its kin, which have no address.
        let raised_by_access = code > 0;
        if raised_by_access {
            // SAFETY: a SIGBUS that the kernel raises carries the address.
            let address = unsafe { (*info).si_addr() } as usize;
            if let Some(found) = find(address) {
                report(&found);
            }
        }
        hand_back(signal, raised_by_access);
    }

    /// Restores the action of before. The access is repeated when the handler returns, and meets
    /// that action; a signal that somebody sent has to be sent again.
    fn hand_back(signal: c_int, raised_by_access: bool) {
        // SAFETY: all zeros is SIG_DFL with no flags.
        let default = unsafe { mem::zeroed() };
        let previous = PREVIOUS.get().unwrap_or(&default);
        // SAFETY: `previous` is an action that the system gave us, or the default one; sigaction
        // and raise may be called in handlers.
        unsafe {
            libc::sigaction(signal, previous, ptr::null_mut());
            if !raised_by_access {
                libc::raise(signal);
            }
        }
    }

    /// Says what happened and ends the process.
    fn report(found: &Found) -> ! {
        static FIRST: AtomicBool = AtomicBool::new(true);
        if FIRST.swap(false, Ordering::SeqCst) {
            // SAFETY: the name belongs to the map that the faulting thread is reading, whose
            // `Known` keeps it alive.
            let name = unsafe { std::slice::from_raw_parts(found.name, found.name_len) };
            let mut line = Line::default();
            line.push(b"sigmill: ");
            line.push_name(name);
            line.push(if is_cut_short(found) {
                b": the file was truncated while being read; use --no-mmap\n"
            } else {
                b": the file became unreadable while being read; use --no-mmap\n"
            });
            // SAFETY: the pointer and the length are those of a slice. Should nobody listen at
            // standard error, there is nothing left to do about it.
            unsafe { libc::write(libc::STDERR_FILENO, line.text().as_ptr().cast(), line.len) };
            // SAFETY: ends the process, without running anything more of it.
            unsafe { libc::_exit(EXIT_STATUS) }
        }
        // Another thread has faulted first, and is about to end us.
        loop {
            // SAFETY: waits for a signal, which is harmless.
            unsafe { libc::pause() };
        }
    }

    fn is_cut_short(found: &Found) -> bool {
        // SAFETY: stat is plain data for which all zeros is a value.
        let mut stat: libc::stat = unsafe { mem::zeroed() };
        // SAFETY: `stat` is a valid place to write to; a descriptor that is not open is an error.
        let failed = unsafe { libc::fstat(found.file, &raw mut stat) } != 0;
        failed || usize::try_from(stat.st_size).is_ok_and(|size| size < found.len)
    }

    /// One message on the stack.
    struct Line {
        octets: [u8; Self::CAPACITY],
        len: usize,
    }

    impl Default for Line {
        fn default() -> Self {
            Self { octets: [0; Self::CAPACITY], len: 0 }
        }
    }

    impl Line {
        const CAPACITY: usize = 1024;
        /// The longest part of a name that is shown: the rest must find room behind it.
        const LONGEST_NAME: usize = Self::CAPACITY - 128;

        fn push(&mut self, text: &[u8]) {
            for (place, octet) in self.octets.iter_mut().skip(self.len).zip(text) {
                *place = *octet;
                self.len += 1;
            }
        }

        /// Control characters do not reach the terminal.
        fn push_name(&mut self, name: &[u8]) {
            for octet in name.iter().take(Self::LONGEST_NAME) {
                self.push(&[if octet.is_ascii_control() { b'?' } else { *octet }]);
            }
        }

        fn text(&self) -> &[u8] {
            self.octets.get(..self.len).unwrap_or_default()
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::OpenOptions;
    use std::hint::black_box;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Output};
    use std::sync::Barrier;
    use std::{env, fs, thread};

    use super::super::{Source, Transport};
    use super::*;

    const CHILD: &str = "SIGMILL_TEST_TRUNCATION_CHILD";
    const SIZE: usize = 1 << 20;

    /// Runs `child` again, alone in its own process, in the given manner.
    fn run_child(manner: &str) -> Output {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", "source::map::tests::child", "--ignored", "--nocapture"])
            .args(["--test-threads", "1"])
            .env(CHILD, manner)
            .output()
            .unwrap()
    }

    /// The body of the children that the tests below start.
    #[test]
    #[ignore = "ends its process: the tests of this module run it as a child"]
    fn child() {
        let Ok(manner) = env::var(CHILD) else { return };
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cut\nshort.zone");
        fs::write(&path, vec![b'x'; SIZE]).unwrap();
        let cut = || OpenOptions::new().write(true).open(&path).unwrap().set_len(10).unwrap();
        if manner != "no handler" {
            report_truncation_and_exit().unwrap();
            report_truncation_and_exit().unwrap();
        }
        match manner.as_str() {
            "a foreign map" => {
                let file = File::open(&path).unwrap();
                // SAFETY: that this map faults is what is tested.
                let map = unsafe { Mmap::map(&file) }.unwrap();
                cut();
                black_box(map[SIZE - 1]);
            }
            "a map that is gone" => {
                let blocks = Source::open(&path, &Default::default()).unwrap().into_blocks();
                drop(blocks);
                let file = File::open(&path).unwrap();
                // SAFETY: as above. It most likely lies where the other was.
                let map = unsafe { Mmap::map(&file) }.unwrap();
                cut();
                black_box(map[SIZE - 1]);
            }
            "a signal from outside" => {
                // Twice: the standard library's own handler, which was there before ours, takes one
                // for its stack's guard page, steps back, and waits for an access to be repeated.
                for _ in 0..2 {
                    // SAFETY: sends this process a signal.
                    unsafe { libc::raise(libc::SIGBUS) };
                }
            }
            "a full table" => {
                let open = || Source::open(&path, &Default::default()).unwrap();
                let mapped: Vec<_> = (0..bus::SLOTS).map(|_| open()).collect();
                assert!(mapped.iter().all(|source| source.transport() == Transport::Mapped));
                let read = open();
                assert_eq!(read.transport(), Transport::Read);
                let mut blocks = read.into_blocks();
                while blocks.more().unwrap() {}
                assert_eq!(blocks.window(), [b'x'; SIZE]);
                drop(mapped);
                assert_eq!(open().transport(), Transport::Mapped);
            }
            "many threads" => {
                let blocks = Source::open(&path, &Default::default()).unwrap().into_blocks();
                let text = blocks.window();
                let barrier = Barrier::new(8);
                cut();
                thread::scope(|scope| {
                    for at in 1..=8 {
                        let barrier = &barrier;
                        scope.spawn(move || {
                            barrier.wait();
                            black_box(text[SIZE / 8 * at - 1]);
                        });
                    }
                });
            }
            _ => {
                let blocks = Source::open(&path, &Default::default()).unwrap().into_blocks();
                assert_eq!(blocks.window().len(), SIZE);
                cut();
                black_box(blocks.window()[SIZE - 1]);
            }
        }
        println!("survived");
    }

    #[test]
    fn a_file_cut_short_under_the_map_ends_the_process_with_a_message_and_status_3() {
        for manner in ["one thread", "many threads"] {
            let output = run_child(manner);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(EXIT_STATUS), "{manner}: {stderr}");
            let expected = "cut?short.zone: the file was truncated while being read; use --no-mmap";
            assert_eq!(stderr.matches(expected).count(), 1, "{manner}: {stderr}");
            assert!(!String::from_utf8_lossy(&output.stdout).contains("survived"));
        }
    }

    #[test]
    fn other_bus_errors_meet_the_default_action() {
        for manner in ["no handler", "a foreign map", "a map that is gone", "a signal from outside"]
        {
            let output = run_child(manner);
            assert_eq!(output.status.signal(), Some(libc::SIGBUS), "{manner}: {output:?}");
            assert!(!String::from_utf8_lossy(&output.stderr).contains("truncated"), "{manner}");
        }
    }

    #[test]
    fn a_file_cut_short_between_accesses_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("zone");
        fs::write(&path, vec![b'x'; SIZE]).unwrap();
        let mut blocks = Source::open(&path, &Default::default()).unwrap().into_blocks();
        assert!(blocks.check().is_ok());
        OpenOptions::new().write(true).open(&path).unwrap().set_len(10).unwrap();
        for error in [blocks.check().unwrap_err(), blocks.more().unwrap_err()] {
            let SourceError::Shrunk { expected, found, .. } = error else { panic!("{error}") };
            assert_eq!((expected, found), (SIZE as u64, 10));
        }
    }

    #[test]
    fn released_pages_are_read_again_and_leave_memory() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("zone");
        let len = 3 * RELEASE_STEP + 5;
        let text: Vec<u8> = (0..=250).cycle().take(len).collect();
        fs::write(&path, &text).unwrap();
        let name = Arc::from("zone");
        let outcome = Mapping::attempt(File::open(&path).unwrap(), len as u64, name).unwrap();
        let MapOutcome::Mapped(mapping) = outcome else { panic!("not mapped") };
        assert!(mapping.bytes() == text);
        assert_eq!(resident_pages(&mapping), len.div_ceil(page_size()));
        mapping.release(RELEASE_STEP - 1);
        assert_eq!(mapping.released.load(Ordering::Relaxed), 0);
        mapping.release(len + 1);
        assert_eq!(mapping.released.load(Ordering::Relaxed), 3 * RELEASE_STEP);
        assert!(resident_pages(&mapping) <= 1);
        assert!(mapping.bytes() == text);
    }

    fn page_size() -> usize {
        // SAFETY: asks for a constant.
        usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap()
    }

    /// Pages of this map that this process refers to: the field `Rss` of its entry in smaps.
    fn resident_pages(mapping: &Mapping) -> usize {
        let start = format!("{:x}-", mapping.bytes().as_ptr() as usize);
        let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
        let entry = smaps.lines().skip_while(|line| !line.starts_with(&start));
        let rss = entry.skip(1).find(|line| line.starts_with("Rss:")).unwrap();
        let kib: usize = rss.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib * 1024 / page_size()
    }

    /// In a process of its own, where no other test needs a place in the table.
    #[test]
    fn a_full_table_of_maps_falls_back_to_reading() {
        let output = run_child("a full table");
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && stdout.contains("survived"), "{output:?}");
    }
}
