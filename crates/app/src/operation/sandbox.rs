//! Pages of the sandbox back office, for those who try out what is carried out there.

operations! { "operation"
    /// See what the sandbox back office did, newest first, and whose accounts and orders it has.
    ///
    /// A page for browsers, which changes nothing. They are asked for a password, which is the token; the name before
    /// it is anything.
    get_sandbox = GetSandbox {
        asks: [SANDBOX_READ];
        of: [];
        runs: at once;
        refuses: GetSandboxRefusal {
            /// A position is longer than anything of the sandbox's.
            Invalid,
            /// The bundle in force has no connector of this kind.
            NotFound,
        }
    }

    /// See what the sandbox back office has of one customer.
    get_sandbox_customer = GetSandboxCustomer {
        asks: [SANDBOX_READ];
        of: [Customer];
        runs: at once;
        refuses: GetSandboxCustomerRefusal {
            /// The bundle in force has no connector of this kind, or the sandbox no customer of this identifier.
            NotFound,
        }
    }
}
