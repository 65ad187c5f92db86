package main

import (
	"errors"
	"runtime"
	"sync"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// Upstream keeps the OpenAPI schema in a global, parses it when first asked for it, and looks
// into it without a lock: a build that may change it runs alone, and others share it only once
// it is parsed.
var (
	schema       sync.RWMutex
	schemaParsed bool
)

func renderView(v *view, req *request) (*output, *failure) {
	m, err := build(v, req)
	if err == nil && v.refusal == nil {
		var out *output
		if out, err = emit(m); err == nil {
			return out, nil
		}
	}
	if cause := v.ctx.Err(); cause != nil {
		return nil, &failure{Kind: "cancelled", What: cause.Error()}
	}
	if v.refusal != nil {
		return nil, v.refusal.located(v)
	}
	return nil, explain(err, v, req)
}

func build(v *view, req *request) (resmap.ResMap, error) {
	m, err := shared(v, req)
	if v.schema && !v.exclusive {
		return alone(v, req)
	}
	return m, err
}

func shared(v *view, req *request) (resmap.ResMap, error) {
	schema.RLock()
	if schemaParsed {
		defer schema.RUnlock()
		return kustomize(v, req)
	}
	schema.RUnlock()
	schema.Lock()
	defer parseSchema()
	return kustomize(v, req)
}

func alone(v *view, req *request) (resmap.ResMap, error) {
	schema.Lock()
	defer parseSchema()
	openapi.ResetOpenAPI()
	defer openapi.ResetOpenAPI()
	v.exclusive, v.refusal, v.kusts = true, nil, nil
	return kustomize(v, req)
}

// parseSchema lets the others go on once the schema is there; this build's answer does not wait.
func parseSchema() {
	go func() {
		defer schema.Unlock()
		openapi.Schema()
		schemaParsed = true
	}()
}

func kustomize(v *view, req *request) (resmap.ResMap, error) {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified
	if req.Reorder != "" {
		options.Reorder = krusty.ReorderOption(req.Reorder)
	}
	if req.Unbounded {
		options.LoadRestrictions = types.LoadRestrictionsNone
	}
	v.tree.want(kustomizationAt(req.Path))
	if _, e, err := v.resolve(mount + "/" + req.Path); err == nil && e.Kind == "missing" {
		return nil, errNoFolder
	}
	return krusty.MakeKustomizer(options).Run(v, mount+"/"+req.Path)
}

var errNoFolder = errors.New("no such folder")

// upstreamVersion is the kustomize release whose libraries go.mod pins; the build passes it
// on to them, because they write it into the managed-by label.
const upstreamVersion = "v5.8.2"

func versions() map[string]string {
	return map[string]string{"kustomize": upstreamVersion, "go": runtime.Version()}
}
