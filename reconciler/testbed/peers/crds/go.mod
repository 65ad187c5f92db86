// Nothing is compiled from these: the folders that bundles name are taken from them.
module peers/crds

go 1.26.0

require (
	github.com/cert-manager/cert-manager v1.21.2
	github.com/controlplaneio-fluxcd/flux-operator v0.57.0
	github.com/external-secrets/external-secrets v1.3.2
	github.com/kedacore/keda/v2 v2.21.0
	github.com/kubernetes-csi/external-snapshotter/client/v8 v8.7.0
	github.com/prometheus-operator/prometheus-operator v0.85.0
	sigs.k8s.io/gateway-api v1.6.3
)
