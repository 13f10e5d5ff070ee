//! Tokens: made, listed and revoked, and their names forgotten.

operations! { "administration"
    /// Make a token. Its secret is in this answer and nowhere else.
    make_token = MakeToken {
        asks: [TOKEN_MANAGE];
        of: [];
        runs: as a secret command;
        refuses: MakeTokenRefusal {
            /// The name is none that records can have, there is no role or one is named twice or not known, a role
            /// lacks what it is for, what the token names is not known, or the days are none of 1 to 366.
            Invalid,
            /// It is asked in a session, more than 15 minutes after signing in.
            SignInRefused,
        }
    }

    /// List the tokens, without their secrets.
    list_tokens = ListTokens {
        asks: [TOKEN_MANAGE];
        of: [];
        runs: on the readers;
        refuses: ListTokensRefusal {}
    }

    /// Revoke a token; it is refused from the next request on.
    revoke_token = RevokeToken {
        asks: [TOKEN_MANAGE];
        of: [Token];
        runs: as a command;
        refuses: RevokeTokenRefusal {
            /// There is no such token.
            NotFound,
        }
    }

    /// Forget the name of a token that was revoked. What was done with it is shown under its identifier from then on.
    forget_name = ForgetName {
        asks: [TOKEN_MANAGE];
        of: [Token];
        runs: as a command;
        refuses: ForgetNameRefusal {
            /// No name of such a token is kept, or it still stands and is to be revoked first.
            NotFound,
        }
    }
}
