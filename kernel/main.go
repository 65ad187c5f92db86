// The kernel renders kustomizations for its parent process: requests come in on
// standard input, answers go out on standard output, and it ends when its input does.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/openapi"
)

type offline struct{}

func (offline) RoundTrip(*http.Request) (*http.Response, error) { return nil, errRemote }

var errRemote = errors.New("the kernel opens no network connection")

func main() {
	debug.SetTraceback("single")
	eager := os.Getenv("RECONCILER_KERNEL_EAGER") != ""
	go watchMemory(
		sizeFromEnv("RECONCILER_KERNEL_MEMORY", 96<<20),
		sizeFromEnv("RECONCILER_KERNEL_MEMORY_LIMIT", 1<<30),
	)

	// Upstream fetches remote bases with git and http, and runs helm and plugins from PATH:
	// here neither is within reach. Its warnings are reported per request instead (inspect).
	http.DefaultTransport = offline{}
	os.Clearenv()
	log.SetFlags(0)
	log.SetOutput(deathbed{io.Discard})
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}

	if eager {
		openapi.Schema()
		schemaParsed = true
	}
	if err := serve(os.Stdin, os.Stdout); err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprintln(stderr, "kernel:", err)
		os.Exit(1)
	}
}

func sizeFromEnv(name string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil && n > 0 {
		return n
	}
	return otherwise
}
