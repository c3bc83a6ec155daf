# Short names for what one does here; `just` lists them. CI calls the same recipes. Nothing needs `just`: the scripts in ci/ work without it.

[private]
default:
    @{{ just_executable() }} --list --unsorted

# Build and start the engine on the embedded store, with the offline narrator
run *flags:
    cargo run --release --bin engine -- {{ flags }}

# Everything that must hold before a change lands, or only the named steps (`just test build unit`)
test *steps:
    ci/test {{ steps }}

# Before each commit: format, lints, and the unit tests of one crate (`just quick story`)
quick crate:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings
    cargo nextest run -p {{ crate }}

# The cases on the embedded store, or with other flags (`just cases --services local --filter retry`)
cases *flags="--services embedded":
    cargo build --workspace --bins
    target/debug/harness run cases/ {{ flags }}

# Review snapshots that have changed (cargo install cargo-insta)
review:
    cargo insta review

# Licences, sources and banned crates
deny:
    ci/test deny

# Known vulnerabilities of dependencies; needs internet
advisories:
    cargo deny check advisories

# What a turn costs a worker in instructions, held to ci/turn-cost.json; needs valgrind
turn-cost *flags:
    cargo build --profile dist --config profile.dist.strip=false -p engine -p mock-llm
    ci/turn-cost {{ flags }}

# The queue's benchmark; arguments as in store/benches/queue/main.rs
bench *arguments:
    cargo bench -p store --bench queue -- {{ arguments }}

# Which small breaks of the code no test notices: of `story`, of the embedded `store`, or judged by the `cases`
mutants *arguments="story --shard 0/8":
    ci/mutants {{ arguments }}

# Install what `ci/test` needs on a Debian machine (root)
prepare:
    ci/prepare

# Build the container images that compose files and `harness run --services docker` use
images:
    ci/images

# What CI runs after `ci/prepare`. The images hold the static build by then, and the disk may be small, so its files go.
# CI plays twice as many random interleavings and inputs as a developer waits for.
ci: images
    rm -r target/x86_64-unknown-linux-gnu
    df -h .
    CASES_REQUIRED=1 PROPTEST_CASES=500 ci/test
