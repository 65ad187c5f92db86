#!/usr/bin/env bash
# A short tour of this repository's own fleets; `make demo` runs it. It writes to .cache, and starts
# a testbed called demo that `make clean` ends.
set -euo pipefail
cd "$(dirname "$0")/.."

export RECONCILER_CACHE=$PWD/.cache/reconciler
OUT=.cache/demo

step() { printf '\n# %s\n' "$1"; }
run() {
  printf '$ %s\n' "$1"
  bash -o pipefail -c "$1"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
rm -rf "$OUT"

step "See what runs where, and at which release"
run "reconciler list"

step "Render every app of every environment, a file each, as kustomize build does"
run "reconciler render 'environments/*/*' -o dir=$OUT"
run "grep -c '^kind:' $OUT/environments/*/*.yaml"

step "Check them: types, references, and the guards in policies/"
run "reconciler check"

step "Ask what a change touches, in a copy of this repository. stage and prod pin their release"
git clone --quiet . "$scratch/copy" 2> /dev/null # it warns when this clone is a shallow one
cd "$scratch/copy"
run "sed -i.bak 's/MAX_PEERS=200/MAX_PEERS=250/' overlays/gethrelay/base/kustomization.yaml"
run "reconciler affected HEAD --only 'environments/*/*'"
run "sed -i.bak 's/MAX_PEERS=70/MAX_PEERS=100/' environments/dev/gethrelay/kustomization.yaml"
run "reconciler diff dev || test \$? = 1"
cd "$OLDPWD"

step "Start a cluster: the real API server, controllers and scheduler, and simulated nodes"
run "reconciler testbed up --name demo"
eval "$(reconciler testbed env --name demo)"

step "Deploy dev to it: first what gethrelay's objects are defined by, then the guards, then dev"
run "kubectl apply --server-side --filename crds | tail -n 1"
run "kubectl wait --for=condition=Established crd --all | tail -n 1"
run "reconciler render policies | kubectl apply --server-side --filename - | tail -n 1"
run "reconciler apply dev --context testbed-demo --wait --timeout 120 | grep '^dev/'"
run "kubectl get pods --all-namespaces"

step "A guard holds in the cluster, too: a relay is one node, and has one replica"
kubectl wait --for=jsonpath='{.status.typeChecking}' --timeout=60s > /dev/null \
  validatingadmissionpolicy/gethrelay-one-replica
run "kubectl scale deployment gethrelay-default-1 --namespace gethrelay --replicas 2 || test \$? = 1"

step "Somebody changes an image by hand: who it was is seen, and it is set back"
run "kubectl set image deployment gethrelay-default-1 --namespace gethrelay tor=example/other:1"
run "reconciler plan dev/gethrelay --context testbed-demo || test \$? = 1"
run "reconciler apply dev/gethrelay --context testbed-demo --wait"

cat << END

$(find "$OUT" -name '*.yaml' | wc -l | tr -d ' ') manifests are in $OUT, and dev runs in a testbed on this machine. Next:

  . .venv/bin/activate                      to have reconciler on PATH
  reconciler explain dev/gethrelay          where its objects come from
  reconciler diff stage prod                what prod does otherwise than stage
  eval "\$(reconciler testbed env --name demo)"; kubectl get all -n gethrelay
  reconciler run dev --context testbed-demo to keep it as the main branch has it
  reconciler testbed down --name demo       to end the cluster
  make test                                 to run all tests
END
