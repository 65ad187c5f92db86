package server

import (
	"context"

	"reconciler/kernel/internal/process"
	"reconciler/kernel/internal/render"
	"reconciler/kernel/internal/tree"
	"reconciler/kernel/internal/wire"
)

func (s *server) render(ctx context.Context, req *wire.Request) {
	s.bounded(ctx, req, func(ctx context.Context) (wire.Response, []byte) {
		view := tree.NewView(ctx, s.trees.Get(req.Tree), render.Options(req))
		out, problem := render.Render(view, req)
		if problem == render.Apart {
			return wire.Response{Op: "apart"}, nil
		}
		if problem != nil {
			return wire.Response{Op: "failed", Paths: view.Closure(), Failure: problem}, nil
		}
		return wire.Response{
			Op: "rendered", Paths: view.Closure(), Warnings: view.Warnings(), Secret: out.Secret,
		}, out.Manifest
	})
}

func (s *server) objects(id uint64, manifest []byte) {
	list, err := process.Contained(func() ([]byte, error) { return render.ObjectsJSON(manifest) })
	if err != nil {
		s.answer(wire.Response{Op: "failed", ID: id, Failure: wire.Fail("bug", "", "a manifest is not YAML", "")}, nil)
		return
	}
	s.answer(wire.Response{Op: "objects", ID: id}, list)
}

// tell answers a request that is not a render with a JSON body.
func (s *server) tell(req *wire.Request, work func() ([]byte, error)) {
	body, err := process.Contained(work)
	if err != nil {
		s.answer(wire.Response{Op: "failed", ID: req.ID, Failure: wire.Fail("bug", "", req.Op+" failed", "")}, nil)
		return
	}
	s.answer(wire.Response{Op: "told", ID: req.ID}, body)
}
