//! Two ways to work on many things at once and still answer in order: all at a time behind a
//! barrier ([`Pool::map_ordered`], [`Pool::try_each`]), and as a stream ([`Pool::pipe`]).
//!
//! The only place that names rayon. Knows nothing of what is worked on, nor of files or errors;
//! there is no way here to get at a result before its turn, so nothing written can depend on timing.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, sync_channel};

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

/// Worker threads.
#[derive(Debug)]
pub struct Pool {
    workers: rayon::ThreadPool,
}

/// The system gave us no threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoThreads {
    /// How many were wanted.
    pub wanted: usize,
    /// What the system said.
    pub reason: String,
}

impl fmt::Display for NoThreads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot start {} worker threads: {}", self.wanted, self.reason)
    }
}

/// More worker threads than this are not started, whatever is asked for: systems have run out of
/// memory or numbers for them long before.
pub const MOST_THREADS: usize = 1024;

impl Pool {
    /// Starts this many worker threads, at least one and at most [`MOST_THREADS`]; `None` is one for
    /// each core we may use.
    pub fn new(threads: Option<usize>) -> Result<Pool, NoThreads> {
        let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let wanted = threads.unwrap_or_else(cores).clamp(1, MOST_THREADS);
        match rayon::ThreadPoolBuilder::new().num_threads(wanted).build() {
            Ok(workers) => Ok(Pool { workers }),
            Err(error) => Err(NoThreads { wanted, reason: error.to_string() }),
        }
    }

    /// How many threads work.
    pub fn threads(&self) -> usize {
        self.workers.current_num_threads()
    }

    /// What both make, each on a thread of its own where there are two.
    ///
    /// A panic in one of them comes out here.
    pub fn both<A: Send, B: Send>(
        &self,
        first: impl FnOnce() -> A + Send,
        second: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        self.workers.install(|| rayon::join(first, second))
    }

    /// What `f` makes of each item, in the order of the items, when all of them are done.
    ///
    /// A panic in `f` comes out here.
    pub fn map_ordered<T, R, F>(&self, items: impl IntoIterator<Item = T>, f: F) -> Vec<R>
    where
        T: Send,
        R: Send,
        F: Fn(T) -> R + Sync + Send,
    {
        let items: Vec<T> = items.into_iter().collect();
        self.workers.install(|| items.into_par_iter().map(f).collect())
    }

    /// Puts items in order; those of one key in any.
    pub fn sort_by_key<T: Send, K: Ord>(
        &self,
        items: &mut [T],
        key: impl Fn(&T) -> K + Sync + Send,
    ) {
        self.workers.install(|| items.par_sort_unstable_by_key(key));
    }

    /// What `f` makes of each item, in the order of the items; the first error in their order, if
    /// there is one. Items are handed out by the hundred: each is little work.
    pub fn try_each<T, R, E>(
        &self,
        items: &[T],
        f: impl Fn(&T) -> Result<R, E> + Sync + Send,
    ) -> Result<Vec<R>, E>
    where
        T: Sync,
        R: Send,
        E: Send,
    {
        const CHUNK: usize = 256;
        let parts = self.map_ordered(items.chunks(CHUNK), |chunk| {
            chunk.iter().map(&f).collect::<Result<Vec<R>, E>>()
        });
        let mut all = Vec::with_capacity(items.len());
        for part in parts {
            all.extend(part?);
        }
        Ok(all)
    }

    /// Reads batches, works on them, and writes what came of them in the order read.
    ///
    /// `read` and `write` are called by the calling thread, in turns, while the workers work; at
    /// most two batches a worker are read and not yet written. Ends when `read` has no more, or
    /// with the first error of `write`, after which nothing is read or written. A panic in `work`
    /// comes out here. Not to be called from inside `work`: the worker would wait for itself.
    pub fn pipe<T, R, E>(
        &self,
        mut read: impl FnMut() -> Option<T>,
        work: impl Fn(T) -> R + Sync,
        mut write: impl FnMut(R) -> Result<(), E>,
    ) -> Result<(), E>
    where
        T: Send,
        R: Send,
    {
        let ahead = 2 * self.threads();
        self.workers.in_place_scope(|scope| {
            let mut flight = VecDeque::with_capacity(ahead);
            while let Some(batch) = read() {
                let (done, result) = sync_channel(1);
                let work = &work;
                // Nobody waits for the result once a write has failed.
                scope.spawn(move |_| drop(done.send(work(batch))));
                flight.push_back(result);
                if flight.len() == ahead && !write_next(&mut flight, &mut write)? {
                    return Ok(());
                }
            }
            while write_next(&mut flight, &mut write)? {}
            Ok(())
        })
    }
}

/// Writes the oldest batch in flight; false where there is none or its worker panicked.
fn write_next<R, E>(
    flight: &mut VecDeque<Receiver<R>>,
    write: &mut impl FnMut(R) -> Result<(), E>,
) -> Result<bool, E> {
    let Some(Ok(result)) = flight.pop_front().map(|next| next.recv()) else { return Ok(false) };
    write(result)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread::sleep;
    use std::time::Duration;

    use super::*;

    const THREADS: [usize; 3] = [1, 2, 5];

    /// Work that takes longer for some items than for those after them.
    fn uneven(i: usize) -> usize {
        sleep(Duration::from_micros([300, 0, 50, 7][i % 4]));
        i * i
    }

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        let expected: Vec<_> = (0..200).map(|i| i * i).collect();
        for threads in THREADS {
            let pool = Pool::new(Some(threads)).unwrap();
            assert_eq!(pool.threads(), threads);
            assert_eq!(pool.map_ordered(0..200, uneven), expected);

            let (mut source, mut written) = (0..200, Vec::new());
            let write = |r| -> Result<(), ()> {
                written.push(r);
                Ok(())
            };
            assert_eq!(pool.pipe(|| source.next(), uneven, write), Ok(()));
            assert_eq!(written, expected, "{threads} threads");
        }
    }

    #[test]
    fn the_first_error_in_order_is_the_one() {
        for threads in THREADS {
            let pool = Pool::new(Some(threads)).unwrap();
            let items: Vec<usize> = (0..2000).collect();
            let fails = |&i: &usize| if i % 700 == 699 { Err(i) } else { Ok(i * i) };
            assert_eq!(pool.try_each(&items, fails), Err(699));
            let squares: Vec<_> = (0..600).map(|i| i * i).collect();
            assert_eq!(pool.try_each(&items[..600], fails), Ok(squares));
        }
    }

    #[test]
    fn nothing_to_read_is_nothing_to_write() {
        let pool = Pool::new(None).unwrap();
        let none = || None::<u8>;
        assert_eq!(pool.pipe(none, |b| b, |_| Err("written")), Ok(()));
        assert!(pool.threads() >= 1);
    }

    #[test]
    fn at_most_two_batches_a_worker_are_in_flight() {
        for threads in THREADS {
            let pool = Pool::new(Some(threads)).unwrap();
            let (read, written, most) = <(AtomicUsize, AtomicUsize, AtomicUsize)>::default();
            let next = || {
                let i = read.fetch_add(1, Ordering::SeqCst);
                most.fetch_max(i + 1 - written.load(Ordering::SeqCst), Ordering::SeqCst);
                (i < 100).then_some(i)
            };
            let write = |_| -> Result<(), ()> {
                written.fetch_add(1, Ordering::SeqCst);
                Ok(())
            };
            assert_eq!(pool.pipe(next, uneven, write), Ok(()));
            assert!(most.into_inner() <= 2 * threads, "{threads} threads");
        }
    }

    #[test]
    fn the_first_failed_write_ends_it() {
        for threads in THREADS {
            let pool = Pool::new(Some(threads)).unwrap();
            let mut reads = 0;
            let mut source = || {
                reads += 1;
                Some(reads)
            };
            let mut written = Vec::new();
            let write = |i| {
                written.push(i);
                if i == 3 { Err("disk full") } else { Ok(()) }
            };
            assert_eq!(pool.pipe(&mut source, |i| i, write), Err("disk full"));
            assert_eq!(written, [1, 2, 3]);
            assert!(reads <= 3 + 2 * threads);
        }
    }

    #[test]
    fn a_panic_at_work_comes_out_and_does_not_hang() {
        for threads in THREADS {
            let pool = Pool::new(Some(threads)).unwrap();
            let work = |i| if i == 7 { panic!("seven") } else { i };
            let (mut source, mut written) = (0..1_000_000, 0);
            let pipe = AssertUnwindSafe(|| {
                let write = |_| -> Result<(), ()> {
                    written += 1;
                    Ok(())
                };
                pool.pipe(|| source.next(), work, write)
            });
            let panic = catch_unwind(pipe).unwrap_err();
            assert_eq!(panic.downcast_ref(), Some(&"seven"));
            assert_eq!(written, 7);
            let map = AssertUnwindSafe(|| pool.map_ordered(0..10, work));
            assert!(catch_unwind(map).is_err());
            assert_eq!(pool.map_ordered(0..3, |i| i), [0, 1, 2], "the pool still works");
        }
    }
}
