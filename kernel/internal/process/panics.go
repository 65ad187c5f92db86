package process

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// ours begins the names of the kernel's own functions.
const ours = "reconciler/kernel/"

// Crash is a panic in the middle of a request.
type Crash struct {
	cause    string
	Stack    string
	Upstream bool // it began in code that is not ours
}

func (c *Crash) Error() string { return c.cause }

// Contained turns a panic into an error of the one request that caused it. Upstream panics
// with an error where it has no other way to return one; that is an ordinary error here.
func Contained[T any](work func() (T, error)) (result T, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case runtime.Error:
			err = &Crash{r.Error(), string(debug.Stack()), !oursPanicked()}
		case error:
			err = r
		default:
			err = &Crash{fmt.Sprint(r), string(debug.Stack()), !oursPanicked()}
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
			return strings.HasPrefix(frame.Function, ours)
		}
		began = began || frame.Function == "runtime.gopanic"
		if !more {
			return true
		}
	}
}
