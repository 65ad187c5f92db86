package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

type server struct {
	out     *frameWriter
	trees   *trees
	mu      sync.Mutex
	cancels map[uint64]context.CancelFunc
}

func serve(in io.Reader, out io.Writer) error {
	s := &server{
		out:     &frameWriter{w: out},
		cancels: map[uint64]context.CancelFunc{},
	}
	s.trees = newTrees(s.out)
	reader := bufio.NewReaderSize(in, 1<<16)
	for {
		req := &request{}
		body, err := readFrame(reader, req)
		if err != nil {
			return err
		}
		switch req.Op {
		case "render":
			go s.render(s.begin(req), req)
		case "check", "rules":
			go s.check(s.begin(req), req, body)
		case "cancel":
			s.finish(req.ID)
		case "entries":
			s.trees.deliver(req.Call, req.Entries, body)
		case "forget":
			s.trees.forget(req.Tree)
		case "version":
			go s.answer(response{Op: "version", ID: req.ID, Versions: versions()}, nil)
		case "objects":
			go s.objects(req.ID, body)
		case "documents":
			go s.tell(req, func() ([]byte, error) { return documentsJSON(body) })
		case "structure":
			go s.tell(req, structureJSON)
		default:
			return fmt.Errorf("unknown operation %q", req.Op)
		}
	}
}

// begin makes the context of a request, which finish ends.
func (s *server) begin(req *request) context.Context {
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

func (s *server) answer(res response, body []byte) {
	if err := s.out.send(res, body); err != nil {
		os.Exit(0) // nobody reads any more
	}
}

// bounded does the work of a request within its time, and answers. How many are under way at once
// is for the parent to say, which knows whom they are for.
func (s *server) bounded(ctx context.Context, req *request, work func(context.Context) (response, []byte)) {
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

func (s *server) render(ctx context.Context, req *request) {
	s.bounded(ctx, req, func(ctx context.Context) (response, []byte) {
		view := newView(ctx, s.trees.get(req.Tree))
		out, problem := renderView(view, req)
		if problem == errApart {
			return response{Op: "apart"}, nil
		}
		if problem != nil {
			return response{Op: "failed", Paths: view.closure(), Failure: problem}, nil
		}
		return response{
			Op: "rendered", Paths: view.closure(), Warnings: view.warnings(), Secret: out.secret,
		}, out.manifest
	})
}

func (s *server) objects(id uint64, manifest []byte) {
	list, err := contained(func() ([]byte, error) { return objectsJSON(manifest) })
	if err != nil {
		s.answer(response{Op: "failed", ID: id, Failure: fail("bug", "", "a manifest is not YAML", "")}, nil)
		return
	}
	s.answer(response{Op: "objects", ID: id}, list)
}

// tell answers a request that is not a render with a JSON body.
func (s *server) tell(req *request, work func() ([]byte, error)) {
	body, err := contained(work)
	if err != nil {
		s.answer(response{Op: "failed", ID: req.ID, Failure: fail("bug", "", req.Op+" failed", "")}, nil)
		return
	}
	s.answer(response{Op: "told", ID: req.ID}, body)
}

// watch answers for a render that is over its time, and ends the process if it will not stop.
func (s *server) watch(ctx context.Context, req *request, done <-chan struct{}) {
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	if ctx.Err() == context.DeadlineExceeded && s.finish(req.ID) {
		s.answer(response{Op: "failed", ID: req.ID, Failure: overdue(req)}, nil)
	}
	select {
	case <-done:
	case <-time.After(runawayGrace):
		fmt.Fprintln(stderr, "kernel: a cancelled request does not stop:", req.Path)
		os.Exit(exitRunaway)
	}
}

func overdue(req *request) *failure {
	done, look := "rendered", "something endless in this folder"
	if req.Op != "render" {
		done, look = "checked", "a policy or a schema that takes long"
	}
	return fail("timeout", req.Path, fmt.Sprintf("not %s within %g s", done, req.Timeout),
		"raise --timeout, or look for "+look)
}
