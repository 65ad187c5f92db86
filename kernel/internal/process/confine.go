package process

import (
	"errors"
	"io"
	"log"
	"net/http"
	"os"
	"runtime"
	"strings"
)

// Stderr is kept for the kernel's own last words; what upstream prints goes nowhere.
var Stderr io.Writer = os.Stderr

// ErrRemote is what upstream gets for whatever it would fetch.
var ErrRemote = errors.New("the kernel opens no network connection")

// Confine takes from upstream what a render must not depend on. It fetches remote bases with git and
// http, and runs helm and plugins from PATH: here neither is within reach. Its warnings are
// reported with the render that they are about instead.
func Confine() {
	http.DefaultTransport = offline{}
	os.Clearenv()
	log.SetFlags(0)
	log.SetOutput(deathbed{io.Discard})
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
}

type offline struct{}

func (offline) RoundTrip(*http.Request) (*http.Response, error) { return nil, ErrRemote }

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
