//! HTTP/1.1 on a bare connection: a client that costs so little that it is the server that is measured.
//!
//! Only what the measured servers do is understood: answers with a length, streams that end with their connection.

use std::io;
use std::net::SocketAddr;

use client::{Frame, Parser};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The most that a head may have, in bytes.
const HEAD_MAX: usize = 64 * 1024;

/// A connection that is kept alive, for one request at a time.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The body as text, for a message.
    pub(super) fn text(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(&self.body))
    }
}

impl Connection {
    /// Connects.
    pub(super) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Sends a request and reads its answer.
    pub(super) async fn send(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let end = read_head(&mut self.stream, &mut self.buffer).await?;
        let Head { status, length } = Head::read(&self.buffer[..end])?;
        while self.buffer.len() < end + length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Answer { status, body: self.buffer[end..end + length].to_vec() })
    }
}

/// The bytes of a `POST`.
pub(super) fn post(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {length}\r\n{headers}\r\n{body}").into_bytes()
}

/// An event stream.
#[derive(Debug)]
pub(super) struct Stream {
    socket: TcpStream,
    parser: Parser,
    buffer: Vec<u8>,
}

impl Stream {
    /// Subscribes; returns once the server has said yes. In HTTP/1.0, so that nothing is between the events.
    pub(super) async fn open(address: SocketAddr, path: &str) -> io::Result<Self> {
        let mut socket = TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.0\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n");
        socket.write_all(request.as_bytes()).await?;
        let mut buffer = Vec::with_capacity(16 * 1024);
        let end = read_head(&mut socket, &mut buffer).await?;
        let head = Head::read(&buffer[..end])?;
        if head.status != 200 {
            return Err(io::Error::other(format!("{path} is answered with {}", head.status)));
        }
        buffer.drain(..end);
        Ok(Self { socket, parser: Parser::default(), buffer })
    }

    /// The next frames; `None` once the server has hung up.
    pub(super) async fn next(&mut self) -> io::Result<Option<Vec<Frame>>> {
        // What came with the head is read without waiting for more.
        if self.buffer.is_empty() && self.socket.read_buf(&mut self.buffer).await? == 0 {
            return Ok(None);
        }
        let mut frames = Vec::new();
        self.parser.push(&self.buffer, &mut frames).map_err(io::Error::other)?;
        self.buffer.clear();
        Ok(Some(frames))
    }
}

/// Reads until a head is whole; answers where it ends.
async fn read_head(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<usize> {
    loop {
        if let Some(at) = buffer.windows(4).position(|end| end == b"\r\n\r\n") {
            return Ok(at + 4);
        }
        if buffer.len() > HEAD_MAX || stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    length: usize,
}

impl Head {
    fn read(head: &[u8]) -> io::Result<Self> {
        let text = String::from_utf8_lossy(head);
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("an answer without a status"))?;
        let length = lines.filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        Ok(Self { status, length: length.unwrap_or(0) })
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn answers_in_pieces_are_put_together_and_the_connection_is_used_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 1024];
            for pieces in
                [["HTTP/1.1 200 OK\r\ncontent-le", "ngth: 5\r\n\r\nhe", "llo"], ["HTTP/1.1 503 X\r\n", "\r", "\n"]]
            {
                assert!(socket.read(&mut request).await.unwrap() > 0);
                for piece in pieces {
                    socket.write_all(piece.as_bytes()).await.unwrap();
                    tokio::task::yield_now().await;
                }
            }
        };
        let caller = async {
            let mut connection = Connection::open(address).await.unwrap();
            let first = connection.send(&post("/", "", "x")).await.unwrap();
            assert_eq!((first.status, first.body.as_slice()), (200, b"hello".as_slice()));
            assert_eq!(connection.send(&post("/", "", "x")).await.unwrap().text(), "503 ");
        };
        tokio::join!(server, caller);
    }

    #[tokio::test]
    async fn events_that_come_with_the_head_are_not_lost() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.write_all(b"HTTP/1.0 200 OK\r\n\r\nid: 1:1\ndata: x\n\n").await.unwrap();
        };
        let (stream, ()) = tokio::join!(Stream::open(address, "/"), server);
        let frames = stream.unwrap().next().await.unwrap().unwrap();
        assert!(matches!(&frames[..], [Frame::Event { data, .. }] if data == "x"), "{frames:?}");
    }
}
