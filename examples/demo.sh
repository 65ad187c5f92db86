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

publish() {
  printf '$ git commit --message "%s"; git push\n' "$1"
  git add --all
  git -c commit.gpgsign=false commit --quiet --message "$1"
  git push --quiet
}
# The next line of the reconciler's log that says so, for each; what came before counts no more.
read=0
heard() {
  for words in "$@"; do
    for _ in $(seq 600); do
      line=$(tail -n "+$((read + 1))" "$log" | grep -n -m 1 -- "$words" || true)
      test -z "$line" || break
      kill -0 "$running"
      sleep 0.1
    done
    test -n "$line" || { cat "$log" && exit 1; }
    read=$((read + ${line%%:*}))
    printf '%s\n' "${line#*:}"
  done
}

running=""
scratch=$(mktemp -d)
trap 'test -z "$running" || kill "$running" 2> /dev/null || true; rm -rf "$scratch"' EXIT
rm -rf "$OUT"

step "See what runs where, and at which release"
run "reconciler list"

step "Render every app of every environment, a file each, as kustomize build does"
run "reconciler render 'environments/*/*' -o dir=$OUT"
run "grep -c '^kind:' $OUT/environments/*/*.yaml"

step "Check them: types, references, and the guards in policies/"
run "reconciler check"

step "Ask what a change touches, in a clone of this repository. stage and prod pin their release"
git clone --quiet --bare . "$scratch/fleet.git" 2> /dev/null # it warns when this clone is a shallow one
git clone --quiet "$scratch/fleet.git" "$scratch/fleet"
cd "$scratch/fleet"
git config user.name "Demo"
git config user.email "demo@example.org"
run "sed -i.bak 's/MAX_PEERS=200/MAX_PEERS=250/' overlays/gethrelay/base/kustomization.yaml"
run "reconciler affected HEAD --only 'environments/*/*'"
run "sed -i.bak 's/MAX_PEERS=70/MAX_PEERS=100/' environments/dev/gethrelay/kustomization.yaml"
run "reconciler diff dev || test \$? = 1"
git checkout --quiet .

step "Start a cluster: the real API server, controllers and scheduler, and simulated nodes"
run "reconciler testbed up --name demo"
eval "$(reconciler testbed env --name demo)"
run "kubectl apply --server-side -f crds -f overlays/reconciler/base/definitions.yaml | tail -n 1"
run "kubectl wait --for=condition=Established crd --all | tail -n 1"
run "reconciler render policies | kubectl apply --server-side --filename - | tail -n 1"

step "Keep dev there as the main branch has it. What does not become well within 10 s goes back"
printf 'reconcile:\n  rollback:\n    - after: 10s\n' >> environments/dev/environment.yaml
publish "Let dev go back by itself"
log=$scratch/run.log
reconciler run dev --context testbed-demo --interval 1 --log-format text 2> "$log" &
running=$!
run "reconciler wait dev --for healthy --context testbed-demo --timeout 120s"
run "kubectl get pods --all-namespaces"
heard "info: well"
run "kubectl get reconciledapps --all-namespaces"

step "A guard holds in the cluster, too: a relay is one node, and has one replica"
kubectl wait --for=jsonpath='{.status.typeChecking}' --timeout=60s > /dev/null \
  validatingadmissionpolicy/gethrelay-one-replica
run "kubectl scale deployment gethrelay-default-1 --namespace gethrelay --replicas 2 || test \$? = 1"

step "Somebody changes an image by hand: it is seen at once, who it was, and set back"
run "kubectl set image deployment gethrelay-default-1 --namespace gethrelay tor=example/other:1"
heard "changed by somebody" "applied .*changed=1"

step "A release comes that no node can run: it is taken back to the last one that was well"
cat >> environments/dev/gethrelay/kustomization.yaml << 'END'
patches:
  - target: {kind: Deployment, name: gethrelay-default-1}
    patch: |
      - {op: add, path: /spec/template/spec/nodeSelector, value: {disk: none-has-it}}
END
publish "Ask for a disk that no node has"
heard "not well" "rolled back" "info: well"
run "kubectl get reconciledapps --all-namespaces"
kill "$running"
wait "$running" || true
cd "$OLDPWD"

cat << END

$(find "$OUT" -name '*.yaml' | wc -l | tr -d ' ') manifests are in $OUT, and dev runs in a testbed on this machine. Next:

  . .venv/bin/activate                      to have reconciler on PATH
  reconciler explain dev/gethrelay          where its objects come from
  reconciler diff stage prod                what prod does otherwise than stage
  eval "\$(reconciler testbed env --name demo)"; kubectl get all -n gethrelay
  reconciler run dev --context testbed-demo to go on keeping it as the main branch has it
  reconciler testbed down --name demo       to end the cluster
  make test                                 to run all tests
END
