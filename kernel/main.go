// The kernel renders kustomizations for its parent process: requests come in on
// standard input, answers go out on standard output, and it ends when its input does.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"

	"reconciler/kernel/internal/process"
	"reconciler/kernel/internal/schema"
	"reconciler/kernel/internal/server"
)

func main() {
	debug.SetTraceback("single")
	eager := os.Getenv("RECONCILER_KERNEL_EAGER") != ""
	go process.WatchMemory(
		sizeFromEnv("RECONCILER_KERNEL_MEMORY", 96<<20),
		sizeFromEnv("RECONCILER_KERNEL_MEMORY_LIMIT", 1<<30),
	)
	process.Confine()
	if eager {
		schema.Parse()
	}
	if err := server.Serve(os.Stdin, os.Stdout); err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprintln(process.Stderr, "kernel:", err)
		os.Exit(1)
	}
}

func sizeFromEnv(name string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil && n > 0 {
		return n
	}
	return otherwise
}
