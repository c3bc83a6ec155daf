//! Where a Redis is, and how it is reached.

use std::fmt;

use redis::TlsCertificates;

/// Where a Redis is, and how it is reached.
#[derive(Clone, Default)]
pub struct RedisAddress {
    /// `redis://` or `rediss://` URLs, separated by commas: one server, some nodes of a cluster, or Sentinels.
    pub urls: String,
    /// The certificates for `rediss://`; without them, the system's authorities are trusted and none is shown.
    pub tls: Option<TlsCertificates>,
    /// The name under which the servers of `urls`, which are Sentinels then, know the master.
    pub sentinel_master: Option<String>,
}

impl<T: AsRef<str> + ?Sized> From<&T> for RedisAddress {
    fn from(urls: &T) -> Self {
        Self { urls: urls.as_ref().to_owned(), ..Self::default() }
    }
}

/// Without the URLs, which may hold a password.
impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { urls: _, tls, sentinel_master } = self;
        f.debug_struct("RedisAddress")
            .field("tls", tls)
            .field("sentinel_master", sentinel_master)
            .finish_non_exhaustive()
    }
}
