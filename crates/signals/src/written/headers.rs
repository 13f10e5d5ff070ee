//! What mail programs put above an earlier message: a line with dashes, or the fields of its header.

use super::{lines::Line, part_kind::PartKind, steps};

/// Between dashes above a message that is answered.
const ORIGINAL: [&str; 26] = [
    "original message",
    "original appointment",
    "reply message",
    "ursprüngliche nachricht",
    "originalnachricht",
    "original-nachricht",
    "message d'origine",
    "message d’origine",
    "message original",
    "mensaje original",
    "messaggio originale",
    "oorspronkelijk bericht",
    "origineel bericht",
    "mensagem original",
    "wiadomość oryginalna",
    "oryginalna wiadomość",
    "ursprungligt meddelande",
    "originalmeddelande",
    "oprindelig meddelelse",
    "opprinnelig melding",
    "alkuperäinen viesti",
    "původní zpráva",
    "исходное сообщение",
    "原始邮件",
    "元のメッセージ",
    "원본 메시지",
];
/// Between dashes, or before a colon, above a message that is passed on.
const FORWARDED: [&str; 38] = [
    "forwarded message",
    "begin forwarded message",
    "forwarded by",
    "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht",
    "anfang der weitergeleiteten e-mail",
    "message transféré",
    "début du message transféré",
    "début du message réexpédié",
    "message réexpédié",
    "mensaje reenviado",
    "inicio del mensaje reenviado",
    "messaggio inoltrato",
    "inizio messaggio inoltrato",
    "doorgestuurd bericht",
    "begin doorgestuurd bericht",
    "mensagem encaminhada",
    "mensagem reencaminhada",
    "início da mensagem encaminhada",
    "início da mensagem reencaminhada",
    "przekazana wiadomość",
    "wiadomość przekazana dalej",
    "treść przekazanej wiadomości",
    "początek przekazywanej wiadomości",
    "vidarebefordrat meddelande",
    "vidarebefordrat brev",
    "videresendt meddelelse",
    "videresendt melding",
    "välitetty viesti",
    "přeposlaná zpráva",
    "továbbított üzenet",
    "mesaj redirecționat",
    "пересылаемое сообщение",
    "пересланное сообщение",
    "转发的邮件",
    "轉寄的郵件",
    "転送されたメッセージ",
    "전달된 메시지",
];
/// What a help desk puts above what it sends, for answers to stand above it.
const ABOVE: [&str; 8] = [
    "reply above this line",
    "type your reply above",
    "write your reply above",
    "antworten sie oberhalb dieser zeile",
    "antwort oberhalb dieser linie",
    "répondez au-dessus de cette ligne",
    "responda por encima de esta línea",
    "rispondi sopra questa riga",
];

/// A field of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    From,
    Date,
    To,
    Copy,
    Subject,
}

/// Names of fields, in small letters.
const FIELDS: [(Field, &[&str]); 5] = [
    (
        Field::From,
        &[
            "from",
            "von",
            "de",
            "da",
            "van",
            "od",
            "från",
            "fra",
            "lähettäjä",
            "от",
            "от кого",
            "feladó",
            "kimden",
            "gönderen",
            "发件人",
            "寄件者",
            "差出人",
            "送信元",
            "보낸 사람",
        ],
    ),
    (
        Field::Date,
        &[
            "sent",
            "date",
            "sent at",
            "gesendet",
            "gesendet am",
            "datum",
            "envoyé",
            "envoyé le",
            "enviado",
            "enviado el",
            "enviada em",
            "enviado em",
            "fecha",
            "data",
            "inviato",
            "verzonden",
            "verzonden op",
            "wysłano",
            "wysłane",
            "skickat",
            "sendt",
            "dato",
            "lähetetty",
            "päivämäärä",
            "odesláno",
            "отправлено",
            "дата",
            "elküldve",
            "dátum",
            "tarih",
            "发送时间",
            "日期",
            "送信日時",
            "日付",
            "날짜",
            "보낸 날짜",
        ],
    ),
    (
        Field::To,
        &[
            "to",
            "an",
            "à",
            "pour",
            "destinataire",
            "para",
            "a",
            "aan",
            "do",
            "till",
            "til",
            "vastaanottaja",
            "komu",
            "кому",
            "címzett",
            "kime",
            "收件人",
            "宛先",
            "받는 사람",
        ],
    ),
    (
        Field::Copy,
        &["cc", "bcc", "kopie", "kopia", "dw", "copie à", "reply-to", "antwort an", "répondre à", "抄送", "참조"],
    ),
    (
        Field::Subject,
        &[
            "subject",
            "betreff",
            "objet",
            "asunto",
            "oggetto",
            "onderwerp",
            "assunto",
            "temat",
            "ämne",
            "emne",
            "aihe",
            "předmět",
            "тема",
            "tárgy",
            "konu",
            "主题",
            "主旨",
            "件名",
            "제목",
        ],
    ),
];

/// Bytes of a field's name with its marks, at most.
const NAME_MAX: usize = 48;
/// Lines that the fields of a header take at most, with blank ones between.
const BLOCK_MAX: usize = 14;

/// What follows behind a line that divides.
pub(super) fn divider(line: &str) -> Option<PartKind> {
    let line = line.trim();
    let sign = |c: char| matches!(c, '-' | '‐' | '‑' | '–' | '—' | '_' | '=' | '*' | '#' | '~' | '>' | ' ');
    if line.len() > 160 {
        return None;
    }
    let inner = line.trim_matches(sign);
    let signs = (line.len() - inner.len()) >= 3;
    let colon = inner.strip_suffix(':').or_else(|| inner.strip_suffix('：'));
    if inner.is_empty() || !(signs || colon.is_some()) {
        return None;
    }
    let lower = colon.unwrap_or(inner).trim().to_lowercase();
    let begins = |words: &[&str]| words.iter().any(|words| lower.starts_with(words));
    let is = |words: &[&str]| words.contains(&lower.as_str());
    if ABOVE.iter().any(|words| lower.contains(words)) {
        Some(PartKind::Quote)
    } else if if signs { begins(&FORWARDED) } else { is(&FORWARDED) } {
        Some(PartKind::Forward)
    } else if if signs { begins(&ORIGINAL) } else { is(&ORIGINAL) } {
        Some(PartKind::Quote)
    } else {
        None
    }
}

/// What follows from the line at `at` on, if that divides: by its words, or as a line of dashes above a header.
pub(super) fn divides(lines: &[Line<'_>], at: usize) -> Option<PartKind> {
    let text = lines.get(at)?.text.trim();
    if let Some(kind) = divider(text) {
        return Some(kind);
    }
    if !is_rule(text) {
        return None;
    }
    let next = (at + 1..at + 3).find(|next| lines.get(*next).is_some_and(|line| !line.is_blank()))?;
    block(lines, next).then_some(PartKind::Quote)
}

/// Whether a line is drawn with dashes.
pub(super) fn is_rule(text: &str) -> bool {
    text.len() >= 10 && text.chars().all(|c| matches!(c, '_' | '-' | '—' | '–' | '=' | '*'))
}

/// Whether the header of an earlier message begins at `at`: at least three of its fields, with a subject or an address.
pub(super) fn block(lines: &[Line<'_>], at: usize) -> bool {
    let Some(first) = lines.get(at).and_then(|line| field(line.text)) else { return false };
    if !matches!(first, Field::From | Field::Date | Field::To) {
        return false;
    }
    let mut found = [false; 5];
    let (mut address, mut last, mut others) = (false, at, 0);
    for (at, line) in lines.iter().enumerate().skip(at).take(BLOCK_MAX) {
        steps::look(line.text.len());
        if line.is_blank() {
            continue;
        }
        match field(line.text) {
            Some(field) => {
                if let Some(found) = found.get_mut(field as usize) {
                    *found = true;
                }
                (last, others) = (at, 0);
            }
            // Long fields are wrapped.
            None if at == last + 1 && others < 2 => (last, others) = (at, others + 1),
            None => break,
        }
        address |= line.text.contains('@');
    }
    let [from, .., subject] = found;
    let fields = found.iter().filter(|found| **found).count();
    from && fields >= 3 && (subject || address)
}

/// What stands below the header at the beginning of `text`, and below the line that divides.
pub(super) fn below(text: &str) -> &str {
    let mut rest = text;
    let mut header = false;
    loop {
        let (line, behind) = rest.split_once('\n').unwrap_or((rest, ""));
        let named = field(line).is_some();
        // A blank line ends a header, unless another field follows.
        let heads = named || divider(line).is_some() || is_rule(line.trim()) || line.trim().is_empty();
        if !heads || rest.is_empty() {
            return if header { rest } else { text };
        }
        header |= named || !line.trim().is_empty();
        rest = behind;
    }
}

/// The field that a line begins with.
fn field(line: &str) -> Option<Field> {
    let line = line.trim_start_matches([' ', '\t', '*', '\u{a0}']);
    let head = line.get(..line.floor_char_boundary(NAME_MAX)).unwrap_or(line);
    let (name, _) = head.split_once([':', '：'])?;
    let name = name.trim_matches(['*', ' ', '\u{a0}', '\u{202f}']).to_lowercase();
    FIELDS.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(field, _)| *field)
}
