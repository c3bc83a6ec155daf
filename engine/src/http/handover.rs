//! How an event stream leaves hyper: its response is caught on the way out, so that the event stream can have the connection.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Method, Request, Response, header};
use futures::future::BoxFuture;
use hyper::body::{Body as _, Incoming};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use parking_lot::Mutex;

use super::body::TimedBody;

/// The answer that takes a connection over, once there is one.
#[derive(Debug, Clone, Default)]
pub(super) struct Handover(Arc<Mutex<Option<Response<Body>>>>);

impl Handover {
    pub(super) fn is_wanted(&self) -> bool {
        self.0.lock().is_some()
    }

    pub(super) fn take(&self) -> Option<Response<Body>> {
        self.0.lock().take()
    }

    fn offer(&self, response: Response<Body>) {
        *self.0.lock() = Some(response);
    }
}

/// The router as one connection reaches it.
#[derive(Debug, Clone)]
pub(super) struct App {
    pub(super) router: TowerToHyperService<Router>,
    pub(super) peer: SocketAddr,
    /// How long the body of a request may take to come.
    pub(super) body_timeout: Duration,
    /// Where event streams go; none where the protocol carries many streams on a connection.
    pub(super) handover: Option<Handover>,
}

impl Service<Request<Incoming>> for App {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let is_http1 = self.handover.is_some();
        let handover = self.handover.clone().filter(|_| request.method() == Method::GET);
        let request = request.map(|body| TimedBody::new(body, self.body_timeout));
        let unread = (is_http1 && !request.body().is_end_stream()).then(|| request.body().read());
        let answer = self.router.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            // hyper closes a connection on which a body was not read. A client or a proxy that is not told sends its next request into that.
            if unread.is_some_and(|body| !body.to_the_end()) {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            match handover {
                Some(handover) if is_event_stream(&response) => {
                    handover.offer(response);
                    // The stream takes the connection, and this future is dropped before it would be polled again.
                    pending().await
                }
                _ => Ok(response),
            }
        })
    }
}

fn is_event_stream(response: &Response<Body>) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value == "text/event-stream")
}
