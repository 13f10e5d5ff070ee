//! The signature of each operation: what it takes and gives, as types, whose schemas can be read while the program
//! runs.

mod form;

use crate::{
    agent::list::AgentView,
    ai::{
        breaker::{self, StoppedView, UnreachableView},
        handover::ContextView,
    },
    authzen::{access_request, sent, told},
    bundle::{
        activate::{self, Activation},
        catalogue::{BundleView, Comparison},
    },
    capacity::{
        history::{AskDemandHistory, DemandHistoryView},
        proposal::{BaselineProposalView, DecideBaseline},
    },
    case::{
        action,
        automatic::NothingOpened,
        consult::{self, ConsultView},
        counted::CaseAnswer,
        defer, end, exception,
        feedback::GiveFeedback,
        hand_over, keep, merge,
        override_log::OverrideView,
        query::{MessageView, Page, TimelineItem},
        request as case_request, set_fields, situation, transfer,
        view::{CaseView, ExceptionView},
        write,
    },
    chat::{
        self, StartedChat, callback,
        conversation::{ChatMessage, Conversation},
    },
    customer::{erasure::Erased, facts},
    delegated::{
        cases::{self, DelegatedCaseView},
        requests::{self, DelegatedRequest},
    },
    delegation::{
        ask as consent_ask, authorize, consent, delegate, own,
        view::{DelegateView, DelegationView},
    },
    evidence::{
        decision::{DecisionAnswer, ReplayAnswer},
        feed::FeedItem,
        outcome::OutcomeView,
        would_decide::WouldDecide,
    },
    input,
    issuer::{
        register::{self, IssuerView},
        subject::{self, IssuerSubjectView},
    },
    operation::{self, Declaration, Operation},
    reconciliation::{run, view::ReconciliationView},
    request::{answer, ask, conclude, link, told::RequestTold, view::RequestView},
    sign_in::{
        account::{self, MadeInvitation},
        by_passkey::ShowPasskey,
        passkey::{OwnAccount, PasskeyOptions, PasskeyView, RegisterPasskey},
        provider::SignInWays,
        session::{OwnSession, OwnSessionView, SessionView},
    },
    staff::{self, QueueView, StaffView, WorkView},
    token::{self, MadeToken, TokenView},
    webhook::{
        dead_letters::DeadLetterView,
        subscription::{self, SubscriptionSecret, SubscriptionView, TestView},
    },
};
pub use form::{
    Bytes, Css, Csv, Either, FileWith, Form, Given, Html, Json, List, MessageFile, Nothing, OpenMetrics, Plain, Schema,
    Script, Taken, Text, TextForm, TextKind, ValueStream,
};
use serde_json::{Value, json};

/// What an operation takes and gives, to be read while the program runs.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// The operation.
    pub operation: &'static Declaration,
    /// What is given with it, beside what it is about.
    pub takes: Form,
    /// What it answers with.
    pub gives: Form,
    /// What that is, in a few words; where it is one thing or another, of each.
    pub says: &'static [&'static str],
}

/// An operation with its signature.
pub trait Signed: Operation {
    /// What is given with it.
    type Takes: Taken;
    /// The signature.
    const SIGNATURE: Signature;
}

macro_rules! signatures {
    ($($operation:ident($takes:ty) -> $gives:ty, $($says:literal),+;)*) => {
        $(
            impl Signed for operation::$operation {
                type Takes = $takes;
                const SIGNATURE: Signature = Signature {
                    operation: operation::$operation::DECLARATION,
                    takes: <$takes as Taken>::FORM,
                    gives: <$gives as Given>::FORM,
                    says: &[$($says),+],
                };
            }
        )*

        /// The signature of every operation.
        pub const ALL: &[Signature] = &[$(<operation::$operation as Signed>::SIGNATURE),*];
    };
}

signatures! {
    OpenCase(case_request::OpenCase) -> Either<CaseAnswer, NothingOpened>,
        "Opened and decided.", "A machine sent the message, so that no case was opened.";
    ListCases(input::ListCases) -> Page<CaseView>, "One page.";
    GetCase(Nothing) -> CaseView, "The case.";
    PostMessage(case_request::PostMessage) -> CaseAnswer, "Added.";
    ListMessages(input::ListPart) -> Page<MessageView>, "One page.";
    PostSignals(write::PostSignals) -> CaseAnswer, "Recorded and decided.";
    SetFields(set_fields::PostFields) -> CaseAnswer, "Set, and decided.";
    RequestHandoff(hand_over::RequestHandoff) -> CaseAnswer, "Decided.";
    MakeOverride(hand_over::MakeOverride) -> CaseAnswer, "Given.";
    ResolveCase(end::ResolveCase) -> CaseAnswer, "Resolved.";
    ReopenCase(end::ReopenCase) -> CaseAnswer, "Reopened and decided.";
    ListTimeline(input::ListPart) -> Page<TimelineItem>, "One page.";
    AddAttachment(FileWith<input::AddAttachment>) -> CaseAnswer, "Added.";
    GetAttachment(Nothing) -> MessageFile, "The file, to be saved rather than shown.";
    GiveCaseFeedback(GiveFeedback) -> CaseAnswer, "Noted.";
    AbandonCase(Nothing) -> CaseAnswer, "Ended.";

    TransferCase(transfer::TransferCase) -> CaseAnswer, "Decided.";
    KeepCase(keep::KeepCase) -> CaseAnswer, "Noted.";
    EndSituation(situation::EndSituation) -> CaseAnswer, "Noted and decided.";
    DeferCase(defer::DeferCase) -> CaseAnswer, "Put off.";
    EndDeferral(defer::EndDeferral) -> CaseAnswer, "Ended.";
    AskConsult(consult::AskConsult) -> CaseAnswer, "Asked.";
    AnswerConsult(consult::AnswerConsult) -> CaseAnswer, "Given.";
    ListConsults(input::ListConsults) -> List<ConsultView>, "Open questions.";
    EndAction(action::EndAction) -> CaseAnswer, "Noted.";
    MergeCase(merge::MergeCase) -> CaseAnswer, "Merged.";
    GetContext(Nothing) -> ContextView, "The context.";

    InviteStaff(account::InviteStaff) -> MadeInvitation, "Made.";
    EndAccount(Nothing) -> Nothing, "Ended.";
    ListSessions(Nothing) -> List<SessionView>, "All of them.";
    EndSession(Nothing) -> Nothing, "Ended.";
    SignIn(account::SignIn) -> Nothing, "Signed in.";
    AcceptInvitation(account::AcceptInvitation) -> Nothing, "The password is set.";
    GetSignInWays(Nothing) -> SignInWays, "How people sign in.";
    BeginProviderSignIn(Nothing) -> Nothing, "Sent on to the identity provider.";
    CompleteProviderSignIn(Nothing) -> Nothing, "Sent on to where they wanted to go, or back to the page.";
    BackChannelLogout(Nothing) -> Nothing, "The sessions are over.";
    GetSession(Nothing) -> OwnSession, "Who is signed in.";
    SignOut(Nothing) -> Nothing, "Signed out.";
    BeginPasskeySignIn(Nothing) -> PasskeyOptions, "What the browser is asked for.";
    SignInByPasskey(ShowPasskey) -> Nothing, "Signed in.";
    GetOwnAccount(Nothing) -> OwnAccount, "What they sign in with.";
    BeginPasskey(Nothing) -> PasskeyOptions, "What the browser is asked for.";
    RegisterPasskey(RegisterPasskey) -> PasskeyView, "Registered.";
    RemoveOwnPasskey(Nothing) -> Nothing, "Removed.";
    RemoveOwnPassword(Nothing) -> Nothing, "Removed; sign in with a passkey.";
    ListOwnSessions(Nothing) -> List<OwnSessionView>, "All of them.";
    EndOwnSession(Nothing) -> Nothing, "Ended.";
    EndOtherSessions(Nothing) -> Nothing, "Ended, all of them.";
    ListPasskeys(Nothing) -> List<PasskeyView>, "All of them.";
    RemovePasskey(Nothing) -> Nothing, "Removed.";
    GetAccountPage(Nothing) -> Text<Html>, "The page.";
    GetAccountScript(Nothing) -> Text<Script>, "The script.";
    GetPasskeyScript(Nothing) -> Text<Script>, "The script.";
    GetSignInPage(Nothing) -> Text<Html>, "The page.";
    GetSignOutPage(Nothing) -> Text<Html>, "The page.";
    GetSignInScript(Nothing) -> Text<Script>, "The script.";
    NoteStaff(staff::NoteStaff) -> StaffView, "Noted.";
    RemoveStaff(Nothing) -> Nothing, "Removed.";
    ListStaff(Nothing) -> List<StaffView>, "Everybody.";
    SetPresence(staff::SetPresence) -> StaffView, "Noted.";
    GetWork(Nothing) -> WorkView, "Offers and cases.";
    ListQueues(Nothing) -> List<QueueView>, "All of them.";
    AnswerOffer(staff::AnswerOffer) -> CaseAnswer, "Answered.";
    ListStopped(Nothing) -> List<StoppedView>, "All of them.";
    ListRespondersUnreachable(Nothing) -> List<UnreachableView>, "All of them.";
    ResetOutcomes(breaker::ResetOutcomes) -> Nothing, "Counted anew.";
    ResumeAi(breaker::ResumeAi) -> Nothing, "On again.";

    AskRequest(ask::AskRequest) -> RequestView, "Asked for, and answered by policy.";
    PreviewRequest(ask::AskRequest) -> RequestView, "What would be answered.";
    ListRequests(input::ListPart) -> Page<RequestView>, "One page.";
    Reconcile(FileWith<run::Reconcile>) -> ReconciliationView, "What came of it.";
    ListReconciliations(input::ListPart) -> Page<ReconciliationView>, "One page.";
    GetReconciliation(Nothing) -> ReconciliationView, "The reconciliation.";
    GetRequest(Nothing) -> RequestView, "The request.";
    ConfirmRequest(answer::AnswerRequest) -> RequestView, "Confirmed.";
    DeclineRequest(answer::AnswerRequest) -> RequestView, "Declined.";
    ConcludeRequest(conclude::ConcludeRequest) -> RequestView, "Concluded.";
    WithdrawRequest(Nothing) -> RequestView, "Taken back.";
    ConfirmRequests(answer::AnswerRequests) -> answer::AnsweredRequests, "Confirmed, all of them.";
    MakeLink(link::MakeLink) -> link::MadeLink, "Made.";
    ReadLink(link::OpenLink) -> link::LinkedRequests, "What it shows.";
    ConfirmByLink(link::AnswerByLink) -> Nothing, "Confirmed, all of them.";
    DeclineByLink(link::AnswerByLink) -> Nothing, "Declined, all of them.";
    GetConfirmPage(Nothing) -> Text<Html>, "The page.";
    GetConfirmStyle(Nothing) -> Text<Css>, "The style.";
    GetConfirmScript(Nothing) -> Text<Script>, "The script.";

    RegisterDelegate(delegate::RegisterDelegate) -> DelegateView, "Registered.";
    ListDelegates(Nothing) -> List<DelegateView>, "All of them.";
    ListAgents(input::ListPart) -> Page<AgentView>, "One page.";
    SuspendDelegate(Nothing) -> DelegateView, "Suspended.";
    ResumeDelegate(Nothing) -> DelegateView, "Active.";
    ReplaceDelegateKeys(delegate::ReplaceDelegateKeys) -> DelegateView, "Replaced.";
    AskConsent(consent_ask::AskConsent) -> consent_ask::AskedConsent, "Made.";
    ReadConsent(consent::OpenConsent) -> consent::ShownConsent, "What is asked.";
    AcceptConsent(consent::AcceptConsent) -> consent::AcceptedConsent, "Granted.";
    RefuseConsent(consent::OpenConsent) -> consent::RefusedConsent, "Refused.";
    ListDelegations(Nothing) -> List<DelegationView>, "All of them.";
    RevokeDelegation(Nothing) -> DelegationView, "Ended.";
    LinkDelegations(own::LinkDelegations) -> own::LinkedDelegations, "Made.";
    ReadOwnDelegations(own::OpenDelegations) -> own::OwnDelegations, "What was granted.";
    NarrowOwnDelegation(own::NarrowOwnDelegation) -> own::OwnDelegations, "What is granted now.";
    RevokeOwnDelegation(own::RevokeOwnDelegation) -> own::OwnDelegations, "What is granted now.";
    GetDelegationsPage(Nothing) -> Text<Html>, "The page.";
    GetDelegationsScript(Nothing) -> Text<Script>, "The script.";
    RegisterIssuer(register::RegisterIssuer) -> IssuerView, "Listed.";
    ListIssuers(Nothing) -> List<IssuerView>, "All of them.";
    SetIssuerWord(register::SetIssuerWord) -> IssuerView, "Said.";
    ReplaceIssuerKeys(register::ReplaceIssuerKeys) -> IssuerView, "Replaced.";
    SuspendIssuer(Nothing) -> IssuerView, "Suspended.";
    ResumeIssuer(Nothing) -> IssuerView, "Active.";
    SetIssuerSubject(subject::SetIssuerSubject) -> IssuerSubjectView, "Said.";
    Authorize(Nothing) -> Nothing, "Sent on to where customers sign in, or back.";
    AskAuthorization(authorize::AskAuthorization) -> consent_ask::AskedConsent, "Made.";
    IssueToken(Nothing) -> Text<Json>, "The token.";
    AskBackchannel(Nothing) -> Text<Json>, "It is waited for.";
    IntrospectToken(Nothing) -> Text<Json>, "What it lets be done.";
    RevokeAccessToken(Nothing) -> Nothing, "Revoked.";
    GetTokenKeys(Nothing) -> Text<Json>, "The keys.";
    GetAuthorizationServer(Nothing) -> Text<Json>, "The metadata.";
    GetProtectedResource(Nothing) -> Text<Json>, "The metadata.";
    GetConsentPage(Nothing) -> Text<Html>, "The page.";
    GetConsentScript(Nothing) -> Text<Script>, "The script.";

    OpenDelegatedCase(cases::OpenDelegatedCase) -> DelegatedCaseView, "Opened and decided.";
    ListDelegatedCases(input::ListPart) -> Page<DelegatedCaseView>, "One page, the newest first.";
    GetDelegatedCase(input::ReadConversation) -> cases::DelegatedConversation, "One page.";
    WriteDelegated(cases::WriteDelegated) -> DelegatedCaseView, "Added.";
    AskDelegated(requests::AskDelegated) -> DelegatedRequest, "Requested, and answered by policy.";
    GetDelegatedRequest(Nothing) -> DelegatedRequest, "The request.";
    WithdrawDelegated(Nothing) -> DelegatedRequest, "Taken back.";

    RaiseException(exception::RaiseException) -> CaseAnswer, "Raised.";
    ListExceptions(input::ListExceptions) -> Page<ExceptionView>, "One page.";
    ListUnreachable(Nothing) -> List<ExceptionView>, "All of them.";
    OwnException(Nothing) -> CaseAnswer, "Taken.";
    GiveUpException(exception::GiveUpException) -> CaseAnswer, "Given up.";
    ResolveException(exception::ResolveException) -> CaseAnswer, "Resolved.";

    GetDecision(Nothing) -> DecisionAnswer, "The decision.";
    ReplayDecision(Nothing) -> ReplayAnswer, "Whether it came out the same.";
    AskRoute(case_request::OpenCase) -> WouldDecide, "What would be decided now.";
    ListOutcomes(Nothing) -> List<OutcomeView>, "All counts.";
    ListOverrides(input::ListPart) -> Page<OverrideView>, "One page.";

    GetDemandHistory(AskDemandHistory) -> DemandHistoryView, "What came.";
    GetDemandHistoryFile(AskDemandHistory) -> Text<Csv>, "The file.";
    ListBaselineProposals(input::ListPart) -> Page<BaselineProposalView>, "One page.";
    GetBaselineProposal(Nothing) -> BaselineProposalView, "The proposal.";
    AcceptBaseline(DecideBaseline) -> BaselineProposalView, "Accepted.";
    DeclineBaseline(DecideBaseline) -> BaselineProposalView, "Declined.";

    PutFacts(facts::PutFacts) -> facts::FactsView, "What is known now.";
    GetFacts(Nothing) -> facts::FactsView, "What is known.";

    StartChat(chat::StartChat) -> StartedChat, "Started.";
    EnterChat(input::EnterChat) -> input::EnteredChat, "The cookie is set.";
    GetConversation(input::ReadConversation) -> Conversation, "One page.";
    FollowConversation(input::ReadConversation) -> ValueStream<ChatMessage>, "The stream.";
    Say(chat::Say) -> Nothing, "Said.";
    AskForHuman(Nothing) -> Nothing, "Asked for.";
    GetCallback(Nothing) -> callback::CallbackTimes, "When there are times.";
    AskForCallback(callback::AskCallback) -> Nothing, "Agreed on.";
    EndCallback(Nothing) -> Nothing, "Taken back.";
    ListAsked(Nothing) -> chat::requests::Asked, "What waits.";
    AskForAction(chat::ask::AskForAction) -> RequestTold, "Asked for, and answered by policy.";
    ConfirmAsked(answer::AnswerRequests) -> Nothing, "Confirmed, all of them.";
    DeclineAsked(answer::AnswerRequests) -> Nothing, "Declined, all of them.";
    Judge(GiveFeedback) -> Nothing, "Noted.";
    AttachFile(MessageFile) -> Nothing, "Added.";
    GetFile(Nothing) -> MessageFile, "The file.";
    GetChatPage(Nothing) -> Text<Html>, "The page.";
    GetChatStyle(Nothing) -> Text<Css>, "The style.";
    GetChatScript(Nothing) -> Text<Script>, "The script.";
    GetSandbox(input::ShowSandbox) -> Text<Html>, "The page.";
    GetSandboxCustomer(Nothing) -> Text<Html>, "The page.";

    FollowEvents(input::FollowEvents) -> ValueStream<FeedItem>, "The stream.";
    ListHistory(input::ListPart) -> Page<TimelineItem>, "One page.";

    MakeSubscription(subscription::NewSubscription) -> SubscriptionSecret, "Made.";
    ListSubscriptions(Nothing) -> List<SubscriptionView>, "All of them.";
    GetSubscription(Nothing) -> SubscriptionView, "The subscription.";
    DeleteSubscription(Nothing) -> Nothing, "Deleted.";
    PauseSubscription(Nothing) -> SubscriptionView, "Paused.";
    ResumeSubscription(Nothing) -> SubscriptionView, "Resumed.";
    ReplaySubscription(subscription::Replay) -> SubscriptionView, "Set back.";
    RotateSecret(Nothing) -> SubscriptionSecret, "The new secret.";
    TestSubscription(Nothing) -> TestView, "What came of it.";
    ListDeadLetters(input::ListPart) -> Page<DeadLetterView>, "One page.";
    DiscardDeadLetter(Nothing) -> Nothing, "Discarded.";
    RetryDeadLetter(Nothing) -> Nothing, "On its way again; it is a dead letter until it is delivered.";

    EvaluateAccess(sent::AskEvaluation) -> told::AccessDecision, "Evaluated.";
    EvaluateSeveral(sent::AskEvaluations) -> told::AccessDecisions, "Evaluated.";
    SearchSubjects(sent::SearchSubjects) -> told::FoundEntities, "One page.";
    SearchResources(sent::SearchResources) -> told::FoundEntities, "One page.";
    SearchActions(sent::SearchActions) -> told::FoundActions, "One page.";
    SubmitAccessRequest(access_request::SubmitAccess) -> access_request::AccessTask, "Asked for.";
    GetAccessRequest(Nothing) -> access_request::AccessTask, "How it stands.";
    CancelAccessRequest(Nothing) -> access_request::AccessTask, "Taken back.";
    GetAccessConfiguration(Nothing) -> Text<Json>, "The metadata.";

    MakeToken(token::NewToken) -> MadeToken, "Made.";
    ListTokens(Nothing) -> List<TokenView>, "All of them.";
    RevokeToken(Nothing) -> Nothing, "Revoked.";
    ForgetName(Nothing) -> Nothing, "Forgotten.";

    EraseCustomer(input::EraseCustomer) -> Erased, "Destroyed.";

    ActivateBundle(FileWith<activate::ActivateBundle>) -> Activation, "In force, or what would be.";
    RollBackBundle(activate::RollBack) -> Activation, "In force again, or what would be.";
    ListBundles(input::ListPart) -> Page<BundleView>, "One page.";
    GetBundle(Nothing) -> Bytes, "The files, as one body.";
    CompareBundles(Nothing) -> Comparison, "What differs.";

    GetKey(Nothing) -> Text<Plain>, "In the form of c2sp.org/signed-note.";
    GetCheckpoint(Nothing) -> Text<Plain>, "In the form of c2sp.org/tlog-checkpoint.";
    GetTile(Nothing) -> Bytes, "In the form of c2sp.org/tlog-tiles.";

    GetHealth(Nothing) -> Text<Plain>, "It does.";
    GetReadiness(Nothing) -> input::Ready, "It does.";
    GetMetrics(Nothing) -> Text<OpenMetrics>, "In the OpenMetrics text format.";
    GetProblem(Nothing) -> Text<Html>, "The page.";
    GetDescription(Nothing) -> Text<Json>, "The description.";
}

impl Signature {
    /// The JSON schema of all that is given with it, as one object: what it is about, and what else it takes.
    pub fn input_schema(&self) -> Value {
        let mut schema = self.takes.json_schema().unwrap_or_else(|| json!({ "type": "object" }));
        let about = self.operation.of.iter().map(|thing| {
            let kind = if thing.is_number() { "integer" } else { "string" };
            (thing.name().to_owned(), json!({ "type": kind, "description": thing.says() }))
        });
        if let Some(properties) = schema.as_object_mut().map(|schema| schema.entry("properties").or_insert(json!({})))
            && let Some(properties) = properties.as_object_mut()
        {
            properties.extend(about);
        }
        if let Some(required) = schema.as_object_mut().map(|schema| schema.entry("required").or_insert(json!([])))
            && let Some(required) = required.as_array_mut()
        {
            required.extend(self.operation.of.iter().map(|thing| json!(thing.name())));
        }
        schema
    }

    /// The JSON schema of what it answers with; none where that is no JSON.
    pub fn output_schema(&self) -> Option<Value> {
        self.gives.json_schema()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> &'static Signature {
        ALL.iter().find(|signature| signature.operation.name == name).unwrap()
    }

    #[test]
    fn every_operation_has_one() {
        let signed: Vec<&str> = ALL.iter().map(|signature| signature.operation.name).collect();
        let mut declared: Vec<&str> = operation::all().map(|operation| operation.name).collect();
        declared.retain(|name| !signed.contains(name));
        assert_eq!(declared, Vec::<&str>::new(), "name what they take and give in the table of signatures");
    }

    #[test]
    fn schemas_stand_by_themselves() {
        let input = of("post_message").input_schema();
        assert_eq!((&input["type"], &input["required"]), (&json!("object"), &json!(["text", "case"])));
        assert_eq!(input["properties"]["case"]["type"], "string");
        let output = of("post_message").output_schema().unwrap();
        let case = output["properties"]["case"]["$ref"].as_str().unwrap();
        assert!(output.pointer(&case[1..]).is_some_and(Value::is_object), "{case} leads nowhere");
        assert!(of("get_file").output_schema().is_none() && of("say").output_schema().is_none());
        for signature in ALL {
            let (name, input) = (signature.operation.name, signature.input_schema());
            let required = input["required"].as_array().unwrap();
            let known = |member: &&Value| input["properties"].get(member.as_str().unwrap()).is_some();
            assert!(input["type"] == "object" && required.iter().all(|member| known(&member)), "{name}: {input}");
        }
    }
}
