package render

import "runtime"

// upstreamVersion is the kustomize release whose libraries go.mod pins; the build passes it
// on to them, because they write it into the managed-by label.
const upstreamVersion = "v5.8.2"

// Versions are what renders depend on.
func Versions() map[string]string {
	return map[string]string{"kustomize": upstreamVersion, "go": runtime.Version()}
}
