package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// Upstream keeps the OpenAPI schema in a global, parses it when first asked for it, and looks
// into it without a lock: a build that changes it has a process of its own, and others share it
// only once it is parsed. Where many ask, the process does that first; else the first build does,
// which may not need it, and others wait for that one.
var (
	schema       sync.RWMutex
	schemaParsed bool
)

// renderView gives a manifest, or else the one failure to tell the user.
func renderView(v *view, req *request) (*output, *failure) {
	out, err := contained(func() (*output, error) {
		m, err := build(v, req)
		if err != nil || v.refusal != nil {
			return nil, err
		}
		if err := v.restoreOrigins(m); err != nil {
			return nil, err
		}
		return emit(m)
	})
	if v.schema && !req.Alone {
		return nil, errApart
	}
	if err == nil && v.refusal == nil {
		if req.MaxOutput > 0 && len(out.manifest) > req.MaxOutput {
			return nil, fail("limit", req.Path, fmt.Sprintf("the output has %d bytes, and %d are allowed", len(out.manifest), req.MaxOutput),
				"split the app, or look for a very large file")
		}
		return out, nil
	}
	problem, again := contained(func() (*failure, error) { return v.why(err, req), nil })
	if again != nil {
		return nil, v.bug(again, req)
	}
	if p, _ := v.pinOf(problem.File); p != nil {
		problem.File = v.source(problem.File)
		problem.Hint += "; then pin the commit that has it so"
	}
	return nil, problem
}

// why says what kept a view from being rendered: what was refused, or else what upstream says.
func (v *view) why(err error, req *request) *failure {
	var died *crash
	switch cause := v.ctx.Err(); {
	case cause == context.DeadlineExceeded:
		return overdue(req)
	case cause != nil:
		return fail("cancelled", req.Path, cause.Error(), "")
	case v.refusal != nil:
		return v.refusal.located(v, req)
	case errors.As(err, &died) && died.upstream:
		f := explainCrash(v, req)
		f.Detail = died.cause + "\n" + died.stack
		return f
	case died != nil:
		return v.bug(died, req)
	}
	return explain(err, v, req)
}

func (v *view) bug(err error, req *request) *failure {
	f := fail("bug", req.Path, "the kernel panicked", "")
	f.Detail = err.Error()
	if died, ok := err.(*crash); ok {
		f.Detail += "\n" + died.stack
	}
	return f
}

func build(v *view, req *request) (resmap.ResMap, error) {
	if req.Alone {
		v.exclusive = true
		return kustomize(v, req)
	}
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
	v.unbounded = req.Unbounded
	if req.Unbounded {
		options.LoadRestrictions = types.LoadRestrictionsNone
	}
	folder := absolute(req.Path)
	if inside, refusal := relative(folder); refusal == nil {
		v.tree.want(kustomizationAt(inside))
	}
	if _, e, err := v.resolve(folder); err == nil {
		switch e.Kind {
		case "missing":
			return nil, errNoFolder
		case "file":
			return nil, errAFile
		}
	}
	return krusty.MakeKustomizer(options).Run(v, folder)
}

var (
	errNoFolder    = errors.New("no such folder")
	errAFile       = errors.New("not a folder")
	errNeedsSchema = errors.New("needs the schema for itself")

	// errApart is the answer to a build that changes the schema, in a process that it shares.
	errApart = fail("apart", "", errNeedsSchema.Error(), "")
)

// upstreamVersion is the kustomize release whose libraries go.mod pins; the build passes it
// on to them, because they write it into the managed-by label.
const upstreamVersion = "v5.8.2"

func versions() map[string]string {
	return map[string]string{"kustomize": upstreamVersion, "go": runtime.Version()}
}
