//! Where the programs are that the harness starts.

use std::path::{Path, PathBuf};

use super::{Kept, ServiceError};

/// Paths of our own programs.
#[derive(Debug, Clone)]
pub struct Programs {
    /// This program, which starts all others under `harness supervise`; `None` starts them directly, without the
    /// promise that they end when the harness is killed.
    pub supervisor: Option<PathBuf>,
    /// Where to note what is started, if it is to keep running when the harness has ended. Then there is no supervisor.
    pub kept: Option<Kept>,
    /// The engine, if it was named.
    pub engine: Option<PathBuf>,
    /// The scripted model, if it was named.
    pub mock_llm: Option<PathBuf>,
}

impl Programs {
    /// The engine's path: as named, or in the directory of the harness.
    pub fn engine(&self) -> Result<PathBuf, ServiceError> {
        self.engine.clone().map_or_else(|| beside("engine"), Ok)
    }

    /// The scripted model's path: as named, or in the directory of the harness.
    pub fn mock_llm(&self) -> Result<PathBuf, ServiceError> {
        self.mock_llm.clone().map_or_else(|| beside("mock-llm"), Ok)
    }
}

/// A program in the directory of this one. A test binary is one directory below the programs that it tests.
fn beside(name: &'static str) -> Result<PathBuf, ServiceError> {
    let exe = std::env::current_exe().unwrap_or_default();
    let dir = exe.parent().unwrap_or(Path::new("."));
    let dir = if dir.ends_with("deps") { dir.parent().unwrap_or(dir) } else { dir };
    let path = dir.join(name);
    if path.is_file() { Ok(path) } else { Err(ServiceError::NoProgram { name, dir: dir.to_owned() }) }
}

/// The first program of this name on the PATH.
pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|path| path.is_file())
}
