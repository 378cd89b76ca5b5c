//! Things that keep something from use to use, and that threads take in turns.

use std::sync::{Mutex, PoisonError};

/// Those whom nobody needs now.
#[derive(Debug)]
pub(super) struct Idle<T>(Mutex<Vec<T>>);

impl<T> Default for Idle<T> {
    fn default() -> Idle<T> {
        Idle(Mutex::default())
    }
}

impl<T> Idle<T> {
    /// Hands one on, which is made where all are in use.
    pub(super) fn with<R>(&self, new: impl FnOnce() -> T, then: impl FnOnce(&mut T) -> R) -> R {
        let idle = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = idle().pop();
        let mut one = known.unwrap_or_else(new);
        let done = then(&mut one);
        idle().push(one);
        done
    }
}
