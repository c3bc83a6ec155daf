//! Large answers on their way. Until a client has read one, it is held in memory, and a client may open thousands of connections and read nothing.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use parking_lot::Mutex;
use protocol::{Problem, ProblemType};

use super::client::{Client, address};
use super::error::ApiError;

/// Smaller answers are not counted: they fit what the kernel buffers of a connection.
const LARGE: usize = 64 * 1024;

/// The large answers of a process that have not been read yet.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    most_bytes: usize,
    trusted_proxies: usize,
    /// The bytes on their way to each client.
    clients: Arc<Mutex<HashMap<Client, usize>>>,
}

/// The bytes of one answer, until it was read or its connection is gone.
#[derive(Debug)]
struct Held {
    answers: Answers,
    client: Client,
    bytes: usize,
}

impl Answers {
    /// At most so many bytes on their way to one client, or one answer that is larger.
    pub(super) fn new(most_bytes: usize, trusted_proxies: usize) -> Self {
        Self { most_bytes, trusted_proxies, clients: Arc::default() }
    }

    fn has_room(&self, client: Client, bytes: usize) -> bool {
        let held = self.clients.lock().get(&client).copied().unwrap_or_default();
        held == 0 || held.saturating_add(bytes) <= self.most_bytes
    }

    fn hold(&self, client: Client, bytes: usize) -> Held {
        let mut clients = self.clients.lock();
        let held = clients.entry(client).or_default();
        *held = held.saturating_add(bytes);
        Held { answers: self.clone(), client, bytes }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut clients = self.answers.clients.lock();
        if let Some(held) = clients.get_mut(&self.client) {
            *held = held.saturating_sub(self.bytes);
            if *held == 0 {
                clients.remove(&self.client);
            }
        }
    }
}

/// Sends a large answer as fast as it is read, and refuses it if too many are on their way to the same client; but for the answer of what has
/// changed something: whoever is refused takes it that nothing has happened.
pub(super) async fn bound(State(answers): State<Answers>, request: Request, next: Next) -> Response {
    let client = address(request.headers(), request.extensions(), answers.trusted_proxies).map(Client::from);
    let only_reads = request.method().is_safe();
    let response = next.run(request).await;
    let bytes = response.body().size_hint().exact().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0);
    let Some(client) = client.filter(|_| bytes > LARGE) else { return response };
    if only_reads && !answers.has_room(client, bytes) {
        let detail = format!(
            "answers of more than {} bytes are on their way to this client: read them, then ask again",
            answers.most_bytes
        );
        return ApiError::from(Problem::new(ProblemType::AnswersUnread, detail)).into_response();
    }
    let held = answers.hold(client, bytes);
    response.map(|body| Body::new(Sliced { body, piece: Bytes::new(), _held: held }))
}

/// A body that is given out in slices: hyper takes a piece that it is given into its own buffer, however large it is, and would be done with the
/// body before anything was sent.
#[derive(Debug)]
struct Sliced {
    body: Body,
    piece: Bytes,
    _held: Held,
}

impl HttpBody for Sliced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        while self.piece.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(piece) => self.piece = piece,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = self.piece.len().min(LARGE);
        Poll::Ready(Some(Ok(Frame::data(self.piece.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.piece.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.body.size_hint().exact().unwrap_or(0);
        SizeHint::with_exact(rest.saturating_add(self.piece.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use axum::body::to_bytes;

    use super::*;

    const ADA: Client = Client(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)));
    const BOB: Client = Client(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)));

    #[test]
    fn a_client_has_so_many_bytes_on_their_way_or_one_answer_that_is_larger() {
        let answers = Answers::new(100, 0);
        assert!(answers.has_room(ADA, 500));
        let first = answers.hold(ADA, 500);
        assert!(!answers.has_room(ADA, 1));
        assert!(answers.has_room(BOB, 60), "others have their own");
        drop(first);
        let second = answers.hold(ADA, 60);
        assert!(answers.has_room(ADA, 40) && !answers.has_room(ADA, 41));
        drop(second);
        assert!(answers.clients.lock().is_empty());
    }

    #[tokio::test]
    async fn a_large_answer_comes_whole_and_in_slices() {
        let text: Vec<u8> = (0..3 * LARGE + 7).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let answers = Answers::new(1, 0);
        let held = answers.hold(ADA, text.len());
        let mut sliced = Sliced { body: Body::from(text.clone()), piece: Bytes::new(), _held: held };
        assert_eq!(sliced.size_hint().exact(), Some(text.len() as u64));
        let frame = std::future::poll_fn(|context| Pin::new(&mut sliced).poll_frame(context)).await;
        assert_eq!(frame.unwrap().unwrap().into_data().unwrap().len(), LARGE);
        assert_eq!(sliced.size_hint().exact(), Some((text.len() - LARGE) as u64));
        assert!(!answers.clients.lock().is_empty());
        assert_eq!(to_bytes(Body::new(sliced), usize::MAX).await.unwrap(), text[LARGE..]);
        assert!(answers.clients.lock().is_empty());
    }
}
