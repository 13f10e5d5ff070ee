//! People who work here, signed in with a browser.

operations! { "sign-in"
    /// Make the link by which somebody who works here chooses a password, once.
    ///
    /// They have these roles from then on. A link that they had counts no more; a password that they have does until
    /// they choose another one.
    invite_staff = InviteStaff {
        asks: [STAFF_INVITE];
        of: [Staff];
        runs: as a secret command;
        refuses: InviteStaffRefusal {
            /// The name is none, there is no role, or one that people do not have, the name is not noted as staff and
            /// would have that role, or the hours are none of 1 to 168.
            Invalid,
            /// The account, or a session of it, changed in this moment; or people sign in by an identity provider.
            Conflict,
            /// It is asked in a session, more than 15 minutes after signing in.
            SignInRefused,
        }
    }

    /// End what somebody signs in with, and every session that they have.
    end_account = EndAccount {
        asks: [STAFF_INVITE];
        of: [Staff];
        runs: as a command;
        refuses: EndAccountRefusal {
            /// Nobody signs in under this name.
            NotFound,
            /// The account, or a session of it, changed in this moment.
            Conflict,
        }
    }

    /// List the sessions that stand, the newest first.
    list_sessions = ListSessions {
        asks: [SESSION_READ];
        of: [];
        runs: on the readers;
        refuses: ListSessionsRefusal {}
    }

    /// End a session; it is refused from the next request on.
    end_session = EndSession {
        asks: [SESSION_END];
        of: [Session];
        runs: as a command;
        refuses: EndSessionRefusal {
            /// There is no such session, or it is over.
            NotFound,
        }
    }

    /// Sign in with a name and a password. The answer sets the cookie of the session.
    ///
    /// An unknown name is answered as a wrong password is.
    sign_in = SignIn {
        asks: [];
        of: [];
        runs: as a command for everybody;
        refuses: SignInRefusal {
            /// There is no such name with this password, or people sign in by an identity provider.
            SignInRefused,
            /// Too many attempts came under this name, or from this address.
            TooManySignIns,
        }
    }

    /// Choose a password, by a link that is valid once.
    accept_invitation = AcceptInvitation {
        asks: [];
        of: [];
        runs: as a command for everybody;
        refuses: AcceptInvitationRefusal {
            /// The password is too short, too long or too easy to guess.
            Invalid,
            /// The link was used, another one took its place, or its time is over.
            LinkEnded,
            /// Too many attempts came for this name, or from this address.
            TooManySignIns,
        }
    }

    /// Tell how people sign in here.
    get_sign_in_ways = GetSignInWays {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetSignInWaysRefusal {}
    }

    /// Send a browser to the identity provider (OpenID Connect, with PKCE), and on to `return` once it is back.
    begin_provider_sign_in = BeginProviderSignIn {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: BeginProviderSignInRefusal {
            /// `return` is no path of this server.
            Invalid,
            /// No identity provider was declared.
            NotFound,
            /// Too many sign-ins began from this address.
            TooManySignIns,
            /// The identity provider does not answer.
            ProviderUnreachable,
        }
    }

    /// End a sign-in as the browser comes back from the identity provider.
    complete_provider_sign_in = CompleteProviderSignIn {
        asks: [];
        of: [];
        runs: as a command for everybody;
        refuses: CompleteProviderSignInRefusal {
            /// No identity provider was declared.
            NotFound,
            /// The identity provider did not sign them in, or whom it names has no name or role here.
            SignInRefused,
            /// Too many sign-ins came from this address.
            TooManySignIns,
            /// The identity provider does not answer.
            ProviderUnreachable,
        }
    }

    /// End the sessions of who signed out at the identity provider (OpenID Connect Back-Channel Logout 1.0).
    back_channel_logout = BackChannelLogout {
        asks: [];
        of: [];
        runs: as a command for everybody;
        refuses: BackChannelLogoutRefusal {
            /// The logout token is not taken.
            BadRequest,
            /// No identity provider was declared.
            NotFound,
            /// The identity provider does not answer.
            ProviderUnreachable,
        }
    }

    /// Begin a sign-in by a passkey: what the browser is asked for, which it can answer once and within five minutes.
    begin_passkey_sign_in = BeginPasskeySignIn {
        asks: [];
        of: [];
        runs: as a command for everybody;
        refuses: BeginPasskeySignInRefusal {
            /// Nobody has passkeys here.
            SignInRefused,
            /// Too many attempts came from this address.
            TooManySignIns,
        }
    }

    /// Sign in with a passkey alone. The answer sets the cookie of the session.
    sign_in_by_passkey = SignInByPasskey {
        asks: [];
        of: [];
        runs: as a command for everybody;
        refuses: SignInByPasskeyRefusal {
            /// The passkey is not known or signs nobody in any more, or its answer is not what this browser was asked.
            SignInRefused,
            /// Too many attempts came with this person's passkeys, or from this address.
            TooManySignIns,
        }
    }

    /// Tell somebody what they sign in with: their passkeys, and whether they have a password.
    get_own_account = GetOwnAccount {
        asks: [];
        of: [];
        runs: at once in a session;
        refuses: GetOwnAccountRefusal {
            /// The session is over.
            NotFound,
        }
    }

    /// Begin to register a passkey: what the browser is asked for, which it can answer once and within five minutes.
    begin_passkey = BeginPasskey {
        asks: [];
        of: [];
        runs: as a command in a session;
        refuses: BeginPasskeyRefusal {
            /// Nobody has passkeys here.
            Conflict,
            /// More than 15 minutes have passed since they signed in.
            SignInRefused,
            /// They have as many passkeys as there may be.
            LimitReached,
        }
    }

    /// Register a passkey that the browser made.
    register_passkey = RegisterPasskey {
        asks: [];
        of: [];
        runs: as a command in a session;
        refuses: RegisterPasskeyRefusal {
            /// The name is none, or what the browser sent is not what it was asked for.
            Invalid,
            /// Nobody has passkeys here, nothing was asked in this session, or the account changed in this moment.
            Conflict,
            /// More than 15 minutes have passed since they signed in.
            SignInRefused,
            /// They have as many passkeys as there may be.
            LimitReached,
        }
    }

    /// Remove a passkey of one's own. The sessions that it began end with it.
    remove_own_passkey = RemoveOwnPasskey {
        asks: [];
        of: [Passkey];
        runs: as a command in a session;
        refuses: RemoveOwnPasskeyRefusal {
            /// They have no such passkey.
            NotFound,
            /// They sign in with nothing else, or the account changed in this moment.
            Conflict,
            /// More than 15 minutes have passed since they signed in.
            SignInRefused,
        }
    }

    /// Remove one's own password, and sign in with passkeys alone from then on. Every session ends with it.
    remove_own_password = RemoveOwnPassword {
        asks: [];
        of: [];
        runs: as a command in a session;
        refuses: RemoveOwnPasswordRefusal {
            /// They have no password, or the account changed in this moment.
            Conflict,
            /// The session was not begun by a passkey, or more than 15 minutes ago.
            SignInRefused,
        }
    }

    /// List the sessions of who asks, the newest first: when each began, when it was used last, and from what.
    list_own_sessions = ListOwnSessions {
        asks: [];
        of: [];
        runs: at once in a session;
        refuses: ListOwnSessionsRefusal {
            /// The session is over.
            NotFound,
        }
    }

    /// End a session of one's own, this one or another.
    end_own_session = EndOwnSession {
        asks: [];
        of: [Session];
        runs: as a command in a session;
        refuses: EndOwnSessionRefusal {
            /// They have no such session, or it is over.
            NotFound,
        }
    }

    /// End all sessions of one's own but this one.
    end_other_sessions = EndOtherSessions {
        asks: [];
        of: [];
        runs: as a command in a session;
        refuses: EndOtherSessionsRefusal {
            /// The session is over.
            NotFound,
        }
    }

    /// List somebody's passkeys.
    list_passkeys = ListPasskeys {
        asks: [STAFF_INVITE];
        of: [Staff];
        runs: on the readers;
        refuses: ListPasskeysRefusal {}
    }

    /// Remove somebody's passkey, as where a device is lost. The sessions that it began end with it.
    remove_passkey = RemovePasskey {
        asks: [STAFF_INVITE];
        of: [Staff, Passkey];
        runs: as a command;
        refuses: RemovePasskeyRefusal {
            /// They have no such passkey.
            NotFound,
            /// The account, or a session of it, changed in this moment.
            Conflict,
        }
    }

    /// Tell who is signed in, and what each change that their page asks for is sent with.
    get_session = GetSession {
        asks: [];
        of: [];
        runs: at once in a session;
        refuses: GetSessionRefusal {
            /// The session is over.
            NotFound,
        }
    }

    /// Sign out: end the session, and have the browser forget it.
    sign_out = SignOut {
        asks: [];
        of: [];
        runs: as a command in a session;
        refuses: SignOutRefusal {}
    }

    /// The page on which people who work here sign in, and choose a password.
    get_sign_in_page = GetSignInPage {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetSignInPageRefusal {}
    }

    /// The page on which they sign out.
    get_sign_out_page = GetSignOutPage {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetSignOutPageRefusal {}
    }

    /// The page on which they see and change what they sign in with.
    get_account_page = GetAccountPage {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetAccountPageRefusal {}
    }

    /// The script of that page.
    get_account_script = GetAccountScript {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetAccountScriptRefusal {}
    }

    /// What both pages ask devices for passkeys by.
    get_passkey_script = GetPasskeyScript {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetPasskeyScriptRefusal {}
    }

    /// The script of the page.
    get_sign_in_script = GetSignInScript {
        asks: [];
        of: [];
        runs: for everybody;
        refuses: GetSignInScriptRefusal {}
    }
}
