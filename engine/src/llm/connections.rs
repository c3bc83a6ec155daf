//! The connections to one server, which are replaced once a call on them has timed out.
//!
//! A link that dies without a word leaves every idle connection of the pool dead, and nothing shows it: each takes a call and answers
//! nothing. So a time-out lets the whole pool go, and the attempt that follows opens a connection of its own. To let only the one
//! connection go, as the HTTP client does by itself, makes a turn wait for as many time-outs as the pool has dead connections.

use std::time::Duration;

use parking_lot::Mutex;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use tokio::time::Instant;

use crate::outbound::client_for;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that nobody uses is closed after this: servers close theirs, and a call on a closed one fails.
const IDLE: Duration = Duration::from_secs(30);

/// A path with a slash more, and one behind a prefix.
const MOST_REDIRECTS: usize = 2;

pub(super) struct Connections {
    server: Url,
    headers: HeaderMap,
    pool: Mutex<Pool>,
}

struct Pool {
    client: Client,
    since: Instant,
}

impl Connections {
    /// Connections to the server of a URL; each call has the headers.
    pub(super) fn new(server: &Url, headers: HeaderMap) -> reqwest::Result<Self> {
        let client = client(server, headers.clone())?;
        let pool = Mutex::new(Pool { client, since: Instant::now() });
        Ok(Self { server: server.clone(), headers, pool })
    }

    pub(super) fn client(&self) -> Client {
        self.pool.lock().client.clone()
    }

    /// Lets the connections go that a call may have had which began at this time and was not answered. Calls that run on them go on.
    pub(super) fn distrust(&self, begun: Instant) {
        if self.pool.lock().since > begun {
            // They went with another call's time-out.
            return;
        }
        // Reading the machine's certificates takes time, so it is not done under the lock.
        match client(&self.server, self.headers.clone()) {
            Ok(client) => *self.pool.lock() = Pool { client, since: Instant::now() },
            Err(error) => {
                tracing::warn!(%error, "new connections to the model's server cannot be made; the old ones stay");
            }
        }
    }
}

/// A call that is sent elsewhere may become a GET on the way, and takes its key along: the operator is informed instead. Only where the
/// same server asks for the same call at another path is it followed.
fn to_the_same_server() -> Policy {
    Policy::custom(|attempt| {
        let is_same_call = matches!(attempt.status().as_u16(), 307 | 308);
        let is_same_server = attempt.previous().last().is_some_and(|from| from.origin() == attempt.url().origin());
        if is_same_call && is_same_server && attempt.previous().len() <= MOST_REDIRECTS {
            attempt.follow()
        } else {
            attempt.stop()
        }
    })
}

fn client(server: &Url, headers: HeaderMap) -> reqwest::Result<Client> {
    client_for(server)
        .default_headers(headers)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE)
        // A connection for each call: one that breaks takes no other call with it.
        .http1_only()
        .redirect(to_the_same_server())
        .build()
}
