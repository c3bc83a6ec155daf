//! An event stream on a bare socket: a head, then what its body yields, until either side ends it.
//!
//! The end of the connection is the end of the body (RFC 9112, 6.3): a frame costs no chunk header, and frames that are
//! ready together leave in one system call. Nothing is taken from the body while the peer does not read, so a reader
//! that is slow holds a few shared frames here and no more.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, BodyDataStream};
use axum::http::{Response, header};
use bytes::{Buf, Bytes};
use futures::Stream;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};

use super::socket::Socket;

/// How many frames leave in one system call at most, and so how many a slow reader holds.
const FRAMES: usize = 32;

/// Writes a response to its end, and closes the connection.
pub(super) async fn write(mut socket: Socket, response: Response<Body>) -> io::Result<()> {
    let (head, body) = response.into_parts();
    let mut text = format!("HTTP/1.1 {}\r\nconnection: close\r\n", head.status);
    for (name, value) in head.headers.iter().filter(|(name, _)| *name != header::CONNECTION) {
        // The values that this program sets are text.
        let _ = write!(text, "{name}: {}\r\n", value.to_str().unwrap_or_default());
    }
    if let Ok(date) = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&jiff::Timestamp::now()) {
        let _ = write!(text, "date: {date}\r\n");
    }
    text.push_str("\r\n");
    let mut stream = Streaming { body: body.into_data_stream(), ended: false, frames: VecDeque::from([text.into()]) };
    drop(head.headers);
    // No `shutdown` behind it: the close that follows says the same, and thousands of streams end at once when a server drains.
    poll_fn(|context| stream.poll(&mut socket, context)).await
}

struct Streaming {
    body: BodyDataStream,
    ended: bool,
    /// On their way to the peer.
    frames: VecDeque<Bytes>,
}

impl Streaming {
    /// Ready at the end of the body, and when the peer has hung up.
    fn poll(&mut self, socket: &mut Socket, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let has_more = self.gather(context)?;
            if self.ended {
                socket.hold_until_close();
            }
            match self.send(socket, context) {
                Poll::Ready(sent) => sent?,
                Poll::Pending => break,
            }
            if self.ended {
                // What is unread at the close would turn into a reset that takes the last frames with it.
                let _ = has_hung_up(socket, context)?;
                return Poll::Ready(Ok(()));
            }
            if !has_more {
                break;
            }
        }
        has_hung_up(socket, context)
    }

    /// Takes what the body has ready, while there is room; says whether it may have more.
    fn gather(&mut self, context: &mut Context<'_>) -> io::Result<bool> {
        while !self.ended && self.frames.len() < FRAMES {
            match Pin::new(&mut self.body).poll_next(context) {
                Poll::Ready(Some(frame)) => self.frames.push_back(frame.map_err(io::Error::other)?),
                Poll::Ready(None) => self.ended = true,
                Poll::Pending => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Ready once every frame is with the system.
    fn send(&mut self, socket: &mut Socket, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.frames.is_empty() {
            let mut slices = [IoSlice::new(&[]); FRAMES];
            let count = self.frames.len().min(FRAMES);
            for (slice, frame) in slices.iter_mut().zip(&self.frames) {
                *slice = IoSlice::new(frame);
            }
            let mut written = ready!(Pin::new(&mut *socket).poll_write_vectored(context, &slices[..count]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            while let Some(frame) = self.frames.front_mut().filter(|_| written > 0) {
                let taken = written.min(frame.len());
                written -= taken;
                frame.advance(taken);
                if frame.is_empty() {
                    self.frames.pop_front();
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Ready when the peer has closed its side. What it sends until then is nothing that a stream could answer.
fn has_hung_up(socket: &mut Socket, context: &mut Context<'_>) -> Poll<io::Result<()>> {
    loop {
        let mut buffer = [0; 64];
        let mut buffer = ReadBuf::new(&mut buffer);
        ready!(Pin::new(&mut *socket).poll_read(context, &mut buffer))?;
        if buffer.filled().is_empty() {
            return Poll::Ready(Ok(()));
        }
    }
}
