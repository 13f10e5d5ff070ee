//! Why operations are refused: for each an enum, whose variants say when each arises, made from the declaration; and
//! the way from what is refused anywhere within to what this operation is refused with, and back.

use super::declaration::Declaration;
use crate::refused::{Kind, Refused};
use serde_json::{Map, Value};

/// Why an operation was refused: which kind of the declared ones, and what exactly, this time.
pub trait Refusal: std::error::Error + Into<Refused> + From<Refused> + Send + 'static {
    /// The operation.
    const OPERATION: &'static Declaration;
    /// Which kind.
    fn kind(&self) -> Kind;
    /// What exactly, this time.
    fn detail(&self) -> &Detail;
}

/// What exactly, this time.
#[derive(Debug, Clone)]
pub struct Detail {
    /// In words.
    pub text: String,
    /// Further members, such as the current epoch.
    pub members: Map<String, Value>,
}

/// What is told where a kind is refused that is not declared: nothing of it but that it is our fault.
pub(crate) fn undeclared(operation: &Declaration, kind: Kind, detail: &Detail) -> Detail {
    let (operation, detail) = (operation.name, &detail.text);
    debug_assert!(false, "`{operation}` is refused as {kind:?}, which is not declared: {detail}");
    tracing::error!(operation, ?kind, detail, "refused as no declaration says");
    Detail { text: Refused::internal("an undeclared refusal").detail, members: Map::new() }
}

/// Makes the enum of an operation's refusals.
macro_rules! refusal {
    ($operation:ident $refusal:ident { $($(#[doc = $when:literal])+ $kind:ident,)* }) => {
        #[doc = concat!("Why [`", stringify!($operation), "`] was refused.")]
        #[derive(Debug, Clone)]
        pub enum $refusal {
            $($(#[doc = $when])+ $kind(crate::operation::refusal::Detail),)*
        }

        impl $refusal {
            const ALL: &[crate::operation::declaration::Refusing] = &[$(
                crate::operation::declaration::Refusing { kind: crate::refused::Kind::$kind, when: &[$($when),+] }
            ),*];
        }

        impl crate::operation::refusal::Refusal for $refusal {
            const OPERATION: &'static crate::operation::declaration::Declaration =
                <$operation as crate::operation::refusal::Operation>::DECLARATION;

            fn kind(&self) -> crate::refused::Kind {
                match self {
                    $(Self::$kind(_) => crate::refused::Kind::$kind,)*
                }
            }

            fn detail(&self) -> &crate::operation::refusal::Detail {
                match self {
                    $(Self::$kind(detail) => detail,)*
                }
            }
        }

        impl From<crate::refused::Refused> for $refusal {
            fn from(refused: crate::refused::Refused) -> Self {
                let crate::refused::Refused { kind, detail: text, members } = refused;
                let detail = crate::operation::refusal::Detail { text, members };
                match kind {
                    $(crate::refused::Kind::$kind => Self::$kind(detail),)*
                    kind => Self::Internal(crate::operation::refusal::undeclared(
                        <Self as crate::operation::refusal::Refusal>::OPERATION, kind, &detail,
                    )),
                }
            }
        }

        impl From<$refusal> for crate::refused::Refused {
            fn from(refusal: $refusal) -> Self {
                let kind = crate::operation::refusal::Refusal::kind(&refusal);
                let crate::operation::refusal::Detail { text, members } = match refusal {
                    $($refusal::$kind(detail) => detail,)*
                };
                Self { kind, detail: text, members }
            }
        }

        impl std::fmt::Display for $refusal {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&crate::operation::refusal::Refusal::detail(self).text)
            }
        }

        impl std::error::Error for $refusal {}
    };
}

/// A declared operation, as a type.
pub trait Operation: Copy + Send + Sync + 'static {
    /// Why it can be refused.
    type Refusal: Refusal;
    /// All that is declared of it.
    const DECLARATION: &'static Declaration;
}
