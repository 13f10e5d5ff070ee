//! What is known of customers: said, and read.

operations! { "cases"
    /// Say what is known of a customer, by the facts that the bundle declares.
    ///
    /// The customer is named by your own identifier, or by the pseudonym. What is not named stays. It counts from the
    /// next decision on, and is sealed under the customer's key.
    put_facts = PutFacts {
        asks: [FACT_SET];
        of: [Customer];
        runs: as a command;
        refuses: PutFactsRefusal {
            /// There is no fact, one is none that the bundle declares, does not fit its declaration, or is not for this
            /// source to say; the token has no such source; or the identifier is empty or too long.
            Invalid,
            /// Others said what is known of the customer again and again meanwhile.
            Changed,
        }
    }

    /// Read what is known of a customer, with who said it and when.
    get_facts = GetFacts {
        asks: [FACT_READ];
        of: [Customer];
        runs: at once;
        refuses: GetFactsRefusal {
            /// The identifier is empty or too long.
            Invalid,
            /// Nothing is known of a customer of this identifier.
            NotFound,
        }
    }
}
