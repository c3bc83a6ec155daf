//! The versions of content that a process has used lately.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use super::content::{ContentId, ContentVersion, Origin, Packed, pack};
use super::{GameDocument, StoreError};

/// A bounded number of versions, the latest used first. A version never changes, so what is here is right for ever.
#[derive(Debug)]
pub(super) struct Contents {
    most: usize,
    latest: Mutex<VecDeque<Arc<ContentVersion>>>,
}

impl Contents {
    pub(super) fn new(most: usize) -> Self {
        Self { most, latest: Mutex::default() }
    }

    pub(super) fn find(&self, id: ContentId) -> Option<Arc<ContentVersion>> {
        self.first(|version| version.id == id)
    }

    /// Remembers a version, in place of the one that was not used for longest.
    pub(super) fn keep(&self, version: &Arc<ContentVersion>) {
        if self.find(version.id).is_none() {
            let mut latest = self.latest.lock();
            latest.push_front(Arc::clone(version));
            latest.truncate(self.most);
        }
    }

    /// A version of this id as it was stored.
    pub(super) fn read(&self, id: ContentId, text: String) -> Result<Arc<ContentVersion>, StoreError> {
        let corrupt = |reason: String| StoreError::Corrupt { what: format!("the version {id} of content"), reason };
        let version = ContentVersion::read(text).map_err(|error| corrupt(error.to_string()))?;
        if version.id != id {
            return Err(corrupt(format!("its text is that of {}", version.id)));
        }
        let version = Arc::new(version);
        self.keep(&version);
        Ok(version)
    }

    /// A game that comes to the store. One that comes from elsewhere does not know its origin: it may be a version that this process
    /// has used lately.
    pub(super) fn pack_new(&self, document: &GameDocument) -> Result<Packed, serde_json::Error> {
        if let Some(version) = document.origin.version() {
            self.keep(version);
            return pack(document);
        }
        match self.first(|version| version.resembles(&document.state)) {
            Some(version) => pack(&GameDocument { origin: Origin::at(version), ..document.clone() }),
            None => pack(document),
        }
    }

    fn first(&self, is_it: impl Fn(&ContentVersion) -> bool) -> Option<Arc<ContentVersion>> {
        let mut latest = self.latest.lock();
        let at = latest.iter().position(|version| is_it(version))?;
        let found = latest.remove(at)?;
        latest.push_front(Arc::clone(&found));
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(n: u32) -> Arc<ContentVersion> {
        Arc::new(ContentVersion::read(format!("{{\"scenario\":\"{n}\"}}")).unwrap())
    }

    #[test]
    fn the_version_that_was_not_used_for_longest_goes() {
        let contents = Contents::new(2);
        let [a, b, c] = [version(1), version(2), version(3)];
        contents.keep(&a);
        contents.keep(&b);
        assert!(contents.find(a.id).is_some());
        contents.keep(&c);
        assert!(contents.find(b.id).is_none());
        assert!(contents.find(a.id).is_some() && contents.find(c.id).is_some());
    }

    #[test]
    fn a_text_that_is_not_that_of_its_id_is_refused() {
        let contents = Contents::new(2);
        let error = contents.read(version(1).id, version(2).text.clone()).unwrap_err();
        assert!(error.to_string().contains("its text is that of"), "{error}");
        assert_eq!(contents.read(version(1).id, version(1).text.clone()).unwrap().id, version(1).id);
    }
}
