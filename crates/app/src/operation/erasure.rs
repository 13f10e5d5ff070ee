//! Erasure: a customer's words destroyed.

operations! { "administration"
    /// Destroy a customer's words on every case by destroying their key; the evidence remains verifiable. What is open
    /// on their cases ends. The answer says whether something is still to come; asked again meanwhile, it says how far
    /// it is.
    erase_customer = EraseCustomer {
        asks: [CUSTOMER_ERASE];
        of: [];
        runs: as a command;
        refuses: EraseCustomerRefusal {
            /// The identifier is empty or too long.
            Invalid,
            /// No customer of this identifier is on record, or their words are gone already.
            NotFound,
        }
    }
}
