//go:build checks

package main

import (
	"context"
	"encoding/json"

	"reconciler/kernel/internal/checks"
)

var library = checks.NewLibrary()

// check judges a manifest; rules judges the files that it would be held against.
func (s *server) check(ctx context.Context, req *request, manifest []byte) {
	s.bounded(ctx, req, func(ctx context.Context) (response, []byte) {
		v := newView(ctx, s.trees.get(req.Tree))
		body, err := contained(func() ([]byte, error) { return judge(ctx, v, req, manifest) })
		if err == nil {
			return response{Op: "told"}, body
		}
		return response{Op: "failed", Failure: v.whyUnjudged(err, req)}, nil
	})
}

func judge(ctx context.Context, v *view, req *request, manifest []byte) ([]byte, error) {
	var rules checks.Rules
	if err := json.Unmarshal(req.Rules, &rules); err != nil {
		return nil, err
	}
	read := func(path string) ([]byte, error) { return v.ReadFile(mount + "/" + path) }
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

func (v *view) whyUnjudged(err error, req *request) *failure {
	switch {
	case v.ctx.Err() == context.DeadlineExceeded:
		return overdue(req)
	case v.refusal != nil:
		return v.refusal
	}
	return v.bug(err, req)
}
