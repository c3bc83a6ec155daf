//! The `engine` command. It is in the library: a binary compiles the futures that it runs itself, and these are those of the whole engine.

use std::process::ExitCode;

fn main() -> ExitCode {
    engine::command::main()
}
