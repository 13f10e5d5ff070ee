//! Where each operation is found: its method, its address, and the status of what it answers with when it is carried
//! out. Handlers are bound to these, and clients ask at them.

use remit_app::{
    operation::{self, Operation},
    signature::Signed,
};

/// A method of HTTP that is used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Writes.
    Post,
    /// Says anew.
    Put,
    /// Ends something.
    Delete,
}

/// Where an operation is found.
#[derive(Debug, Clone, Copy)]
pub struct OperationAddress {
    /// The method.
    pub method: Method,
    /// The path, in which names stand for what the operation is about, in order.
    pub path: &'static str,
    /// The status of each form in which it answers.
    pub statuses: &'static [u16],
    /// Whether the interface's description has it. Of what has not, pages are no interface, and tiles have addresses of
    /// a changing number of parts, which OpenAPI cannot say.
    pub described: bool,
}

/// An operation that is found somewhere.
pub trait Addressed: Signed {
    /// Where.
    const ADDRESS: OperationAddress;
}

macro_rules! addresses {
    ($($operation:ident = $method:ident $path:literal [$($status:literal),+] $($aside:ident)?;)*) => {
        $(
            impl Addressed for operation::$operation {
                const ADDRESS: OperationAddress = OperationAddress {
                    method: Method::$method,
                    path: $path,
                    statuses: &[$($status),+],
                    described: {
                        let aside: &[&str] = &[$(stringify!($aside)),*];
                        aside.is_empty()
                    },
                };
            }

            const _: () = assert!(
                names(<operation::$operation as Addressed>::ADDRESS.path)
                    == <operation::$operation as Operation>::DECLARATION.of.len(),
                "a path names more or fewer things than its operation is about"
            );
        )*
    };
}

/// How many names a path has.
const fn names(path: &str) -> usize {
    let (mut rest, mut count) = (path.as_bytes(), 0);
    while let [first, more @ ..] = rest {
        if *first == b'{' {
            count += 1;
        }
        rest = more;
    }
    count
}

addresses! {
    GetKey = Get "/ledger/key" [200];
    GetCheckpoint = Get "/ledger/checkpoint" [200];
    GetTile = Get "/ledger/{*path}" [200] aside;
    TransferCase = Post "/v1/cases/{id}/transfer" [201];
    KeepCase = Post "/v1/cases/{id}/keep" [200];
    EndSituation = Post "/v1/cases/{id}/situations/end" [200];
    DeferCase = Post "/v1/cases/{id}/deferrals" [201];
    EndDeferral = Post "/v1/cases/{id}/deferrals/end" [200];
    AskConsult = Post "/v1/cases/{id}/consults" [201];
    AnswerConsult = Post "/v1/cases/{id}/advice" [201];
    ListConsults = Get "/v1/consults" [200];
    EndAction = Post "/v1/cases/{id}/actions" [200];
    MergeCase = Post "/v1/cases/{id}/merge" [200];
    GetContext = Get "/v1/cases/{id}/context" [200];
    PutFacts = Put "/v1/customers/{id}/facts" [200];
    GetFacts = Get "/v1/customers/{id}/facts" [200];
    OpenCase = Post "/v1/cases" [201, 200];
    ListCases = Get "/v1/cases" [200];
    GetCase = Get "/v1/cases/{id}" [200];
    PostMessage = Post "/v1/cases/{id}/messages" [201];
    ListMessages = Get "/v1/cases/{id}/messages" [200];
    PostSignals = Post "/v1/cases/{id}/signals" [200];
    SetFields = Post "/v1/cases/{id}/fields" [200];
    RequestHandoff = Post "/v1/cases/{id}/handoffs" [201];
    MakeOverride = Post "/v1/cases/{id}/overrides" [201];
    ResolveCase = Post "/v1/cases/{id}/resolve" [200];
    ReopenCase = Post "/v1/cases/{id}/reopen" [200];
    ListTimeline = Get "/v1/cases/{id}/timeline" [200];
    AddAttachment = Post "/v1/cases/{id}/attachments" [201];
    GetAttachment = Get "/v1/cases/{id}/attachments/{attachment}" [200];
    GiveCaseFeedback = Post "/v1/cases/{id}/feedback" [200];
    AbandonCase = Post "/v1/cases/{id}/abandon" [200];
    GetHealth = Get "/healthz" [200];
    GetReadiness = Get "/readyz" [200];
    GetMetrics = Get "/metrics" [200];
    GetProblem = Get "/problems/{slug}" [200];
    GetDescription = Get "/v1/openapi.json" [200] aside;
    MakeSubscription = Post "/v1/subscriptions" [201];
    ListSubscriptions = Get "/v1/subscriptions" [200];
    GetSubscription = Get "/v1/subscriptions/{id}" [200];
    DeleteSubscription = Delete "/v1/subscriptions/{id}" [204];
    PauseSubscription = Post "/v1/subscriptions/{id}/pause" [200];
    ResumeSubscription = Post "/v1/subscriptions/{id}/resume" [200];
    ReplaySubscription = Post "/v1/subscriptions/{id}/replay" [200];
    RotateSecret = Post "/v1/subscriptions/{id}/rotate" [200];
    TestSubscription = Post "/v1/subscriptions/{id}/test" [200];
    ListDeadLetters = Get "/v1/subscriptions/{id}/dead" [200];
    DiscardDeadLetter = Delete "/v1/subscriptions/{id}/dead/{seq}" [204];
    RetryDeadLetter = Post "/v1/subscriptions/{id}/dead/{seq}/retry" [204];
    FollowEvents = Get "/v1/events" [200];
    ListHistory = Get "/v1/streams/{kind}/{id}/timeline" [200];
    StartChat = Post "/v1/chats" [201];
    EnterChat = Post "/chat/v1/session" [200];
    GetConversation = Get "/chat/v1/{chat}/conversation" [200];
    FollowConversation = Get "/chat/v1/{chat}/events" [200];
    Say = Post "/chat/v1/{chat}/messages" [204];
    AskForHuman = Post "/chat/v1/{chat}/human" [204];
    GetCallback = Get "/chat/v1/{chat}/callback" [200];
    AskForCallback = Post "/chat/v1/{chat}/callback" [204];
    EndCallback = Post "/chat/v1/{chat}/callback/end" [204];
    ListAsked = Get "/chat/v1/{chat}/requests" [200];
    AskForAction = Post "/chat/v1/{chat}/requests" [201];
    ConfirmAsked = Post "/chat/v1/{chat}/requests/confirm" [204];
    DeclineAsked = Post "/chat/v1/{chat}/requests/decline" [204];
    Judge = Post "/chat/v1/{chat}/feedback" [204];
    AttachFile = Post "/chat/v1/{chat}/attachments" [204];
    GetFile = Get "/chat/v1/{chat}/attachments/{attachment}" [200];
    GetChatPage = Get "/chat" [200] aside;
    GetChatStyle = Get "/chat/page.css" [200] aside;
    GetChatScript = Get "/chat/page.js" [200] aside;
    GetSandbox = Get "/sandbox" [200] aside;
    GetSandboxCustomer = Get "/sandbox/customers/{id}" [200] aside;
    MakeToken = Post "/v1/tokens" [201];
    ListTokens = Get "/v1/tokens" [200];
    RevokeToken = Delete "/v1/tokens/{id}" [204];
    ForgetName = Delete "/v1/tokens/{id}/name" [204];
    GetDecision = Get "/v1/decisions/{id}" [200];
    ReplayDecision = Post "/v1/decisions/{id}/replay" [200];
    AskRoute = Post "/v1/route" [200];
    ListOutcomes = Get "/v1/outcomes" [200];
    GetDemandHistory = Get "/v1/capacity/history" [200];
    GetDemandHistoryFile = Get "/v1/capacity/history.csv" [200];
    ListBaselineProposals = Get "/v1/capacity/proposals" [200];
    GetBaselineProposal = Get "/v1/capacity/proposals/{proposal}" [200];
    AcceptBaseline = Post "/v1/capacity/proposals/{proposal}/accept" [200];
    DeclineBaseline = Post "/v1/capacity/proposals/{proposal}/decline" [200];
    ListOverrides = Get "/v1/overrides" [200];
    EraseCustomer = Post "/v1/customers/erase" [200];
    ActivateBundle = Post "/v1/bundles" [200];
    RollBackBundle = Post "/v1/bundles/rollback" [200];
    ListBundles = Get "/v1/bundles" [200];
    GetBundle = Get "/v1/bundles/{bundle}" [200];
    CompareBundles = Get "/v1/bundles/{bundle}/compare/{other}" [200];
    AskRequest = Post "/v1/cases/{case}/requests" [201];
    PreviewRequest = Post "/v1/cases/{case}/requests/preview" [200];
    ListRequests = Get "/v1/cases/{case}/requests" [200];
    Reconcile = Post "/v1/reconciliations" [200];
    ListReconciliations = Get "/v1/reconciliations" [200];
    GetReconciliation = Get "/v1/reconciliations/{reconciliation}" [200];
    GetRequest = Get "/v1/requests/{request}" [200];
    ConfirmRequest = Post "/v1/requests/{request}/confirm" [200];
    DeclineRequest = Post "/v1/requests/{request}/decline" [200];
    ConfirmRequests = Post "/v1/requests/confirm" [200];
    MakeLink = Post "/v1/requests/{request}/link" [201];
    ReadLink = Post "/confirm/v1/requests" [200];
    ConfirmByLink = Post "/confirm/v1/confirm" [204];
    DeclineByLink = Post "/confirm/v1/decline" [204];
    GetConfirmPage = Get "/confirm" [200] aside;
    GetConfirmStyle = Get "/confirm/page.css" [200] aside;
    GetConfirmScript = Get "/confirm/page.js" [200] aside;
    ConcludeRequest = Post "/v1/requests/{request}/conclude" [200];
    WithdrawRequest = Post "/v1/requests/{request}/withdraw" [200];

    RegisterDelegate = Post "/v1/delegates" [201];
    ListDelegates = Get "/v1/delegates" [200];
    ListAgents = Get "/v1/agents" [200];
    SuspendDelegate = Post "/v1/delegates/{delegate}/suspend" [200];
    ResumeDelegate = Post "/v1/delegates/{delegate}/resume" [200];
    ReplaceDelegateKeys = Put "/v1/delegates/{delegate}/keys" [200];
    AskConsent = Post "/v1/consents" [201];
    ListDelegations = Get "/v1/customers/{id}/delegations" [200];
    RevokeDelegation = Post "/v1/delegations/{delegation}/revoke" [200];
    ReadConsent = Post "/consent/v1/read" [200];
    AcceptConsent = Post "/consent/v1/accept" [200];
    RefuseConsent = Post "/consent/v1/refuse" [200];
    GetConsentPage = Get "/consent" [200] aside;
    GetConsentScript = Get "/consent/page.js" [200] aside;
    LinkDelegations = Post "/v1/customers/{id}/delegations/link" [201];
    ReadOwnDelegations = Post "/delegations/v1/read" [200];
    NarrowOwnDelegation = Post "/delegations/v1/narrow" [200];
    RevokeOwnDelegation = Post "/delegations/v1/revoke" [200];
    GetDelegationsPage = Get "/delegations" [200] aside;
    GetDelegationsScript = Get "/delegations/page.js" [200] aside;
    RegisterIssuer = Post "/v1/issuers" [201];
    ListIssuers = Get "/v1/issuers" [200];
    SetIssuerWord = Put "/v1/issuers/{issuer}/word" [200];
    ReplaceIssuerKeys = Put "/v1/issuers/{issuer}/keys" [200];
    SuspendIssuer = Post "/v1/issuers/{issuer}/suspend" [200];
    ResumeIssuer = Post "/v1/issuers/{issuer}/resume" [200];
    SetIssuerSubject = Put "/v1/issuers/{issuer}/subjects" [200];
    Authorize = Get "/oauth/authorize" [303] aside;
    AskAuthorization = Post "/v1/authorizations" [201];
    IssueToken = Post "/oauth/token" [200] aside;
    AskBackchannel = Post "/oauth/bc-authorize" [200] aside;
    IntrospectToken = Post "/oauth/introspect" [200] aside;
    RevokeAccessToken = Post "/oauth/revoke" [200] aside;
    GetTokenKeys = Get "/oauth/jwks" [200] aside;
    GetAuthorizationServer = Get "/.well-known/oauth-authorization-server" [200] aside;
    GetProtectedResource = Get "/.well-known/oauth-protected-resource" [200] aside;
    OpenDelegatedCase = Post "/delegate/v1/cases" [201];
    ListDelegatedCases = Get "/delegate/v1/cases" [200];
    GetDelegatedCase = Get "/delegate/v1/cases/{case}" [200];
    WriteDelegated = Post "/delegate/v1/cases/{case}/messages" [201];
    AskDelegated = Post "/delegate/v1/cases/{case}/requests" [201];
    GetDelegatedRequest = Get "/delegate/v1/requests/{request}" [200];
    WithdrawDelegated = Post "/delegate/v1/requests/{request}/withdraw" [200];

    EvaluateAccess = Post "/access/v1/evaluation" [200];
    EvaluateSeveral = Post "/access/v1/evaluations" [200];
    SearchSubjects = Post "/access/v1/search/subject" [200];
    SearchResources = Post "/access/v1/search/resource" [200];
    SearchActions = Post "/access/v1/search/action" [200];
    SubmitAccessRequest = Post "/access/v1/requests" [201];
    GetAccessRequest = Get "/access/v1/requests/{request}" [200];
    CancelAccessRequest = Post "/access/v1/requests/{request}/cancel" [200];
    GetAccessConfiguration = Get "/.well-known/authzen-configuration" [200] aside;

    RaiseException = Post "/v1/cases/{id}/exceptions" [201];
    ListExceptions = Get "/v1/exceptions" [200];
    ListUnreachable = Get "/v1/exceptions/unreachable" [200];
    OwnException = Post "/v1/exceptions/{id}/own" [200];
    GiveUpException = Post "/v1/exceptions/{id}/own/end" [200];
    ResolveException = Post "/v1/exceptions/{id}/resolve" [200];
    InviteStaff = Post "/v1/staff/{name}/invitation" [201];
    EndAccount = Delete "/v1/staff/{name}/account" [204];
    ListSessions = Get "/v1/sessions" [200];
    EndSession = Delete "/v1/sessions/{id}" [204];
    SignIn = Post "/sign-in/v1/password" [204];
    AcceptInvitation = Post "/sign-in/v1/invitation" [204];
    GetSignInWays = Get "/sign-in/v1/ways" [200];
    BeginProviderSignIn = Get "/sign-in/v1/begin" [303] aside;
    CompleteProviderSignIn = Get "/sign-in/v1/callback" [303] aside;
    BackChannelLogout = Post "/sign-in/v1/back-channel-logout" [200] aside;
    GetSession = Get "/sign-in/v1/session" [200];
    SignOut = Post "/sign-in/v1/sign-out" [204];
    BeginPasskeySignIn = Post "/sign-in/v1/passkey/begin" [200];
    SignInByPasskey = Post "/sign-in/v1/passkey" [204];
    GetOwnAccount = Get "/sign-in/v1/account" [200];
    BeginPasskey = Post "/sign-in/v1/passkeys/begin" [200];
    RegisterPasskey = Post "/sign-in/v1/passkeys" [201];
    RemoveOwnPasskey = Delete "/sign-in/v1/passkeys/{id}" [204];
    RemoveOwnPassword = Delete "/sign-in/v1/password" [204];
    ListOwnSessions = Get "/sign-in/v1/sessions" [200];
    EndOwnSession = Delete "/sign-in/v1/sessions/{id}" [204];
    EndOtherSessions = Post "/sign-in/v1/sessions/end-others" [204];
    ListPasskeys = Get "/v1/staff/{name}/passkeys" [200];
    RemovePasskey = Delete "/v1/staff/{name}/passkeys/{id}" [204];
    GetAccountPage = Get "/account" [200] aside;
    GetAccountScript = Get "/account/page.js" [200] aside;
    GetPasskeyScript = Get "/sign-in/passkey.js" [200] aside;
    GetSignInPage = Get "/sign-in" [200] aside;
    GetSignOutPage = Get "/sign-out" [200] aside;
    GetSignInScript = Get "/sign-in/page.js" [200] aside;
    NoteStaff = Post "/v1/staff" [200];
    RemoveStaff = Delete "/v1/staff/{name}" [204];
    ListStaff = Get "/v1/staff" [200];
    SetPresence = Post "/v1/staff/{name}/presence" [200];
    GetWork = Get "/v1/staff/{name}/work" [200];
    ListQueues = Get "/v1/queues" [200];
    AnswerOffer = Post "/v1/cases/{id}/offer" [200];
    ListStopped = Get "/v1/responders/stopped" [200];
    ListRespondersUnreachable = Get "/v1/responders/unreachable" [200];
    ResetOutcomes = Post "/v1/responders/{name}/outcomes/reset" [204];
    ResumeAi = Post "/v1/responders/{name}/resume" [204];
}

/// The path of an operation on what `names` says, in order.
pub fn path<O: Addressed>(_: O, names: &[&str]) -> String {
    let mut names = names.iter();
    let part = |part: &str| match part.starts_with('{') {
        true => encoded(names.next().copied().unwrap_or_default()),
        false => part.to_owned(),
    };
    O::ADDRESS.path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// A name as a part of a path or of a query: whatever is not unreserved in RFC 3986 is written in percent encoding.
pub fn encoded(name: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    name.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_their_places_and_stay_within_them() {
        assert_eq!(path(operation::GetDescription, &[]), "/v1/openapi.json");
        assert_eq!(path(operation::RetryDeadLetter, &["sub_1", "7"]), "/v1/subscriptions/sub_1/dead/7/retry");
        assert_eq!(path(operation::GetCase, &["../tokens?a=b\u{e9}"]), "/v1/cases/..%2Ftokens%3Fa%3Db%C3%A9");
    }
}
