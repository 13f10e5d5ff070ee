//! The relying party of WebAuthn that this server is: what browsers are asked for where somebody makes a passkey or
//! signs in with one, and whether what they send back is that.
//!
//! Everything that is cryptographic, and each check that the standard asks for, is `webauthn_rp`'s. It needs neither
//! OpenSSL nor unsafe code, reads no certificates of makers, and takes Ed25519, P-256, P-384 and RSA. `webauthn-rs`,
//! which more people use, asks of the crate `rsa` what that has no more in the version that tokens are read with.

use crate::refused::Refused;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::VerifyingKey;
use remit_domain::id::StaffId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::net::IpAddr;
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions, PublicKeyCredentialCreationOptions, Registration, RegistrationServerState,
    bin::{Decode as _, Encode as _},
    request::{
        AsciiDomain, BackupReq, ExtensionInfo, PublicKeyCredentialDescriptor, RpId,
        auth::AuthenticationVerificationOptions,
        register::{CredProtect, PublicKeyCredentialUserEntity, RegistrationVerificationOptions, UserHandle, Username},
    },
    response::{
        AuthTransports, AuthenticatorAttachment, Backup, CredentialId,
        auth::error::AuthCeremonyErr,
        register::{CompressedPubKey, DynamicState, StaticState, UncompressedPubKey, error::RegCeremonyErr},
    },
};

/// How many bytes devices call a person by.
const HANDLE: usize = 32;
/// What is told where the server was not told where it is.
const NOWHERE: &str = "this server was not told where browsers find it; start it with --public-url https://…";
/// What is told where no browser makes passkeys.
const NAMELESS: &str = "browsers make passkeys for servers that have a name and https://… (or http://localhost), and \
                        --public-url says another address first";
/// What is told where people have their passkeys at the provider.
const ELSEWHERE: &str = "people sign in here by the identity provider, and have their passkeys there";

/// A passkey that is being made.
pub(crate) type Registering = RegistrationServerState<HANDLE>;
/// A sign-in that began.
pub(crate) type SigningIn = DiscoverableAuthenticationServerState;

/// This server, as browsers know it.
#[derive(Debug)]
pub(crate) struct RelyingParty {
    id: RpId,
    origins: Vec<String>,
}

/// What is kept to know a passkey by, as base64url.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyKey {
    /// What its device calls it.
    pub(crate) credential: String,
    /// What its device calls the person.
    pub(crate) handle: String,
    /// Its public key.
    pub(crate) public: String,
    /// Whether it can be on several devices of theirs.
    pub(crate) synced: bool,
}

impl PasskeyKey {
    /// What its device calls it.
    pub(crate) fn credential(&self) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(&self.credential).unwrap_or_default()
    }
}

/// What a browser sends where a passkey was made, as base64url.
#[derive(Debug)]
pub(crate) struct SentRegistration<'a> {
    pub(crate) client_data: &'a str,
    pub(crate) attestation: &'a str,
}

/// What a browser sends where a passkey signed, as base64url.
#[derive(Debug)]
pub(crate) struct SentAssertion<'a> {
    pub(crate) id: &'a str,
    pub(crate) client_data: &'a str,
    pub(crate) authenticator_data: &'a str,
    pub(crate) signature: &'a str,
    pub(crate) user_handle: &'a str,
}

/// What a passkey signed, read and not yet held against anything.
#[derive(Debug)]
pub(crate) struct Assertion(DiscoverableAuthentication<HANDLE>);

/// Why what a browser sent is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It is of another form than the standard's.
    Form,
    /// It answers another challenge.
    Challenge,
    /// It took too long.
    Late,
    /// A page of another site asked for it.
    Origin,
    /// It was made for another server.
    RelyingParty,
    /// The device did not make sure who is there.
    UserVerification,
    /// It was not signed by the key that is known.
    Signature,
    /// It has signed no more often than it had before.
    Count,
    /// It is of a key that is not taken, or has become another one's.
    Key,
}

impl Wrong {
    /// A code, for a page that has words of its own.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Challenge => "challenge",
            Self::Late => "late",
            Self::Origin => "origin",
            Self::RelyingParty => "relying_party",
            Self::UserVerification => "user_verification",
            Self::Signature => "signature",
            Self::Count => "count",
            Self::Key => "key",
        }
    }

    /// In words.
    pub(crate) fn detail(self) -> &'static str {
        match self {
            Self::Form => "what the browser sent is not of the form that WebAuthn has",
            Self::Challenge => "the passkey answers something else than it was asked",
            Self::Late => "the passkey answered later than five minutes after it was asked",
            Self::Origin => "the passkey was asked by a page of another site",
            Self::RelyingParty => "the passkey was made for another server",
            Self::UserVerification => "the device did not make sure that it is you, by a PIN, a finger or a face",
            Self::Signature => "the passkey that is known under this name did not sign this",
            Self::Count => "the passkey has signed no more often than it had before, so that somebody may have a copy",
            Self::Key => "the passkey is of a kind that is not taken, or is not what it was when it was registered",
        }
    }
}

impl From<RegCeremonyErr> for Wrong {
    fn from(error: RegCeremonyErr) -> Self {
        match error {
            RegCeremonyErr::Timeout => Self::Late,
            RegCeremonyErr::ChallengeMismatch => Self::Challenge,
            RegCeremonyErr::OriginMismatch | RegCeremonyErr::CrossOrigin | RegCeremonyErr::TopOriginMismatch => {
                Self::Origin
            }
            RegCeremonyErr::RpIdHashMismatch => Self::RelyingParty,
            RegCeremonyErr::UserNotPresent | RegCeremonyErr::UserNotVerified => Self::UserVerification,
            RegCeremonyErr::AttestationSignature => Self::Signature,
            RegCeremonyErr::PubKey(_)
            | RegCeremonyErr::PublicKeyAlgorithmMismatch
            | RegCeremonyErr::Credential(_)
            | RegCeremonyErr::Extension(_)
            | RegCeremonyErr::BackupEligible
            | RegCeremonyErr::BackupNotEligible
            | RegCeremonyErr::BackupDoesNotExist => Self::Key,
            _ => Self::Form,
        }
    }
}

impl From<AuthCeremonyErr> for Wrong {
    fn from(error: AuthCeremonyErr) -> Self {
        match error {
            AuthCeremonyErr::Timeout => Self::Late,
            AuthCeremonyErr::ChallengeMismatch => Self::Challenge,
            AuthCeremonyErr::OriginMismatch | AuthCeremonyErr::CrossOrigin | AuthCeremonyErr::TopOriginMismatch => {
                Self::Origin
            }
            AuthCeremonyErr::RpIdHashMismatch => Self::RelyingParty,
            AuthCeremonyErr::UserNotVerified => Self::UserVerification,
            AuthCeremonyErr::AssertionSignature => Self::Signature,
            AuthCeremonyErr::SignatureCounter => Self::Count,
            AuthCeremonyErr::PubKey(_)
            | AuthCeremonyErr::Credential(_)
            | AuthCeremonyErr::Extension(_)
            | AuthCeremonyErr::UserHandleMismatch
            | AuthCeremonyErr::BackupEligible
            | AuthCeremonyErr::BackupNotEligible
            | AuthCeremonyErr::BackupDoesNotExist => Self::Key,
            _ => Self::Form,
        }
    }
}

/// Whether browsers make passkeys for a server there, and what they call it then.
fn name(origin: &str) -> Option<&str> {
    let (scheme, authority) = origin.split_once("://")?;
    let is_bracketed = authority.starts_with('[');
    let host = if is_bracketed { authority } else { authority.split_once(':').map_or(authority, |(host, _)| host) };
    let is_named = !is_bracketed && host.parse::<IpAddr>().is_err();
    (is_named && (scheme == "https" || host == "localhost")).then_some(host)
}

impl Assertion {
    /// Reads what a browser sent.
    ///
    /// # Errors
    /// When it has no such form.
    pub(crate) fn read(sent: &SentAssertion<'_>) -> Result<Self, Wrong> {
        let json = json!({
            "id": sent.id,
            "clientDataJSON": sent.client_data,
            "authenticatorData": sent.authenticator_data,
            "signature": sent.signature,
            "userHandle": sent.user_handle,
            "clientExtensionResults": {},
            "type": "public-key",
        });
        DiscoverableAuthentication::from_json_custom(json.to_string().as_bytes()).map(Self).map_err(|_| Wrong::Form)
    }

    /// What the device calls the passkey.
    pub(crate) fn credential(&self) -> &[u8] {
        self.0.raw_id().into_inner()
    }
}

impl RelyingParty {
    /// What this server is at its public addresses, of which the first names it; or why it has no passkeys, in words.
    pub(crate) fn of(public: &[String], has_provider: bool) -> Result<Self, &'static str> {
        if has_provider {
            return Err(ELSEWHERE);
        }
        let host = name(public.first().ok_or(NOWHERE)?).ok_or(NAMELESS)?;
        let origins = public.iter().filter(|origin| name(origin) == Some(host)).cloned().collect();
        let id = AsciiDomain::try_from(host.to_owned()).map_err(|_| NAMELESS)?;
        Ok(Self { id: RpId::Domain(id), origins })
    }

    /// The host whose pages can ask for passkeys.
    pub(crate) fn host(&self) -> &str {
        self.id.as_ref()
    }

    /// Begins to make a passkey for somebody whom devices call `handle`, on none of those that have one of `known`.
    /// Gives what the browser is asked for.
    ///
    /// # Errors
    /// When their name is none of WebAuthn's.
    pub(crate) fn begin_registration(
        &self,
        person: &StaffId,
        handle: [u8; HANDLE],
        known: Vec<Vec<u8>>,
    ) -> Result<(Registering, Value), Refused> {
        let Ok(id) = UserHandle::decode(handle);
        let name = Username::try_from(person.as_str()).map_err(Refused::internal)?;
        let user = PublicKeyCredentialUserEntity { name, id: &id, display_name: None };
        let excluded = known.into_iter().filter_map(|known| {
            let (id, transports) = (CredentialId::decode(known).ok()?, AuthTransports::decode(0).ok()?);
            Some(PublicKeyCredentialDescriptor { id, transports })
        });
        let mut options = PublicKeyCredentialCreationOptions::passkey(&self.id, user, excluded.collect());
        // A device that does not know of this is none the worse: it is held to user verification by what it signs.
        options.extensions.cred_protect = CredProtect::UserVerificationRequired(ExtensionInfo::AllowDontEnforceValue);
        let (begun, asked) = options.start_ceremony().map_err(Refused::internal)?;
        Ok((begun, serde_json::to_value(&asked).map_err(Refused::internal)?))
    }

    /// What is kept of a passkey that was made, and how often it had signed.
    ///
    /// # Errors
    /// When it is not what was asked for.
    pub(crate) fn register(&self, begun: Registering, sent: &SentRegistration<'_>) -> Result<(PasskeyKey, u32), Wrong> {
        let json = json!({
            "clientDataJSON": sent.client_data,
            "attestationObject": sent.attestation,
            "transports": [],
            "clientExtensionResults": {},
            "type": "public-key",
        });
        let read = Registration::from_json_custom(json.to_string().as_bytes()).map_err(|_| Wrong::Form)?;
        let held = RegistrationVerificationOptions::<String, String> {
            allowed_origins: &self.origins,
            // Devices may say more than they were asked.
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        let made = begun.verify(&self.id, &read, &held)?;
        // Of a weak key anybody can make signatures.
        if let UncompressedPubKey::Ed25519(key) = made.static_state().credential_public_key
            && <[u8; 32]>::try_from(key.into_inner())
                .ok()
                .and_then(|key| VerifyingKey::from_bytes(&key).ok())
                .is_none_or(|key| key.is_weak())
        {
            return Err(Wrong::Key);
        }
        let Ok(public) = made.static_state().encode();
        let state = made.dynamic_state();
        let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let key = PasskeyKey {
            credential: encoded(made.id().into_inner()),
            handle: encoded(made.user_id().as_ref()),
            public: encoded(&public),
            synced: !matches!(state.backup, Backup::NotEligible),
        };
        Ok((key, state.sign_count))
    }

    /// Begins a sign-in. Gives what the browser is asked for.
    ///
    /// # Errors
    /// Never, as long as the library takes its own options.
    pub(crate) fn begin_sign_in(&self) -> Result<(SigningIn, Value), Refused> {
        let options = DiscoverableCredentialRequestOptions::passkey(&self.id);
        let (begun, asked) = options.start_ceremony().map_err(Refused::internal)?;
        Ok((begun, serde_json::to_value(&asked).map_err(Refused::internal)?))
    }

    /// How often the passkey `key`, which had signed `count` times, has signed by now, where it answers what was asked.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) fn verify(
        &self,
        begun: SigningIn,
        shown: &Assertion,
        (key, count): (&PasskeyKey, u32),
    ) -> Result<u32, Wrong> {
        let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| Wrong::Key);
        let public =
            StaticState::<CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>>::decode(&decoded(&key.public)?)
                .map_err(|_| Wrong::Key)?;
        let Ok(handle) = UserHandle::<HANDLE>::decode(decoded(&key.handle)?.try_into().map_err(|_| Wrong::Key)?);
        let state = DynamicState {
            user_verified: true,
            backup: if key.synced { Backup::Eligible } else { Backup::NotEligible },
            sign_count: count,
            authenticator_attachment: AuthenticatorAttachment::None,
        };
        let mut known =
            AuthenticatedCredential::new(shown.0.raw_id(), &handle, public, state).map_err(|_| Wrong::Key)?;
        let held = AuthenticationVerificationOptions::<String, String> {
            allowed_origins: &self.origins,
            backup_requirement: Some(if key.synced { BackupReq::Eligible } else { BackupReq::NotEligible }),
            error_on_unsolicited_extensions: false,
            ..AuthenticationVerificationOptions::default()
        };
        begun.verify(&self.id, &shown.0, &mut known, &held)?;
        Ok(known.dynamic_state().sign_count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_are_made_where_a_server_has_a_name_that_browsers_take() {
        let of = |public: &[&str], provider| {
            let public: Vec<String> = public.iter().map(|origin| (*origin).to_owned()).collect();
            RelyingParty::of(&public, provider).map(|party| (party.id.as_ref().to_owned(), party.origins.join(" ")))
        };
        let named = |id: &str, origins: &str| Ok((id.to_owned(), origins.to_owned()));
        assert_eq!(
            of(&["https://a.example", "https://a.example:8443", "https://b.example"], false),
            named("a.example", "https://a.example https://a.example:8443"),
        );
        assert_eq!(of(&["http://localhost:8080"], false), named("localhost", "http://localhost:8080"));
        assert_eq!(of(&[], false), Err(NOWHERE));
        assert_eq!(of(&["https://a.example"], true), Err(ELSEWHERE));
        for nameless in ["http://127.0.0.1:8080", "https://192.0.2.1", "https://[2001:db8::1]:8443", "http://[::1]:80"]
        {
            assert_eq!(of(&[nameless], false), Err(NAMELESS), "{nameless}");
        }
    }
}
