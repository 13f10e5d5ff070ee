//! Fields of a case are set, which may change who holds it.

use crate::{
    Caller, Done, Parts, Repeat,
    case::{
        counted::{CaseAnswer, shown},
        fields,
    },
    field::{
        schema::values,
        sent::{self, Sent},
    },
    operation::SetFieldsRefusal,
    pipeline::{self, commit::Envelope, found_by::FoundBy, load, sealing},
    refused::Refused,
};
use remit_domain::Command;
use remit_policy::actions::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Values of a case's fields.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostFields {
    /// The values, by field; `null` takes a field away. A date-time is written as RFC 3339, money in minor units.
    #[serde(deserialize_with = "sent::once")]
    #[schema(schema_with = values)]
    pub fields: Sent,
    /// Which of the token's sources says so; its first unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub source: Option<String>,
}

/// Sets fields of a case, which may change who holds it.
///
/// # Errors
/// [`SetFieldsRefusal`] says when each arises.
pub async fn set_fields(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    posted: PostFields,
) -> Result<Done<CaseAnswer>, SetFieldsRefusal> {
    let loaded =
        load::load(&parts.governance, &parts.journal, &parts.environment, caller, Permission::FIELD_SET, id).await?;
    let Some(read) = fields::read(&parts.governance, &*caller.under(posted.source.as_deref())?, &posted.fields)? else {
        return Err(Refused::invalid("fields", "name at least one field").into());
    };
    let key = sealing::sealing_key(&parts.journal, &parts.vault, &parts.environment, &loaded.case).await?;
    let (set, sealed, about) = fields::seal(read, &key, &parts.environment)?;
    let found_by =
        FoundBy::of(&parts.governance, &parts.vault, &set, &about)?.in_place_of(parts, &loaded.case, &set).await?;
    let mut envelope = Envelope::on(loaded, Command::SetFields(set)).with(sealed);
    (envelope.side.about, envelope.side.found_by) = (about, found_by);
    Ok(pipeline::execute(parts, caller, repeat, Some(id), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}
