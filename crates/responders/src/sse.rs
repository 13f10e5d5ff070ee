//! Server-sent events, as far as answers of models use them: the `data` of each event (WHATWG HTML, 9.2).

use crate::Failure;

/// Puts pieces of a stream together to events. Holds no more than the unfinished event.
#[derive(Debug, Default)]
pub(crate) struct Events {
    line: Vec<u8>,
    data: String,
    has_data: bool,
    after_return: bool,
    begun: bool,
}

impl Events {
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
        }
        Ok(events)
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
        if field == "data" {
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
        let mut events = Events::default();
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
    fn a_stream_not_in_utf_8_is_refused() {
        assert!(Events::default().push(b"data: \xff\n\n").is_err());
    }
}
