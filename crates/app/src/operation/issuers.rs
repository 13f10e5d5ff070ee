//! Issuers: identity providers whose word is taken for customers, listed, changed and stopped, and whom they speak of.

operations! { "issuers"
    /// List an issuer: an identity provider whose word is taken for customers (ID-JAG).
    register_issuer = RegisterIssuer {
        asks: [ISSUER_MANAGE];
        of: [];
        runs: as a command;
        refuses: RegisterIssuerRefusal {
            /// The issuer is none or listed already, its keys cannot be read, or what its word would let be done is not
            /// there.
            Invalid,
            /// As many issuers are listed as there may be.
            LimitReached,
        }
    }

    /// Read which issuers are listed.
    list_issuers = ListIssuers {
        asks: [ISSUER_READ];
        of: [];
        runs: on the readers;
        refuses: ListIssuersRefusal {}
    }

    /// Say what an issuer's word lets be done. What it began before that is wider counts no more.
    set_issuer_word = SetIssuerWord {
        asks: [ISSUER_MANAGE];
        of: [Issuer];
        runs: as a command;
        refuses: SetIssuerWordRefusal {
            /// What its word would let be done is not there.
            Invalid,
            /// There is no such issuer.
            NotFound,
            /// It was changed meanwhile.
            Changed,
        }
    }

    /// Know an issuer by other keys: those of before count no more.
    replace_issuer_keys = ReplaceIssuerKeys {
        asks: [ISSUER_MANAGE];
        of: [Issuer];
        runs: as a command;
        refuses: ReplaceIssuerKeysRefusal {
            /// The keys cannot be read, or are none that can be used.
            Invalid,
            /// There is no such issuer.
            NotFound,
            /// It was changed meanwhile.
            Changed,
        }
    }

    /// Take nothing of an issuer any more, nor of what its word began, from the next call on, until it is resumed.
    suspend_issuer = SuspendIssuer {
        asks: [ISSUER_MANAGE];
        of: [Issuer];
        runs: as a command;
        refuses: SuspendIssuerRefusal {
            /// There is no such issuer.
            NotFound,
            /// It was changed meanwhile.
            Changed,
        }
    }

    /// Go on with an issuer that was suspended.
    resume_issuer = ResumeIssuer {
        asks: [ISSUER_MANAGE];
        of: [Issuer];
        runs: as a command;
        refuses: ResumeIssuerRefusal {
            /// There is no such issuer.
            NotFound,
            /// It was changed meanwhile.
            Changed,
        }
    }

    /// Say which customer somebody is whom an issuer speaks of, or that nothing is taken of them.
    set_issuer_subject = SetIssuerSubject {
        asks: [ISSUER_MANAGE];
        of: [Issuer];
        runs: as a command;
        refuses: SetIssuerSubjectRefusal {
            /// The subject or the customer is no name.
            Invalid,
            /// There is no such issuer.
            NotFound,
            /// It was changed meanwhile.
            Changed,
        }
    }
}
