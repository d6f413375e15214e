# The commands a contributor needs. Each recipe is one command that also works without `just`; CI does not use this file.

# List the recipes
default:
    @just --list

# Check format and lints, as CI does
check:
    cargo fmt --all --check && cargo clippy --workspace --all-targets --locked -- -D warnings

# Install missing system packages and run the whole suite on both engines
test *ARGUMENTS:
    ./scripts/test {{ARGUMENTS}}

# Run the tests whose name contains NAME on SQLite (on PostgreSQL with VESTIBULE_TEST_ENGINE=postgres)
test-one NAME *ARGUMENTS:
    ./scripts/test-one {{NAME}} {{ARGUMENTS}}

# Regenerate docs/openapi.json, docs/platform-openapi.json, docs/errors.md, docs/events.md, docs/api-cost.md and vestibule.example.toml
docs:
    VESTIBULE_WRITE_DOCS=1 ./scripts/run-tests --package vestibule-web up_to_date
    settings=$(cargo run --locked -- settings) && printf '%s\n' "$settings" > vestibule.example.toml

# Run the generated inputs of the parsers for longer (256 of each in CI)
fuzz CASES="20000":
    PROPTEST_CASES={{CASES}} cargo test --locked -p vestibule-core -p vestibule-web --lib fuzzing

# Run the demo on http://127.0.0.1:8080
run *ARGUMENTS:
    cargo run --release --locked -- demo {{ARGUMENTS}}
