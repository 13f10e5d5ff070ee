//! The ledger in its published form (c2sp.org/tlog-tiles), for auditors.

use super::form::PLAIN;
use crate::operation::{Bytes, Nothing, Text};

operations! { "ledger"
    /// Read the verifier key under which checkpoints are signed.
    get_key = GetKey {
        asks: [LEDGER_READ];
        of: [];
        takes: Nothing;
        gives: Text<PLAIN>, "In the form of c2sp.org/signed-note.";
        runs: at once;
        refuses: GetKeyRefusal {}
    }

    /// Read the newest signed checkpoint.
    ///
    /// Its tiles and entry bundles are at `/ledger/tile/…`, addressed as c2sp.org/tlog-tiles says.
    get_checkpoint = GetCheckpoint {
        asks: [LEDGER_READ];
        of: [];
        takes: Nothing;
        gives: Text<PLAIN>, "In the form of c2sp.org/tlog-checkpoint.";
        runs: at once;
        refuses: GetCheckpointRefusal {
            /// No checkpoint has been signed yet.
            NotFound,
        }
    }

    /// Read a tile of the ledger, or a bundle of entries.
    get_tile = GetTile {
        asks: [LEDGER_READ];
        of: [Tile];
        takes: Nothing;
        gives: Bytes, "In the form of c2sp.org/tlog-tiles.";
        runs: on the readers;
        refuses: GetTileRefusal {
            /// The ledger has no such tile.
            NotFound,
        }
    }
}
