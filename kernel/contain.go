package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// crash is a panic in the middle of a render.
type crash struct {
	cause    string
	stack    string
	upstream bool // it began in code that is not ours
}

func (c *crash) Error() string { return c.cause }

// contained turns a panic into an error of the one request that caused it. Upstream panics
// with an error where it has no other way to return one; that is an ordinary error here.
func contained[T any](work func() (T, error)) (result T, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case runtime.Error:
			err = &crash{r.Error(), string(debug.Stack()), !oursPanicked()}
		case error:
			err = r
		default:
			err = &crash{fmt.Sprint(r), string(debug.Stack()), !oursPanicked()}
		}
	}()
	return work()
}

// oursPanicked tells our code from upstream's by where the panic began.
func oursPanicked() bool {
	counters := make([]uintptr, 64)
	frames := runtime.CallersFrames(counters[:runtime.Callers(2, counters)])
	began := false
	for {
		frame, more := frames.Next()
		if began && !strings.HasPrefix(frame.Function, "runtime.") {
			return strings.HasPrefix(frame.Function, "main.")
		}
		began = began || frame.Function == "runtime.gopanic"
		if !more {
			return true
		}
	}
}

// deathbed is where the standard logger writes: upstream ends the process by log.Fatal in
// places that bad input reaches, and a panic before that keeps it alive.
type deathbed struct{ io.Writer }

func (d deathbed) Write(message []byte) (int, error) {
	counters := make([]uintptr, 16)
	frames := runtime.CallersFrames(counters[:runtime.Callers(2, counters)])
	for more := true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		if strings.HasPrefix(frame.Function, "log.Fatal") {
			panic(errors.New(strings.TrimSpace(string(message))))
		}
	}
	return d.Writer.Write(message)
}

// stderr is kept for the kernel's own last words; what upstream prints goes nowhere.
var stderr io.Writer = os.Stderr
