//! The kinds of files that messages have, each known by its own first bytes.

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A PNG image.
    Png,
    /// A JPEG image.
    Jpeg,
    /// A WebP image.
    Webp,
    /// A GIF image.
    Gif,
    /// A PDF document.
    Pdf,
    /// Plain text in UTF-8.
    Text,
}

impl FileKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Png, Self::Jpeg, Self::Webp, Self::Gif, Self::Pdf, Self::Text];

    /// Its media type, by which records name it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Pdf => "application/pdf",
            Self::Text => "text/plain",
        }
    }

    /// The kind of this media type.
    pub fn named(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.media_type() == media_type)
    }

    /// What kind of file this is; none of a kind that is not here.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.is(bytes))
    }

    fn is(self, bytes: &[u8]) -> bool {
        match self {
            Self::Png => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Jpeg => bytes.starts_with(b"\xff\xd8\xff"),
            Self::Webp => bytes.starts_with(RIFF) && bytes.get(8..12) == Some(b"WEBP"),
            Self::Gif => bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a"),
            Self::Pdf => bytes.starts_with(b"%PDF-"),
            Self::Text => !bytes.starts_with(RIFF) && is_text(bytes),
        }
    }
}

/// What WebP images begin with, and other forms of media.
const RIFF: &[u8] = b"RIFF";

fn is_text(bytes: &[u8]) -> bool {
    let plain = |text: &str| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}'));
    std::str::from_utf8(bytes).is_ok_and(plain)
}
