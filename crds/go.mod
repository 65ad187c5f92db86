// The modules that the custom resource definitions of this folder come from. To move to another
// release, change the version and run make crds.
module crds

go 1.26.0

require github.com/prometheus-operator/prometheus-operator v0.85.0
