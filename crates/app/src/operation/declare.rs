//! The form in which operations are declared.
//!
//! Each is one block: what it does, its name and the name of its type; which actions it `asks` policy for; what it is
//! about (`of`); how it `runs`; and why it is refused. What it takes and gives, whose types are those of the use cases,
//! stands in the table of signatures, above these.
//!
//! How it runs says who may ask for it, whether it can be repeated, and adds the refusals that all have that run so:
//!
//! - `at once`: read from memory or from one row;
//! - `on the readers`: read on threads where callers take turns;
//! - `as a command`: commits; `as a keyed command`: once under a key of the caller's; `as a secret command`: never
//!   again under a key, since its answer is a secret;
//! - `on a case`: a keyed command on a case as it is now, taken anew where it changed meanwhile;
//! - `for everybody`, `as a command for everybody`: without a token; `for a link`: by who has a chat's link;
//! - `at once in a session`, `as a command in a session`: by who signed in with a browser, for themselves;
//! - `on the readers for a link`, `as a command for a link`: for the customer, by who has the link of requests;
//! - `on the readers for a delegate`, `as a keyed command for a delegate`: by who has a delegate's access token;
//! - `in a chat`, `on the readers in a chat`, `as a command in a chat`: for the customer of that chat.
//!
//! A refusal that is written in the block stands in the place of the one that is added: `Forbidden`, and it comes
//! first, where more is refused so than what policy does not permit.

/// Declares operations of one tag.
macro_rules! operations {
    (
        $tag:literal
        $($(#[doc = $says:literal])+ $name:ident = $operation:ident { $($body:tt)* })*
    ) => {
        $(operation! { $tag [$($says)+] $name $operation $($body)* })*

        pub(super) const ALL: &[&crate::operation::declaration::Declaration] =
            &[$(<$operation as crate::operation::refusal::Operation>::DECLARATION),*];
    };
}

macro_rules! operation {
    (
        $tag:literal [$($says:literal)+] $name:ident $operation:ident
        asks: [$($asks:ident),*];
        of: [$($of:ident),*];
        runs: $($way:ident)+;
        refuses: $refusal:ident { $($own:tt)* }
    ) => {
        $(#[doc = $says])+
        #[derive(Debug, Clone, Copy)]
        pub struct $operation;

        impl crate::operation::refusal::Operation for $operation {
            type Refusal = $refusal;
            const DECLARATION: &'static crate::operation::declaration::Declaration =
                &crate::operation::declaration::Declaration {
                    name: stringify!($name),
                    says: &[$($says),+],
                    tag: $tag,
                    who: way!(who: $($way)+),
                    asks: &[$(remit_policy::actions::Permission::$asks),*],
                    of: &[$(crate::operation::declaration::Thing::$of),*],
                    repeats: way!(repeats: $($way)+),
                    refusals: $refusal::ALL,
                };
        }

        refused! { [$($way)+] $operation $refusal { $($own)* } }
    };
}

/// Who may ask for what runs so, and whether it can be repeated.
macro_rules! way {
    (who: as a command for everybody) => {
        crate::operation::declaration::Who::Everybody
    };
    (who: at once in a session) => {
        crate::operation::declaration::Who::Session
    };
    (who: as a command in a session) => {
        crate::operation::declaration::Who::Session
    };
    (who: for everybody) => {
        crate::operation::declaration::Who::Everybody
    };
    (who: for a link) => {
        crate::operation::declaration::Who::Customer
    };
    (who: on the readers for a link) => {
        crate::operation::declaration::Who::Customer
    };
    (who: as a command for a link) => {
        crate::operation::declaration::Who::Customer
    };
    (who: on the readers for a delegate) => {
        crate::operation::declaration::Who::Delegate
    };
    (who: as a keyed command for a delegate) => {
        crate::operation::declaration::Who::Delegate
    };
    (who: in a chat) => {
        crate::operation::declaration::Who::Customer
    };
    (who: on the readers in a chat) => {
        crate::operation::declaration::Who::Customer
    };
    (who: as a command in a chat) => {
        crate::operation::declaration::Who::Customer
    };
    (who: $($way:ident)+) => {
        crate::operation::declaration::Who::Token
    };
    (repeats: as a keyed command) => {
        crate::operation::declaration::Repeats::ByKey
    };
    (repeats: as a keyed command for a delegate) => {
        crate::operation::declaration::Repeats::ByKey
    };
    (repeats: on a case) => {
        crate::operation::declaration::Repeats::ByKey
    };
    (repeats: as a command in a chat) => {
        crate::operation::declaration::Repeats::ByKeyAlone
    };
    (repeats: as a secret command) => {
        crate::operation::declaration::Repeats::Never
    };
    (repeats: $($way:ident)+) => {
        crate::operation::declaration::Repeats::Freely
    };
}

/// Adds the refusals of what runs so, step by step.
macro_rules! refused {
    ([on a case] $operation:ident $refusal:ident { $($own:tt)* }) => {
        refused! { [as a keyed command] $operation $refusal {
            $($own)*
            /// The case kept changing while this was decided.
            Changed,
        } }
    };
    ([as a keyed command] $operation:ident $refusal:ident { $($own:tt)* }) => {
        refused! { [as a command] $operation $refusal {
            $($own)*
            /// The key was sent with another request before.
            KeyReused,
        } }
    };
    ([as a keyed command for a delegate] $($rest:tt)*) => { refused! { [on a case] $($rest)* } };
    ([on the readers for a delegate] $($rest:tt)*) => { refused! { [on the readers] $($rest)* } };
    ([as a secret command] $($rest:tt)*) => { refused! { [as a command] $($rest)* } };
    ([as a command] $operation:ident $refusal:ident { $($own:tt)* }) => {
        refused! { [at once] $operation $refusal {
            $($own)*
            /// As many commands wait to be written as there is room for.
            Busy,
            /// The disk is full; nothing was recorded.
            StorageFull,
            /// Bundles came into force again and again while this was taken anew.
            Superseded,
        } }
    };
    ([as a command for everybody] $operation:ident $refusal:ident { $($own:tt)* }) => {
        refused! { [for everybody] $operation $refusal {
            $($own)*
            /// As many commands wait to be written as there is room for.
            Busy,
            /// The disk is full; nothing was recorded.
            StorageFull,
            /// Bundles came into force again and again while this was taken anew.
            Superseded,
        } }
    };
    ([as a command in a session] $($rest:tt)*) => { refused! { [as a command for everybody] $($rest)* } };
    ([at once in a session] $($rest:tt)*) => { refused! { [for everybody] $($rest)* } };
    ([as a command in a chat] $operation:ident $refusal:ident { $($own:tt)* }) => {
        refused! { [on a case] $operation $refusal {
            $($own)*
            /// The chat ended meanwhile.
            ChatEnded,
            /// More was written on the chat at once than one customer may.
            TooOften,
        } }
    };
    ([on the readers in a chat] $operation:ident $refusal:ident { $($own:tt)* }) => {
        refused! { [on the readers] $operation $refusal {
            $($own)*
            /// The chat was read more often than one customer may.
            TooOften,
        } }
    };
    ([in a chat] $operation:ident $refusal:ident { $($own:tt)* }) => {
        refused! { [at once] $operation $refusal {
            $($own)*
            /// The chat was read more often, or is followed more, than one customer may.
            TooOften,
        } }
    };
    ([on the readers for a link] $operation:ident $refusal:ident { $($own:tt)* }) => {
        refused! { [on the readers] $operation $refusal {
            $($own)*
            /// There is no such link, another one took its place, or its time is over.
            LinkEnded,
        } }
    };
    ([as a command for a link] $operation:ident $refusal:ident { $($own:tt)* }) => {
        refused! { [as a command] $operation $refusal {
            $($own)*
            /// There is no such link, another one took its place, or its time is over.
            LinkEnded,
            /// The requests kept changing while this was decided.
            Changed,
        } }
    };
    ([on the readers] $operation:ident $refusal:ident { $($own:tt)* }) => {
        refused! { [at once] $operation $refusal {
            $($own)*
            /// As many reads wait as there is room for, or this one did not get its turn.
            Busy,
            /// The read took too long and was cut short.
            ReadTooLong,
        } }
    };
    ([at once] $operation:ident $refusal:ident { $(#[doc = $when:literal])+ Forbidden, $($own:tt)* }) => {
        refused! { [for everybody] $operation $refusal { $(#[doc = $when])+ Forbidden, $($own)* } }
    };
    ([at once] $operation:ident $refusal:ident { $($own:tt)* }) => {
        refused! { [for everybody] $operation $refusal {
            /// Policy does not permit it.
            Forbidden,
            $($own)*
        } }
    };
    ([for a link] $($rest:tt)*) => { refused! { [for everybody] $($rest)* } };
    ([for everybody] $operation:ident $refusal:ident { $($own:tt)* }) => {
        refusal! { $operation $refusal {
            $($own)*
            /// Something inside went wrong; the log says what.
            Internal,
        } }
    };
}
