//! Attachments: files of a few kinds, known by their own first bytes, sealed under the customer's key and kept apart.

use crate::{
    Caller, Done, Parts, Repeat,
    case::counted::{CaseAnswer, shown},
    operation::{AddAttachmentRefusal, GetAttachmentRefusal},
    pipeline::{self, commit::Envelope, lease, load, sealing},
    refused::{Kind, Refused},
    vault::opened::{self, CaseKey},
};
use remit_domain::{
    Command,
    command::ATTACHED_BYTES_MAX,
    event::{Attachment, FileKind},
};
use remit_policy::actions::Permission;
use remit_store::{AttachmentRow, Views as _};
use serde::Serialize;
use utoipa::ToSchema;

/// Largest file, in bytes: 5 MiB.
pub const FILE_MAX: usize = 5 * 1024 * 1024;

const _: () = assert!(FILE_MAX as u64 <= ATTACHED_BYTES_MAX, "a case has room for a file");

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AttachmentView {
    /// Its identifier on the case.
    pub id: String,
    /// What kind of file.
    #[schema(example = "image/png")]
    pub media_type: String,
    /// Its length in bytes.
    pub bytes: u32,
}

impl From<&Attachment> for AttachmentView {
    fn from(attachment: &Attachment) -> Self {
        Self { id: attachment.commit.clone(), media_type: attachment.media_type.clone(), bytes: attachment.bytes }
    }
}

/// A file that is what it says it is.
#[derive(Debug)]
pub struct File {
    kind: FileKind,
    bytes: Vec<u8>,
}

impl File {
    /// The file that came as `sent`, a media type.
    ///
    /// # Errors
    /// When it is empty, of a kind that is not taken, or not what it says.
    pub fn new(sent: &str, bytes: Vec<u8>) -> Result<Self, Refused> {
        let said = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let refused = |detail: String| Err(Refused::new(Kind::MediaType, detail));
        let Some(kind) = FileKind::named(&said) else {
            let sent: String = said.chars().take(80).collect();
            return refused(format!("a file came as `{sent}`; what is taken is {}", taken()));
        };
        if bytes.is_empty() {
            return Err(Refused::new(Kind::Invalid, "the file is empty"));
        }
        match FileKind::of(&bytes) {
            Some(is) if is == kind => Ok(Self { kind, bytes }),
            Some(other) => {
                let other = other.media_type();
                refused(format!("a file came as `{said}`, but its first bytes are those of `{other}`"))
            }
            None => refused(format!("a file came as `{said}`, but it is not one")),
        }
    }
}

/// The kinds of files that are taken, in words.
fn taken() -> String {
    let [others @ .., last] = FileKind::ALL.map(FileKind::media_type);
    format!("{} and {last}", others.join(", "))
}

/// Adds a file to a case: the holder's if it names a lease, else the requester's, for whom the case is decided
/// anew.
///
/// # Errors
/// [`AddAttachmentRefusal`] says when each arises.
pub async fn attach(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    epoch: Option<u64>,
    file: File,
) -> Result<Done<CaseAnswer>, AddAttachmentRefusal> {
    let action = if epoch.is_some() { Permission::MESSAGE_ANSWER } else { Permission::MESSAGE_POST };
    // The message says nothing besides.
    let loaded =
        lease::load_under(&parts.governance, &parts.journal, &parts.environment, caller, action, id, epoch).await?;
    caller.brings_customers_words(epoch)?;
    let key = sealing::sealing_key(&parts.journal, &parts.vault, &parts.environment, &loaded.case).await?;
    let sealed = key.seal("", &parts.environment.entropy).map_err(Refused::from)?;
    let (commit, bytes) = key.seal_bytes(&file.bytes, &parts.environment.entropy).map_err(Refused::from)?;
    let attachment = Attachment {
        commit: commit.clone(),
        bytes: u32::try_from(file.bytes.len()).unwrap_or(u32::MAX),
        media_type: file.kind.media_type().to_owned(),
    };
    drop(file);
    let command = Command::Attach { epoch, words: sealed.words.clone(), attachment };
    let case = loaded.case.id.to_string();
    let mut envelope = Envelope::on(loaded, command).with([sealed]);
    envelope.side.attachments.push(AttachmentRow { id: commit, case, sealed: bytes });
    Ok(pipeline::execute(parts, caller, repeat, Some(id), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}

/// A file of a case, with its kind.
///
/// # Errors
/// [`GetAttachmentRefusal`] says when each arises.
pub async fn attachment(
    parts: &Parts,
    caller: &Caller,
    id: &str,
    name: &str,
) -> Result<(FileKind, Vec<u8>), GetAttachmentRefusal> {
    let case = load::case_for(&parts.governance, &parts.journal, &parts.environment, caller, Permission::CASE_READ, id)
        .await?;
    let row = parts.journal.store.attachment(&case.id.to_string(), name).await.map_err(Refused::internal)?;
    let key = parts.opener().case_key(&case).await?;
    let Some(row) = row else {
        let gone = case.attached > 0 && matches!(key, CaseKey::Erased);
        let kind = if gone { Kind::Erased } else { Kind::NotFound };
        return Err(Refused::new(kind, "the case has no such file").into());
    };
    let bytes = key.there()?.open_bytes(&row.sealed, &row.id);
    let bytes = opened::opened(&parts.environment.metrics, &case, &row.id, bytes);
    let bytes = bytes.ok_or_else(|| Refused::internal("a file does not open"))?;
    let kind = FileKind::of(&bytes).ok_or_else(|| Refused::internal("a file is not of its kind"))?;
    Ok((kind, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_first_bytes_say() {
        let webp = b"RIFF\x10\0\0\0WEBPVP8 ";
        for (sent, bytes, want) in [
            ("image/png", b"\x89PNG\r\n\x1a\n....".as_slice(), Ok("image/png")),
            ("IMAGE/JPEG; q=1", b"\xff\xd8\xff\xe0", Ok("image/jpeg")),
            ("image/gif", b"GIF89a..", Ok("image/gif")),
            ("image/webp", webp, Ok("image/webp")),
            ("application/pdf", b"%PDF-1.7", Ok("application/pdf")),
            ("text/plain; charset=utf-8", "h\u{e9}llo\r\n\tworld".as_bytes(), Ok("text/plain")),
            ("text/plain", b"<script>alert(1)</script>", Ok("text/plain")),
            ("image/png", b"\xff\xd8\xff\xe0", Err("first bytes are those of `image/jpeg`")),
            ("image/png", b"<svg/>", Err("first bytes are those of `text/plain`")),
            ("image/webp", b"RIFF\x10\0\0\0WAVE", Err("it is not one")),
            ("text/plain", b"\xff\xfe\0", Err("it is not one")),
            ("text/plain", b"a\0b", Err("it is not one")),
            ("text/plain", b"", Err("empty")),
            ("image/svg+xml", b"<svg/>", Err("what is taken is image/png")),
            ("text/html", b"<p>", Err("`text/html`")),
            ("", b"x", Err("what is taken")),
        ] {
            let got = File::new(sent, bytes.to_vec());
            match (got, want) {
                (Ok(file), Ok(want)) => assert_eq!(file.kind.media_type(), want),
                (Err(refused), Err(want)) => assert!(refused.detail.contains(want), "{sent}: {}", refused.detail),
                (got, want) => panic!("{sent}: {got:?}, not {want:?}"),
            }
        }
    }
}
