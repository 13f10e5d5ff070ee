//! Server-sent events, as far as answers of models use them: the `data` of each event (WHATWG HTML, 9.2).

use crate::Failure;

/// Puts pieces of a stream together to events. Holds no more than the unfinished event, up to a number of bytes.
#[derive(Debug)]
pub(crate) struct Events {
    bytes_max: usize,
    line: Vec<u8>,
    data: String,
    has_data: bool,
    after_return: bool,
    begun: bool,
}

impl Events {
    pub(crate) const fn new(bytes_max: usize) -> Self {
        Self { bytes_max, line: Vec::new(), data: String::new(), has_data: false, after_return: false, begun: false }
    }

    /// Takes the next piece of the stream and returns the data of each event that it completes.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<Vec<String>, Failure> {
        let mut events = Vec::new();
        for &byte in piece {
            // A line ends with LF, CR, or both.
            let second_half = byte == b'\n' && self.after_return;
            self.after_return = byte == b'\r';
            match byte {
                b'\n' if second_half => {}
                b'\n' | b'\r' => events.extend(self.end_line()?),
                _ => self.line.push(byte),
            }
            if self.line.len() + self.data.len() > self.bytes_max {
                return Err(Failure::TooLarge { bytes_max: self.bytes_max });
            }
        }
        Ok(events)
    }

    /// What the stream ended in without an empty line.
    pub(crate) fn last(mut self) -> Result<Option<String>, Failure> {
        let event = if self.line.is_empty() { None } else { self.end_line()? };
        Ok(event.or_else(|| self.has_data.then_some(self.data)))
    }

    fn end_line(&mut self) -> Result<Option<String>, Failure> {
        let line = std::mem::take(&mut self.line);
        let line = std::str::from_utf8(&line).map_err(|_| Failure::Malformed("a stream not in UTF-8".to_owned()))?;
        let line = if self.begun { line } else { line.strip_prefix('\u{feff}').unwrap_or(line) };
        self.begun = true;
        if line.is_empty() {
            let has_data = std::mem::take(&mut self.has_data);
            let data = std::mem::take(&mut self.data);
            return Ok(has_data.then_some(data));
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        // Older llama.cpp tells of errors in a field of their own.
        if field == "data" || field == "error" {
            if self.has_data {
                self.data.push('\n');
            }
            self.data.push_str(value.strip_prefix(' ').unwrap_or(value));
            self.has_data = true;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(stream: &[u8], piece_bytes: usize) -> Vec<String> {
        let mut events = Events::new(1_000);
        stream.chunks(piece_bytes).flat_map(|piece| events.push(piece).unwrap()).collect()
    }

    #[test]
    fn events_are_the_same_however_the_stream_is_cut() {
        let stream = "\u{feff}data: one\n\n: a comment\nevent: x\ndata:two\r\ndata:  lines\rdata\r\r\r\n\r\n\
                      data\n\nid: 7\r\n\r\ndata: gr\u{fc}\u{df}e 🙂\r\n\r\ndata: unfinished\n";
        let wanted = ["one", "two\n lines\n", "", "grüße 🙂"];
        for piece_bytes in 1..=stream.len() {
            assert_eq!(events(stream.as_bytes(), piece_bytes), wanted, "in pieces of {piece_bytes}");
        }
    }

    #[test]
    fn the_last_event_needs_no_empty_line_and_none_may_be_endless() {
        let last = |stream: &[u8]| {
            let mut events = Events::new(100);
            let _ = events.push(stream).unwrap();
            events.last().unwrap()
        };
        assert_eq!(last(b"data: a\n\ndata: [DONE]").as_deref(), Some("[DONE]"));
        assert_eq!(last(b"data: a\n\ndata: b\n").as_deref(), Some("b"));
        assert_eq!(last(b"data: a\n\n: x"), None);
        assert_eq!(last(b""), None);
        assert!(Events::new(100).push(&[b'x'; 101]).is_err());
        assert!(Events::new(100).push(&b"data: 0123456789\n".repeat(11)).is_err());
        assert!(Events::new(100).push(&b": 0123456789\n".repeat(11)).is_ok());
    }

    #[test]
    fn a_stream_not_in_utf_8_is_refused() {
        assert!(Events::new(100).push(b"data: \xff\n\n").is_err());
    }
}
