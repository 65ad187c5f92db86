// Package render builds a kustomization with upstream's libraries, and writes what it comes to.
package render

import (
	"errors"
	"fmt"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"

	"reconciler/kernel/internal/messages"
	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/process"
	"reconciler/kernel/internal/schema"
	"reconciler/kernel/internal/tree"
	"reconciler/kernel/internal/wire"
)

// Output is a finished render; one with a Secret in it must not be kept on disk.
type Output struct {
	Manifest []byte
	Secret   bool
}

// Apart is the failure of a build that changes the schema, in a process that it shares: it is for
// the parent to start it in one of its own.
var Apart = wire.Fail("apart", "", tree.ErrNeedsSchema.Error(), "")

var (
	errNoFolder = errors.New("no such folder")
	errAFile    = errors.New("not a folder")
)

// Options are what of a request a view of the tree has to know.
func Options(req *wire.Request) tree.Options {
	return tree.Options{Unbounded: req.Unbounded, Exclusive: req.Alone}
}

// Render gives a manifest, or else the one failure to tell the user.
func Render(v *tree.View, req *wire.Request) (*Output, *wire.Failure) {
	out, err := process.Contained(func() (*Output, error) { return Build(v, req) })
	if v.WantsSchema() && !v.Exclusive {
		return nil, Apart
	}
	if err == nil && v.Refusal() == nil {
		if req.MaxOutput > 0 && len(out.Manifest) > req.MaxOutput {
			return nil, wire.Fail("limit", req.Path, fmt.Sprintf("the output has %d bytes, and %d are allowed", len(out.Manifest), req.MaxOutput),
				"split the app, or look for a very large file")
		}
		return out, nil
	}
	problem, again := process.Contained(func() (*wire.Failure, error) { return Why(v, err, req), nil })
	if again != nil {
		return nil, messages.Bug(again, req)
	}
	return nil, problem
}

// Why says what kept a view from being rendered: what was refused, or else what upstream says.
func Why(v *tree.View, err error, req *wire.Request) *wire.Failure {
	problem := why(v, err, req)
	if p, _ := v.Pins().Of(problem.File); p != nil {
		problem.File = v.Pins().Source(problem.File)
		problem.Hint += "; then pin the commit that has it so"
	}
	return problem
}

func why(v *tree.View, err error, req *wire.Request) *wire.Failure {
	var died *process.Crash
	switch refusal, interrupted := v.Refusal(), v.Interrupted(); {
	case interrupted != nil:
		return messages.Interrupted(interrupted, req)
	case refusal != nil:
		return messages.Refused(v, refusal, req.Path)
	case errors.As(err, &died) && died.Upstream:
		return messages.Crashed(v, died, req.Path)
	case died != nil:
		return messages.Bug(died, req)
	case errors.Is(err, errNoFolder):
		return messages.NoFolder(req.Path)
	case errors.Is(err, errAFile):
		return messages.NotAFolder(v, req.Path)
	}
	return messages.Explain(err.Error(), v, req.Path)
}

// Build does what kustomize build does, down to the bytes.
func Build(v *tree.View, req *wire.Request) (*Output, error) {
	m, err := accumulated(v, req)
	if err != nil || v.Refusal() != nil {
		return nil, err
	}
	if err := v.Pins().RestoreOrigins(m); err != nil {
		return nil, err
	}
	return emit(m)
}

func accumulated(v *tree.View, req *wire.Request) (resmap.ResMap, error) {
	if v.Exclusive {
		return kustomize(v, req)
	}
	return schema.Shared(func() (resmap.ResMap, error) { return kustomize(v, req) })
}

func kustomize(v *tree.View, req *wire.Request) (resmap.ResMap, error) {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified
	if req.Reorder != "" {
		options.Reorder = krusty.ReorderOption(req.Reorder)
	}
	if v.Unbounded {
		options.LoadRestrictions = types.LoadRestrictionsNone
	}
	folder := mount.Absolute(req.Path)
	v.Prefetch(folder)
	switch kind, _ := v.Kind(folder); kind {
	case "missing":
		return nil, errNoFolder
	case "file":
		return nil, errAFile
	}
	return krusty.MakeKustomizer(options).Run(v, folder)
}
