// Package process keeps the process within its bounds: its memory, what upstream ends or panics on,
// and everything outside of it that upstream would reach for.
package process

import (
	"fmt"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Exit codes that tell the parent why the kernel gave itself up: it needs more memory than it may
// have, or a request did not stop when its time was over.
const (
	ExitMemory  = 3
	ExitRunaway = 4
)

// How often memory is looked at: a copy of something large takes no longer.
const (
	lookedAfter  = 50 * time.Millisecond
	nearTheLimit = 2 * time.Millisecond
)

// WatchMemory lets garbage lie until the process has as much memory as it may have at ease, or
// twice what is alive: few large collections beat many small ones, and a render that needs much
// must not spend its time on them. Nearer to the limit there is less garbage, and past it the
// process gives itself up. What counts is what the system has given and not got back: that is what
// a container is held to.
func WatchMemory(ease, limit uint64) {
	debug.SetGCPercent(-1)
	set := uint64(0)
	sample := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/gc/heap/live:bytes"},
	}
	for {
		metrics.Read(sample)
		resident := sample[0].Value.Uint64() - sample[1].Value.Uint64()
		alive := sample[2].Value.Uint64()
		if resident > limit || alive > limit-limit/4 { // soon it would do nothing but collect
			fmt.Fprintf(Stderr, "kernel: %d bytes of memory, over the limit of %d\n", resident, limit)
			os.Exit(ExitMemory)
		}
		if wanted := min(max(ease, 2*alive), limit-limit/8); wanted != set {
			set = wanted
			debug.SetMemoryLimit(int64(set))
		}
		if resident > limit/2 {
			time.Sleep(nearTheLimit)
		} else {
			time.Sleep(lookedAfter)
		}
	}
}
