//! The ledger in its published form (c2sp.org/tlog-tiles), for auditors.

operations! { "ledger"
    /// Read the verifier key under which checkpoints are signed.
    get_key = GetKey {
        asks: [LEDGER_READ];
        of: [];
        runs: at once;
        refuses: GetKeyRefusal {}
    }

    /// Read the newest signed checkpoint.
    ///
    /// Its tiles and entry bundles are at `/ledger/tile/…`, addressed as c2sp.org/tlog-tiles says.
    get_checkpoint = GetCheckpoint {
        asks: [LEDGER_READ];
        of: [];
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
        runs: on the readers;
        refuses: GetTileRefusal {
            /// The ledger has no such tile.
            NotFound,
        }
    }
}
