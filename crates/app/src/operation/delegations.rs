//! Delegates and delegations: registered, asked for, granted and ended; and the tokens that are given out for them.

operations! { "delegations"
    /// Register a delegate: a customer's own AI agent, by its public keys.
    register_delegate = RegisterDelegate {
        asks: [DELEGATE_MANAGE];
        of: [];
        runs: as a command;
        refuses: RegisterDelegateRefusal {
            /// The name cannot be shown, the keys are none that can be used, or an address is none that is taken.
            Invalid,
            /// As many delegates are registered as there may be.
            LimitReached,
        }
    }

    /// List the delegates.
    list_delegates = ListDelegates {
        asks: [DELEGATE_READ];
        of: [];
        runs: on the readers;
        refuses: ListDelegatesRefusal {}
    }

    /// List agents that only signed their requests: who knocked, and how often.
    list_agents = ListAgents {
        asks: [AGENT_READ];
        of: [];
        runs: on the readers;
        refuses: ListAgentsRefusal {}
    }

    /// Take nothing of a delegate any more, from its next call on, until it is resumed.
    suspend_delegate = SuspendDelegate {
        asks: [DELEGATE_MANAGE];
        of: [Delegate];
        runs: as a command;
        refuses: SuspendDelegateRefusal {
            /// There is no such delegate.
            NotFound,
            /// It was changed meanwhile.
            Changed,
        }
    }

    /// Go on with a delegate that was suspended.
    resume_delegate = ResumeDelegate {
        asks: [DELEGATE_MANAGE];
        of: [Delegate];
        runs: as a command;
        refuses: ResumeDelegateRefusal {
            /// There is no such delegate.
            NotFound,
            /// It was changed meanwhile.
            Changed,
        }
    }

    /// Know a delegate by other keys. Whatever was given out before counts no more.
    replace_delegate_keys = ReplaceDelegateKeys {
        asks: [DELEGATE_MANAGE];
        of: [Delegate];
        runs: as a command;
        refuses: ReplaceDelegateKeysRefusal {
            /// The keys are none that can be used.
            Invalid,
            /// There is no such delegate.
            NotFound,
            /// It was changed meanwhile.
            Changed,
        }
    }

    /// Make a link by which a customer says once whether a delegate may act for them.
    ///
    /// Show it to that customer alone. Its secret is in this answer and nowhere else. Whoever has it can consent as the
    /// customer: it is made for programs of the organisation alone.
    ask_consent = AskConsent {
        asks: [DELEGATION_ASK];
        of: [];
        runs: as a secret command;
        refuses: AskConsentRefusal {
            /// There is no such delegate, a scope or an action is missing, named twice or not there, or a limit is
            /// none.
            Invalid,
            /// The delegate is suspended.
            Conflict,
            /// It was changed meanwhile.
            Changed,
        }
    }

    /// Read what a link asks. Nothing is changed by it.
    read_consent = ReadConsent {
        asks: [DELEGATION_GRANT];
        of: [];
        runs: on the readers for a link;
        refuses: ReadConsentRefusal {}
    }

    /// Grant a delegate what a link asks for, as the customer.
    accept_consent = AcceptConsent {
        asks: [DELEGATION_GRANT];
        of: [];
        runs: as a command for a link;
        refuses: AcceptConsentRefusal {
            /// The hash is not that of what the link asks, or `seen_ms` is out of its bounds.
            Invalid,
            /// The customer has had as many delegations as they may.
            LimitReached,
        }
    }

    /// Refuse what a link asks for, as the customer.
    refuse_consent = RefuseConsent {
        asks: [DELEGATION_GRANT];
        of: [];
        runs: as a command for a link;
        refuses: RefuseConsentRefusal {}
    }

    /// List what a customer granted, the newest first, and below each what its delegate gave on of it.
    list_delegations = ListDelegations {
        asks: [DELEGATION_READ];
        of: [Customer];
        runs: on the readers;
        refuses: ListDelegationsRefusal {}
    }

    /// End a delegation, and with it all that are narrowed from it: from their next call on.
    revoke_delegation = RevokeDelegation {
        asks: [DELEGATION_REVOKE];
        of: [Delegation];
        runs: as a command;
        refuses: RevokeDelegationRefusal {
            /// There is no such delegation.
            NotFound,
            /// It was changed meanwhile.
            Changed,
        }
    }

    /// Make a link by which a customer sees, limits and takes back what they granted.
    ///
    /// Show it to that customer alone. It can be used until it ends, and is kept nowhere.
    link_delegations = LinkDelegations {
        asks: [DELEGATION_ASK];
        of: [Customer];
        runs: as a secret command;
        refuses: LinkDelegationsRefusal {
            /// `hours` is out of its bounds, or the identifier is none.
            Invalid,
        }
    }

    /// Read what the customer of a link granted, and what was done under it. Nothing is changed by it.
    read_own_delegations = ReadOwnDelegations {
        asks: [DELEGATION_READ];
        of: [];
        runs: on the readers for a link;
        refuses: ReadOwnDelegationsRefusal {}
    }

    /// Limit a delegation further, as its customer.
    narrow_own_delegation = NarrowOwnDelegation {
        asks: [DELEGATION_REVOKE];
        of: [];
        runs: as a command for a link;
        refuses: NarrowOwnDelegationRefusal {
            /// It would allow more, or nothing.
            Invalid,
            /// They granted no such delegation.
            NotFound,
            /// It has ended.
            Conflict,
        }
    }

    /// Take a delegation back, as its customer: from its next call on.
    revoke_own_delegation = RevokeOwnDelegation {
        asks: [DELEGATION_REVOKE];
        of: [];
        runs: as a command for a link;
        refuses: RevokeOwnDelegationRefusal {
            /// They granted no such delegation.
            NotFound,
        }
    }

    /// Read the page on which customers do so.
    get_delegations_page = GetDelegationsPage {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetDelegationsPageRefusal {}
    }

    /// Read the script of that page.
    get_delegations_script = GetDelegationsScript {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetDelegationsScriptRefusal {}
    }

    /// Send a customer's browser to where they sign in, with what a delegate asks for (RFC 6749, section 4.1).
    authorize = Authorize {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: AuthorizeRefusal {
            /// There is no such delegate, it is suspended, or it is not registered with that address.
            Invalid,
            /// The server was not told where it is found, or where customers sign in.
            NotFound,
        }
    }

    /// Make a link for the browser of a customer who signed in, by which they say once whether the delegate that sent
    /// them may act for them.
    ///
    /// Send that browser to it: it is answered there and nowhere else. Whoever is named as the customer consents: it is
    /// made for the program that customers sign in with.
    ask_authorization = AskAuthorization {
        asks: [DELEGATION_ASK];
        of: [];
        runs: as a secret command;
        refuses: AskAuthorizationRefusal {
            /// What the browser came with is none of this server's, or too old.
            Invalid,
            /// The delegate is suspended.
            Conflict,
            /// It was changed meanwhile.
            Changed,
        }
    }

    /// Give an access token out to a delegate (RFC 6749, RFC 9449). Refusals are in the form of OAuth.
    issue_token = IssueToken {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: IssueTokenRefusal {}
    }

    /// Wait for a customer's yes to what a delegate requested (OpenID CIBA 1.0, in poll mode): the token endpoint is
    /// asked how it stands. Refusals are in the form of OAuth.
    ask_backchannel = AskBackchannel {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: AskBackchannelRefusal {}
    }

    /// Say what an access token of one's own lets be done, if anything (RFC 7662). Refusals are in the form of OAuth.
    introspect_token = IntrospectToken {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: IntrospectTokenRefusal {}
    }

    /// Revoke an access token of one's own (RFC 7009). Refusals are in the form of OAuth.
    revoke_access_token = RevokeAccessToken {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: RevokeAccessTokenRefusal {}
    }

    /// Read the keys that access tokens are signed with, as a JWK set.
    get_token_keys = GetTokenKeys {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetTokenKeysRefusal {}
    }

    /// Read what the authorization server says of itself (RFC 8414).
    get_authorization_server = GetAuthorizationServer {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetAuthorizationServerRefusal {
            /// The server was not told where it is found, and gives out no tokens.
            NotFound,
        }
    }

    /// Read what delegates find here and who gives out tokens for it (RFC 9728).
    get_protected_resource = GetProtectedResource {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetProtectedResourceRefusal {
            /// The server was not told where it is found, and gives out no tokens.
            NotFound,
        }
    }

    /// Read the page of a link that asks for consent.
    get_consent_page = GetConsentPage {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetConsentPageRefusal {}
    }

    /// Read the script of that page.
    get_consent_script = GetConsentScript {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetConsentScriptRefusal {}
    }
}
