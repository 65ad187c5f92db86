#!/usr/bin/env bash
# set-image.sh ENTRY IMAGE TAG: sets the tag of an image in an entry, and changes nothing else. The
# image goes by the last part of its name.
set -euo pipefail
entry=$1 image=$2 tag=$3

if ! [[ $tag =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]] || [[ $tag == latest ]]; then
  echo "error: $tag is no tag of a release" >&2
  exit 2
fi
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
awk -v image="/$image" -v tag="$tag" '
  named && /^    newTag: / { $0 = "    newTag: \"" tag "\""; found = 1 }
  { named = /^  - name: / && substr($0, length - length(image) + 1) == image; print }
  END { exit !found }
' "$entry" > "$fresh" || {
  echo "error: $entry sets no tag of $image" >&2
  exit 2
}
cat "$fresh" > "$entry"
