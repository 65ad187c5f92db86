//go:build checks

package server

import (
	"context"
	"encoding/json"

	"reconciler/kernel/internal/health"
	"reconciler/kernel/internal/messages"
	"reconciler/kernel/internal/process"
	"reconciler/kernel/internal/wire"
)

var expressions = health.NewLibrary()

// health says how objects are, by expressions; of no objects it says whether these are right.
func (s *server) health(ctx context.Context, req *wire.Request, objects []byte) {
	s.bounded(ctx, req, func(ctx context.Context) (wire.Response, []byte) {
		body, err := process.Contained(func() ([]byte, error) { return judgeHealth(ctx, req, objects) })
		switch {
		case err == nil:
			return wire.Response{Op: "told"}, body
		case ctx.Err() != nil:
			return wire.Response{Op: "failed", Failure: messages.Interrupted(ctx.Err(), req)}, nil
		}
		return wire.Response{Op: "failed", Failure: messages.Bug(err, req)}, nil
	})
}

func judgeHealth(ctx context.Context, req *wire.Request, objects []byte) ([]byte, error) {
	var asked health.Expressions
	if err := json.Unmarshal(req.Rules, &asked); err != nil {
		return nil, err
	}
	result, err := expressions.Judge(ctx, asked, objects)
	if err != nil {
		return nil, err
	}
	return json.Marshal(result)
}
