//! What a person's own history tells, in sentences: what they sign in with, and the sessions that this begins.

use super::json::text;
use serde_json::Value;

/// What happened, where it is of somebody who signs in.
pub(super) fn told(item: &Value) -> Option<String> {
    let of = |pointer: &str| text(item, pointer);
    Some(match of("/event/type") {
        "account_changed" => account(item),
        "session_started" => {
            let by = match of("/event/way") {
                "password" => "a password".to_owned(),
                "passkey" => format!("the passkey {}", of("/event/passkey/passkey")),
                "provider" => "the identity provider".to_owned(),
                other => other.to_owned(),
            };
            format!(
                "signed in with {by} as {}: session {}",
                roles(item, "/event/grant/roles"),
                of("/event/grant/token")
            )
        }
        "session_ended" => format!("session {} ended: {}", of("/event/session"), cause(of("/event/cause"))),
        "sign_in_refused" => "attempts to sign in are refused for a while: there were too many".to_owned(),
        "staff_removed" => "removed: works here no more".to_owned(),
        _ => return None,
    })
}

fn account(item: &Value) -> String {
    let of = |pointer: &str| text(item, pointer);
    match of("/event/change/kind") {
        "invited" => {
            format!(
                "given a link to choose a password by, as {}, until {}",
                roles(item, "/event/change/roles"),
                moment(item)
            )
        }
        "password_set" => format!("has another password, as {}", roles(item, "/event/change/roles")),
        "password_removed" => "has no password any more, and signs in with a passkey".to_owned(),
        "passkey_registered" => format!("registered the passkey {}", of("/event/change/passkey")),
        "passkey_removed" => format!("the passkey {} was removed", of("/event/change/passkey")),
        "passkey_doubted" => format!(
            "the passkey {} signs nobody in any more: it had signed no more often than it had before, so that somebody \
             may have a copy",
            of("/event/change/passkey")
        ),
        "ended" => "can sign in no more".to_owned(),
        other => other.replace('_', " "),
    }
}

/// When a link ends.
fn moment(item: &Value) -> String {
    let at = item.pointer("/event/change/expires").and_then(Value::as_i64);
    let at = at.and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    at.map_or_else(|| text(item, "/event/change/expires").to_owned(), |at| at.to_string())
}

/// Roles, in words.
fn roles(item: &Value, at: &str) -> String {
    let roles = item.pointer(at).and_then(Value::as_array).into_iter().flatten();
    roles.filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

/// Why a session ended, in words.
fn cause(cause: &str) -> &str {
    match cause {
        "signed_out" => "signed out",
        "signed_in_anew" => "signed in anew in the same browser",
        "idle" => "nothing came with it for too long",
        "expired" => "its time was over",
        "too_many" => "it was the oldest of more than may be",
        "account_changed" => "what they sign in with, or their roles, changed",
        "passkey_removed" => "the passkey that began it was removed, or is doubted",
        "removed" => "they work here no more",
        "ended" => "somebody who may ended it",
        "provider" => "they signed out at the identity provider",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_somebody_signs_in_with_is_told_in_sentences() {
        let tell = |event: Value| told(&json!({ "event": event }));
        for (event, said) in [
            (
                json!({ "type": "account_changed", "change": { "kind": "invited", "roles": ["lead", "admin"],
                        "expires": 1_773_136_800_000_i64 } }),
                "given a link to choose a password by, as lead, admin, until 2026-03-10T10:00:00Z",
            ),
            (
                json!({ "type": "session_started", "way": "passkey", "passkey": { "passkey": "key_1", "count": 3 },
                        "grant": { "token": "ses_1", "roles": ["lead"] } }),
                "signed in with the passkey key_1 as lead: session ses_1",
            ),
            (
                json!({ "type": "session_ended", "session": "ses_1", "cause": "too_many" }),
                "session ses_1 ended: it was the oldest of more than may be",
            ),
            (json!({ "type": "account_changed", "change": { "kind": "ended" } }), "can sign in no more"),
        ] {
            assert_eq!(tell(event).as_deref(), Some(said));
        }
        assert_eq!(tell(json!({ "type": "presence_set" })), None);
    }
}
