//go:build checks

package server

import (
	"context"
	"encoding/json"

	"reconciler/kernel/internal/checks"
	"reconciler/kernel/internal/messages"
	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/process"
	"reconciler/kernel/internal/tree"
	"reconciler/kernel/internal/wire"
)

var library = checks.NewLibrary()

// check judges a manifest; rules judges the files that it would be held against.
func (s *server) check(ctx context.Context, req *wire.Request, manifest []byte) {
	s.bounded(ctx, req, func(ctx context.Context) (wire.Response, []byte) {
		v := tree.NewView(ctx, s.trees.Get(req.Tree), tree.Options{})
		body, err := process.Contained(func() ([]byte, error) { return judge(ctx, v, req, manifest) })
		if err == nil {
			return wire.Response{Op: "told"}, body
		}
		return wire.Response{Op: "failed", Failure: whyUnjudged(v, err, req)}, nil
	})
}

func judge(ctx context.Context, v *tree.View, req *wire.Request, manifest []byte) ([]byte, error) {
	var rules checks.Rules
	if err := json.Unmarshal(req.Rules, &rules); err != nil {
		return nil, err
	}
	read := func(path string) ([]byte, error) { return v.ReadFile(mount.Root + "/" + path) }
	book, err := library.Open(req.Tree, rules, read)
	if err != nil {
		return nil, err
	}
	if req.Op == "rules" {
		faults, err := library.Faults(ctx, book, rules.CRDs, read)
		if err != nil {
			return nil, err
		}
		return json.Marshal(faults)
	}
	result, err := checks.Check(ctx, book, rules, manifest)
	if err != nil {
		return nil, err
	}
	return json.Marshal(result)
}

func whyUnjudged(v *tree.View, err error, req *wire.Request) *wire.Failure {
	if v.Interrupted() == context.DeadlineExceeded {
		return messages.Overdue(req)
	}
	if refusal := v.Refusal(); refusal != nil {
		return refusal.Failure
	}
	return messages.Bug(err, req)
}
