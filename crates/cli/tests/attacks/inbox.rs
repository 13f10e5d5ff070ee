//! Somebody's receiver of webhooks, made by hand: hands on each message as it arrived, and takes it.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::Arc,
};

/// A message as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// With names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// Starts one, and says where it is.
pub(crate) fn start(take: impl Fn(Message) + Send + Sync + 'static) -> String {
    let (take, listener) = (Arc::new(take), TcpListener::bind("127.0.0.1:0").unwrap());
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let take = Arc::clone(&take);
            std::thread::spawn(move || while receive(&stream, &*take).is_some() {});
        }
    });
    url
}

/// Takes in one message; nothing once the other side has hung up.
fn receive(stream: &TcpStream, take: &dyn Fn(Message)) -> Option<()> {
    let (mut reader, mut headers) = (BufReader::new(stream), BTreeMap::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => _ = headers.insert(name.to_ascii_lowercase(), value.to_owned()),
            None if line == "\r\n" => break,
            None => {}
        }
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    take(Message { headers, body });
    (&mut &*stream).write_all(b"HTTP/1.1 204 No Content\r\n\r\n").ok()
}
