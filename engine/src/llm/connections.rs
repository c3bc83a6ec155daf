//! The connections to one server, which are replaced once a call on them has timed out.
//!
//! A link that dies without a word leaves every idle connection of the pool dead, and nothing shows it: each takes a call and answers
//! nothing. So a time-out lets the whole pool go, and the attempt that follows opens a connection of its own. To let only the one
//! connection go, as the HTTP client does by itself, makes a turn wait for as many time-outs as the pool has dead connections.

use hyper::header::HeaderMap;
use parking_lot::Mutex;
use tokio::time::Instant;
use url::Url;

use super::transport::Client;

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
    pub(super) fn new(server: &Url, headers: HeaderMap) -> Result<Self, String> {
        let client = Client::new(server, headers.clone())?;
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
        match Client::new(&self.server, self.headers.clone()) {
            Ok(client) => *self.pool.lock() = Pool { client, since: Instant::now() },
            Err(error) => {
                tracing::warn!(%error, "new connections to the model's server cannot be made; the old ones stay");
            }
        }
    }
}
