package server

import (
	"context"
	"testing"
	"time"

	"reconciler/kernel/internal/wire"
)

// late reads nothing for longer than a cancelled request may go on.
type late struct{ answers int }

func (l *late) Write(frame []byte) (int, error) {
	time.Sleep(runawayGrace + 500*time.Millisecond)
	l.answers++
	return len(frame), nil
}

// A kernel that took the wait for a reader for work would end this process.
func TestAnAnswerMayWaitForItsReader(t *testing.T) {
	reader := &late{}
	s := &server{
		out:     wire.NewWriter(reader),
		cancels: map[uint64]context.CancelFunc{},
	}
	req := &wire.Request{Op: "render", ID: 1, Timeout: 60}
	s.bounded(s.begin(req), req, func(context.Context) (wire.Response, []byte) {
		return wire.Response{Op: "rendered"}, nil
	})
	if reader.answers != 1 {
		t.Fatalf("%d answers", reader.answers)
	}
}
