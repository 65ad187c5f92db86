package main

import (
	"fmt"
	"os"
	"runtime/debug"
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

// watchMemory lets garbage lie until the process has as much memory as it may have at ease, or
// twice what is alive: few large collections beat many small ones, and a render that needs much
// must not spend its time on them. Past the limit the process gives itself up.
func watchMemory(ease, limit uint64) {
	debug.SetGCPercent(-1)
	set := uint64(0)
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}}
	for ; ; time.Sleep(50 * time.Millisecond) {
		metrics.Read(sample)
		used, alive := sample[0].Value.Uint64(), sample[1].Value.Uint64()
		if used > limit {
			fmt.Fprintf(stderr, "kernel: %d bytes in use, over the limit of %d\n", used, limit)
			os.Exit(exitMemory)
		}
		if wanted := max(ease, 2*alive); wanted != set {
			set = wanted
			debug.SetMemoryLimit(int64(set))
		}
	}
}
