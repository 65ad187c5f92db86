package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

type server struct {
	out     *frameWriter
	trees   *trees
	slots   chan struct{}
	mu      sync.Mutex
	cancels map[uint64]context.CancelFunc
}

func serve(in io.Reader, out io.Writer) error {
	s := &server{
		out:     &frameWriter{w: out},
		slots:   make(chan struct{}, runtime.GOMAXPROCS(0)+1),
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
			ctx, cancel := context.WithCancel(context.Background())
			s.mu.Lock()
			s.cancels[req.ID] = cancel
			s.mu.Unlock()
			go s.render(ctx, req)
		case "cancel":
			s.finish(req.ID)
		case "entries":
			s.trees.deliver(req.Call, req.Entries, body)
		case "forget":
			s.trees.forget(req.Tree)
		case "version":
			s.answer(response{Op: "version", ID: req.ID, Versions: versions()}, nil)
		case "objects":
			go s.objects(req.ID, body)
		default:
			return fmt.Errorf("unknown operation %q", req.Op)
		}
	}
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

func (s *server) render(ctx context.Context, req *request) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return
	}
	if req.Timeout > 0 {
		var release context.CancelFunc
		ctx, release = context.WithTimeout(ctx, time.Duration(req.Timeout*float64(time.Second)))
		defer release()
	}
	done := make(chan struct{})
	defer close(done)
	go s.watch(ctx, req, done)

	view := newView(ctx, s.trees.get(req.Tree))
	out, fail := contained(func() (*output, *failure) { return renderView(view, req) })
	if fail == nil && req.MaxOutput > 0 && len(out.manifest) > req.MaxOutput {
		fail = &failure{Kind: "limit", What: fmt.Sprintf("the output has %d bytes, the limit is %d", len(out.manifest), req.MaxOutput)}
	}
	if !s.finish(req.ID) {
		return
	}
	if fail != nil {
		s.answer(response{Op: "failed", ID: req.ID, Paths: view.closure(), Failure: fail}, nil)
		return
	}
	s.answer(response{
		Op: "rendered", ID: req.ID, Paths: view.closure(), Warnings: view.warnings(), Secret: out.secret,
	}, out.manifest)
}

func (s *server) objects(id uint64, manifest []byte) {
	list, err := objectsJSON(manifest)
	if err != nil {
		s.answer(response{Op: "failed", ID: id, Failure: &failure{Kind: "bug", What: "a manifest is not YAML", Detail: err.Error()}}, nil)
		return
	}
	s.answer(response{Op: "objects", ID: id}, list)
}

// watch answers for a render that is over its time, and ends the process if it will not stop.
func (s *server) watch(ctx context.Context, req *request, done <-chan struct{}) {
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	if ctx.Err() == context.DeadlineExceeded && s.finish(req.ID) {
		s.answer(response{Op: "failed", ID: req.ID, Failure: &failure{
			Kind: "timeout", What: fmt.Sprintf("not rendered within %g s", req.Timeout),
		}}, nil)
	}
	select {
	case <-done:
	case <-time.After(runawayGrace):
		fmt.Fprintln(log.Writer(), "kernel: a cancelled render does not stop:", req.Path)
		os.Exit(exitRunaway)
	}
}

// contained turns a panic into the failure of the one request that caused it.
func contained(work func() (*output, *failure)) (out *output, fail *failure) {
	defer func() {
		if r := recover(); r != nil {
			fail = &failure{Kind: "bug", What: "the kernel panicked", Detail: fmt.Sprintf("%T: %v\n%s", r, r, debug.Stack())}
		}
	}()
	return work()
}
