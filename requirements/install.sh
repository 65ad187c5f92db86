#!/bin/sh
# install.sh FOLDER [PYTHON]: a virtual environment with the program of this checkout. Each package
# in it, and each that builds it, is the one whose hash is in this folder.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1 python=${2:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

locked() {
  "$1/bin/python" -m pip install --quiet --require-hashes --only-binary :all: --requirement "$here/$2.txt"
}

"$python" -m venv "$work/build"
locked "$work/build" build
PATH="$PATH:$work/build/bin"
(cd "$here/.." && "$work/build/bin/python" -c 'import hatch_build, sys; sys.exit(not hatch_build.find_go())') || {
  locked "$work/build" go
  PATH="$work/build/bin:$PATH"
}
"$work/build/bin/python" -m pip wheel --quiet --no-build-isolation --no-deps --wheel-dir "$work" "$here/.."

"$python" -m venv "$folder"
locked "$folder" runtime
"$folder/bin/python" -m pip install --quiet --no-index --no-deps "$work"/*.whl
