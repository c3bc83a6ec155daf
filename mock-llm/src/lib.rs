//! A scripted language model that speaks the wire formats of OpenAI, Anthropic and Ollama.
#![expect(missing_docs, clippy::unused_async, clippy::missing_panics_doc, reason = "signatures first: the bodies follow")]
#![expect(clippy::needless_pass_by_value, clippy::unimplemented, clippy::must_use_candidate, reason = "signatures first: the bodies follow")]

use std::net::SocketAddr;

#[derive(Debug, Clone, Default)]
pub struct Script;

#[derive(Debug, thiserror::Error)]
#[error("script error")]
pub struct ScriptError;

#[derive(Debug, thiserror::Error)]
#[error("start error")]
pub struct StartError;

impl Script {
    pub fn parse(_text: &str, _path: &str) -> Result<Self, ScriptError> {
        Ok(Self)
    }
}

#[derive(Debug)]
pub struct Admin;

#[derive(Debug)]
pub struct MockLlm;

impl MockLlm {
    pub async fn start(_listen: SocketAddr, _script: Script) -> Result<Self, StartError> {
        unimplemented!()
    }
    pub fn addr(&self) -> SocketAddr {
        unimplemented!()
    }
    pub fn base_url(&self) -> String {
        unimplemented!()
    }
    pub fn admin(&self) -> &Admin {
        unimplemented!()
    }
    pub async fn shutdown(self) {}
}
