//! Many connections, and slow ones: who only holds them, sends a head or a body byte by byte, or follows streams,
//! keeps nobody else from being served.

use crate::{
    client::{Client, opening},
    house::{House, Served},
    plan::{Dice, Plan, attack},
};
use std::{
    io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _},
    net::TcpStream,
    process::Command,
};

const CLIENTS: usize = 4;
/// Descriptors for both ends of what is held, each process its own.
const DESCRIPTORS: u64 = 8_192;
/// Longer than any head may be, in bytes.
const TOO_LONG: usize = 256 * 1024;

/// Lets this process, and the servers that it starts, have enough descriptors.
fn allow() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = limit.current.unwrap_or(u64::MAX).max(DESCRIPTORS);
    let most = limit.maximum.unwrap_or(u64::MAX);
    assert!(most >= DESCRIPTORS, "{most} open files are too few for this attack; raise `ulimit -Hn`");
    limit.current = Some(wanted.min(most));
    setrlimit(Resource::Nofile, limit).unwrap();
}

/// Ways to hold a connection without ending a request on it.
const WAYS: usize = 4;

/// Connects, and begins what it does not end.
fn hold(server: &str, client: &Client, way: usize) -> TcpStream {
    let mut stream = TcpStream::connect(server).unwrap();
    let head = format!("POST /v1/cases HTTP/1.1\r\nhost: {server}\r\nauthorization: Bearer {}\r\n", client.token);
    let said = match way % WAYS {
        0 => String::new(),
        1 => head,
        2 => format!("{head}content-type: application/json\r\ncontent-length: 1000\r\n\r\n{{\"customer\""),
        _ => "G".to_owned(),
    };
    stream.write_all(said.as_bytes()).unwrap();
    stream
}

/// A little more of what is never ended. The server may have had enough of it.
fn more(stream: &mut TcpStream, way: usize) {
    let said: &[u8] = match way % WAYS {
        0 => b"",
        1 => b"x-more: 1\r\n",
        2 => b" ",
        _ => b"E",
    };
    let _ = stream.write_all(said);
}

/// Follows everything that happens, as somebody with this token.
fn follow(server: &str, client: &Client) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(server).unwrap();
    let asked = format!("GET /v1/events HTTP/1.1\r\nhost: {server}\r\nauthorization: Bearer {}\r\n\r\n", client.token);
    stream.write_all(asked.as_bytes()).unwrap();
    // Drained in one go: of what is taken in small pieces the kernel may open the window by less than one segment of
    // the loopback, whose sender then waits for minutes.
    let mut reader = BufReader::with_capacity(1 << 20, stream);
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    assert!(first.starts_with("HTTP/1.1 200"), "{first}");
    reader
}

/// Opens so many cases, each on a connection of its own, and gives the last one.
fn open(server: &Served, times: usize) -> String {
    let each = |client: usize| {
        let mut last = String::new();
        for at in 0..times / CLIENTS {
            let fresh = server.admin();
            let got = fresh.post("/v1/cases", &opening(&format!("c{client}-{at}"), "When will my card arrive?"));
            assert_eq!(got.status, 201, "{}", got.body);
            last = got.body["case"]["id"].as_str().unwrap().to_owned();
        }
        last
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|client| scope.spawn(move || each(client))).collect();
        clients.into_iter().map(|client| client.join().unwrap()).last().unwrap()
    })
}

/// What the server does with a head that has no end.
fn endless(server: &str) {
    let mut stream = TcpStream::connect(server).unwrap();
    let sent = stream
        .write_all(b"GET /healthz HTTP/1.1\r\nx: ")
        .and_then(|()| (0..TOO_LONG / 1024).try_for_each(|_| stream.write_all(&[b'x'; 1024])));
    let mut answer = Vec::new();
    // It may have hung up before all was sent.
    let read = stream.read_to_end(&mut answer);
    let cut = |error: std::io::Error| {
        assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
    };
    sent.map_or_else(cut, |()| {});
    read.map_or_else(cut, |_| {});
    assert!(!String::from_utf8_lossy(&answer).contains(" 200 "), "a head of {TOO_LONG} bytes was taken");
}

fn round(plan: Plan) {
    allow();
    let house = House::new();
    let server = house.serve();
    let (admin, mut dice) = (server.admin(), plan.dice());
    let mut held: Vec<(usize, TcpStream)> = (0..plan.of(1_000, 3_000))
        .map(|_| dice.roll(WAYS))
        .map(|way| (way, hold(&server.address, &admin, way)))
        .collect();
    let readers: Vec<Client> = (0..4).map(|at| admin.make(&format!("reader {at}"), &["auditor"], None)).collect();
    let mut streams: Vec<BufReader<TcpStream>> =
        (0..plan.of(100, 200)).map(|at| follow(&server.address, &readers[at % readers.len()])).collect();
    for _ in 0..plan.of(3, 20) {
        held.iter_mut().for_each(|(way, stream)| more(stream, *way));
        endless(&server.address);
        let last = open(&server, plan.of(20, 200));
        for stream in &mut streams {
            let told = stream.lines().map_while(Result::ok).find(|line| line.contains(&last));
            assert!(told.is_some(), "a stream ended");
        }
        // Some break off, and others come.
        for _ in 0..held.len() / 10 {
            let at = dice.roll(held.len());
            held.swap_remove(at);
            let way = dice.roll(WAYS);
            held.push((way, hold(&server.address, &admin, way)));
        }
    }
    if plan.of(false, true) {
        patience(&mut held, &mut dice);
    }
    drop((held, streams));
    open(&server, CLIENTS);
    server.stop();
    house.verifies();
}

/// Who never ends a request is told so, or cut off, by the server.
fn patience(held: &mut Vec<(usize, TcpStream)>, dice: &mut Dice) {
    for _ in 0..20 {
        let (way, mut stream) = held.swap_remove(dice.roll(held.len()));
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        assert!(read.is_ok() || read.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
        assert!(way != 2 || answer.starts_with("HTTP/1.1 408"), "a body that never came: {answer}");
    }
}

/// With more connections than there may be, those that do nothing make room.
fn room(plan: Plan) {
    allow();
    let (house, most) = (House::new(), plan.of(200, 1_000));
    let mut command = house.command();
    command.extend(["--connections".to_owned(), most.to_string()]);
    let server = Served::start(Command::new(&command[0]).args(&command[1..]));
    let admin = server.admin();
    let held: Vec<TcpStream> = (0..most * 2).map(|_| hold(&server.address, &admin, 0)).collect();
    open(&server, 20);
    drop(held);
    server.stop();
}

#[test]
fn connections() {
    attack("connections", |plan| {
        round(plan);
        room(plan);
    });
}
