//! Bundles: put in force, rolled back, listed, given out and compared.

operations! { "bundles"
    /// Put a bundle in force, or say what that would do.
    ///
    /// The body is the bundle's files as one, as `GET /v1/bundles/{bundle}` gives them and `remit policy activate`
    /// sends them. The bundle is checked, its own tests are run, and it is held against what is open; then it is in
    /// force for everybody at once. No request is refused for it. Cases whose holder is gone, or may not keep them, are
    /// decided anew after that. Where it is in force already, nothing changes.
    activate_bundle = ActivateBundle {
        asks: [BUNDLE_ACTIVATE];
        of: [];
        runs: as a command;
        refuses: ActivateBundleRefusal {
            /// A parameter is not of its form, a reason is missing, a move means nothing, or the bundle cannot govern:
            /// `findings` says what is wrong with it, by file and line.
            Invalid,
            /// Something open would be left without anybody, which `survey` tells by who has it: say in `moves` where
            /// it goes; or another bundle is in force than `from` names.
            Conflict,
        }
    }

    /// Put the bundle in force again that was before the one in force, or say what that would do.
    roll_back_bundle = RollBackBundle {
        asks: [BUNDLE_ACTIVATE];
        of: [];
        runs: as a command;
        refuses: RollBackBundleRefusal {
            /// A reason is missing, a move means nothing, or the bundle cannot govern by now.
            Invalid,
            /// No bundle was in force before.
            NotFound,
            /// Something open would be left without anybody, which `survey` tells by who has it: say in `moves` where
            /// it goes; or another bundle is in force than `from` names.
            Conflict,
        }
    }

    /// List the bundles that came into force, oldest first: when, by whom, and why.
    list_bundles = ListBundles {
        asks: [BUNDLE_READ];
        of: [];
        runs: on the readers;
        refuses: ListBundlesRefusal {}
    }

    /// Give out the files of a bundle that came into force, as one body: each name and each content behind its length
    /// as 8 bytes, the highest first, in the order of the names. Its SHA-256 is the bundle's digest.
    get_bundle = GetBundle {
        asks: [BUNDLE_READ];
        of: [Bundle];
        runs: on the readers;
        refuses: GetBundleRefusal {
            /// None of this digest ever came into force.
            NotFound,
        }
    }

    /// Say how one bundle that came into force differs from another, by name.
    compare_bundles = CompareBundles {
        asks: [BUNDLE_READ];
        of: [Bundle, Other];
        runs: on the readers;
        refuses: CompareBundlesRefusal {
            /// One of them never came into force, or cannot be read by this version.
            NotFound,
        }
    }
}
