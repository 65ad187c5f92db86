// Package server takes the parent's requests, each in a goroutine of its own, and answers them.
package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"reconciler/kernel/internal/documents"
	"reconciler/kernel/internal/messages"
	"reconciler/kernel/internal/process"
	"reconciler/kernel/internal/render"
	"reconciler/kernel/internal/schema"
	"reconciler/kernel/internal/tree"
	"reconciler/kernel/internal/wire"
)

// A cancelled render notices at its next look into the tree; one that computes for longer
// than this cannot be stopped from inside, so the process goes and the parent starts another.
const runawayGrace = 2 * time.Second

// After so long without a request, what lies about as garbage is given back to the system: a
// process that stays is asked seldom.
const restAfter = 3 * time.Second

type server struct {
	out     *wire.Writer
	trees   *tree.Trees
	mu      sync.Mutex
	cancels map[uint64]context.CancelFunc
}

// Serve answers requests until there are no more.
func Serve(in io.Reader, out io.Writer) error {
	s := &server{
		out:     wire.NewWriter(out),
		cancels: map[uint64]context.CancelFunc{},
	}
	s.trees = tree.NewTrees(s.out)
	reader := bufio.NewReaderSize(in, 1<<16)
	rest := time.AfterFunc(restAfter, debug.FreeOSMemory)
	defer rest.Stop()
	for {
		req := &wire.Request{}
		body, err := wire.ReadFrame(reader, req)
		if err != nil {
			return err
		}
		rest.Reset(restAfter)
		switch req.Op {
		case "render":
			go s.render(s.begin(req), req)
		case "check", "rules":
			go s.check(s.begin(req), req, body)
		case "health":
			go s.health(s.begin(req), req, body)
		case "cancel":
			s.finish(req.ID)
		case "entries":
			s.trees.Deliver(req.Call, req.Entries, body)
		case "forget":
			s.trees.Forget(req.Tree)
		case "version":
			go s.answer(wire.Response{Op: "version", ID: req.ID, Versions: render.Versions()}, nil)
		case "objects":
			go s.objects(req.ID, body)
		case "documents":
			go s.tell(req, func() ([]byte, error) { return documents.JSON(body) })
		case "structure":
			go s.tell(req, schema.StructureJSON)
		default:
			return fmt.Errorf("unknown operation %q", req.Op)
		}
	}
}

// begin makes the context of a request, which finish ends.
func (s *server) begin(req *wire.Request) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancels[req.ID] = cancel
	return ctx
}

// finish cancels a request's context and says whether it was still to be answered.
func (s *server) finish(id uint64) bool {
	s.mu.Lock()
	cancel, open := s.cancels[id]
	delete(s.cancels, id)
	s.mu.Unlock()
	if open {
		cancel()
	}
	return open
}

func (s *server) answer(res wire.Response, body []byte) {
	if err := s.out.Send(res, body); err != nil {
		os.Exit(0) // nobody reads any more
	}
}

// bounded does the work of a request within its time, and answers. How many are under way at once
// is for the parent to say, which knows whom they are for.
func (s *server) bounded(ctx context.Context, req *wire.Request, work func(context.Context) (wire.Response, []byte)) {
	if req.Timeout > 0 {
		var release context.CancelFunc
		ctx, release = context.WithTimeout(ctx, time.Duration(req.Timeout*float64(time.Second)))
		defer release()
	}
	done := make(chan struct{})
	go s.watch(ctx, req, done)

	res, body := work(ctx)
	close(done) // the answer waits for whoever reads it, as long as that takes
	if s.finish(req.ID) {
		res.ID = req.ID
		s.answer(res, body)
	}
}

// watch answers for a render that is over its time, and ends the process if it will not stop.
func (s *server) watch(ctx context.Context, req *wire.Request, done <-chan struct{}) {
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	if ctx.Err() == context.DeadlineExceeded && s.finish(req.ID) {
		s.answer(wire.Response{Op: "failed", ID: req.ID, Failure: messages.Overdue(req)}, nil)
	}
	select {
	case <-done:
	case <-time.After(runawayGrace):
		fmt.Fprintln(process.Stderr, "kernel: a cancelled request does not stop:", req.Path)
		os.Exit(process.ExitRunaway)
	}
}
