//go:build !checks

package server

import (
	"context"

	"reconciler/kernel/internal/wire"
)

// check is left out of the kernel that only renders: upstream's packages for policies take as
// long to start as all the rest.
func (s *server) check(_ context.Context, req *wire.Request, _ []byte) { s.refuse(req) }

// health is evaluated by the same packages.
func (s *server) health(_ context.Context, req *wire.Request, _ []byte) { s.refuse(req) }

func (s *server) refuse(req *wire.Request) {
	if s.finish(req.ID) {
		s.answer(wire.Response{Op: "failed", ID: req.ID, Failure: wire.Fail("bug", req.Path, "this kernel does not check", "")}, nil)
	}
}
