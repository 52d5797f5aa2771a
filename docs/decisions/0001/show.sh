#!/usr/bin/env bash
# Shows each defect of decision 1 on the crate tf-provider. Needs cargo, protoc, terraform, openssl.
# usage: docs/decisions/0001/show.sh DIRECTORY   (an empty one, for the build)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); work=$(mkdir -p "$1" && cd "$1" && pwd)
cd "$work"
cargo init --quiet --name own own; cd own; cp "$here/own.rs" src/main.rs
cargo add --quiet tf-provider@0.2.2 async-trait anyhow serde tokio --features serde/derive,tokio/full
cargo build --quiet
mkdir -p "$work/bin"; cp target/debug/own "$work/bin/terraform-provider-own"
printf 'provider_installation {\n dev_overrides { "example.com/test/own" = "%s" }\n direct {}\n}\n' "$work/bin" > "$work/rc"
export TF_CLI_CONFIG_FILE=$work/rc CHECKPOINT_DISABLE=1
try() { # TITLE HCL: a fresh directory with a configuration
  echo; echo "== $1"; rm -rf "$work/w"; mkdir "$work/w"; cd "$work/w"
  printf 'terraform {\n required_providers {\n  own = { source = "example.com/test/own" }\n }\n}\n%s\n' "$2" > main.tf
}
apply() { terraform apply -auto-approve -no-color 2>&1 | tail -n 12 || true; }
state() { grep '"resources"' terraform.tfstate; }

try "1. Ctrl-C ends the provider, the object is lost" 'resource "own_thing" "x" { mode = "slow" }'
setsid bash -c 'echo $$ > pid; exec terraform apply -auto-approve -no-color' > out 2>&1 &
sleep 6; kill -INT -- "-$(cat pid)"; wait $! || true; tail -n 12 out; state
try "8. a panic is 'Request cancelled' and nothing is in state" 'resource "own_thing" "x" { mode = "panic" }'
apply; state
try "5. a destroy that answers nothing counts as success" 'resource "own_thing" "x" { mode = "keep" }'
apply > /dev/null; terraform destroy -auto-approve -no-color | tail -n 2; state
try "9. fractions cannot be used" 'resource "own_thing" "x" { number = 0.1 }'
terraform plan -no-color 2>&1 | grep -m 3 -A 4 Error || true
try "4. nested attributes are refused by core" 'resource "own_thing" "x" {}'
OWN_NESTED=1 terraform plan -no-color 2>&1 | tail -n 6 || true
try "7. requests end at 4 MiB" 'resource "own_thing" "x" { mode = join("", [for i in range(600) : join("", [for j in range(1000) : "0123456789"])]) }'
terraform plan -no-color 2>&1 | tail -n 4 || true

echo; echo "== 3. a stranger without a certificate completes the TLS handshake on a TCP port"
cookie=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2
TF_PLUGIN_MAGIC_COOKIE=$cookie PLUGIN_PROTOCOL_VERSIONS=6 "$work/bin/terraform-provider-own" > "$work/line" &
sleep 1
openssl s_client -connect "$(cut -d'|' -f4 "$work/line")" -alpn h2 < /dev/null 2>&1 | grep -E 'CONNECTED|Verify return' || true
kill $!

echo; echo "== 6, 14. private types, missing parts"
source=$(cargo metadata --manifest-path "$work/own/Cargo.toml" --format-version 1 | sed 's/.*"manifest_path":"\([^"]*tf-provider-0.2.2\)[^"]*".*/\1/')
grep -n 'mod raw' "$source/src/lib.rs"; grep -n 'RawValue' "$source/src/resource.rs" | head -n 3
grep -rnciE 'write_only|resource_identity|ephemeral' "$source/src" | grep -v ':0' || echo "no write-only, identity or ephemeral in its source"
grep -n -A 8 'async fn stop_provider' "$source/src/tf6provider.rs"
