//! SHA-256 in the digits that `sha256sum` prints.

use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::input::Input;

/// The digest of a value.
pub(super) fn of_value(value: &[u8]) -> String {
    hex(&Sha256::digest(value))
}

/// The digest of a file as it is on disk.
pub(super) fn of_input(input: &Input) -> Result<String> {
    let mut digest = Sha256::new();
    input.raw(&mut |piece| digest.update(piece))?;
    Ok(hex(&digest.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_sha256sum() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(of_value(b""), empty);
    }
}
