#!/usr/bin/env bash
# A short tour of this repository's own fleets; `make demo` runs it. It writes to .cache alone.
set -euo pipefail
cd "$(dirname "$0")/.."

export RECONCILER_CACHE=$PWD/.cache/reconciler
OUT=.cache/demo
APP=environments/prod/gethrelay

step() { printf '\n# %s\n' "$1"; }
run() {
  printf '$ %s\n' "$1"
  bash -o pipefail -c "$1"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
rm -rf "$OUT"

step "See what runs where"
run "reconciler list"

step "Render every app of every environment, a file each"
run "reconciler render 'environments/*/*' -o dir=$OUT"
run "grep -c '^kind:' $OUT/environments/*/*.yaml"

step "Compare the files on disk with a commit, without a checkout"
run "reconciler render $APP --ref HEAD | diff - $OUT/$APP.yaml && echo the same" ||
  echo "(your edits since HEAD)"

step "Ask what a change touches, in a copy of this repository: first stage's resources ..."
git clone --quiet . "$scratch/copy" 2> /dev/null # it warns when this clone is a shallow one
cd "$scratch/copy"
run "echo '# an edit' >> overlays/gethrelay/stage/resources.yaml"
run "reconciler affected HEAD --only 'environments/*/*'"

step "... then tor's configuration, which all environments read"
run "echo 'SafeLogging 1' >> overlays/gethrelay/base/torrc"
run "reconciler affected HEAD --only 'environments/*/*'"
cd "$OLDPWD"

step "Look at the cache: what was rendered once is not rendered again"
run "reconciler cache stats"

cat << END

$(find "$OUT" -name '*.yaml' | wc -l | tr -d ' ') manifests are in $OUT, each what kustomize build prints. Next:

  . .venv/bin/activate                      to have reconciler on PATH
  reconciler render $APP -o json
  reconciler affected HEAD                  after an edit of your own
  reconciler --help
  make test
END
