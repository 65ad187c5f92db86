package main

import (
	"fmt"
	"os"
	"runtime/metrics"
	"time"
)

// Exit codes that tell the parent why the kernel gave itself up.
const (
	exitMemory  = 3
	exitRunaway = 4
)

// A cancelled render notices at its next look into the tree; one that computes for longer
// than this cannot be stopped from inside, so the process goes and the parent starts another.
const runawayGrace = 2 * time.Second

func dieOfMemory(limit uint64) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	for range time.Tick(50 * time.Millisecond) {
		metrics.Read(sample)
		if used := sample[0].Value.Uint64(); used > limit {
			fmt.Fprintf(stderr, "kernel: %d bytes in use, over the limit of %d\n", used, limit)
			os.Exit(exitMemory)
		}
	}
}
