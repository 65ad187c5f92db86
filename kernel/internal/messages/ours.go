package messages

import (
	"context"
	"errors"
	"fmt"
	"path"

	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/process"
	"reconciler/kernel/internal/tree"
	"reconciler/kernel/internal/wire"
)

// NoFolder is said of a request for what is not there.
func NoFolder(folder string) *wire.Failure {
	return wire.Fail("missing", folder, "there is no such folder", "check the path and the revision")
}

// NotAFolder is said of a request for a file.
func NotAFolder(v *tree.View, file string) *wire.Failure {
	return wire.Fail("missing", file, "this is a file, and a folder with a kustomization.yaml is expected",
		"name the folder: "+v.Shown(mount.Absolute(path.Dir(file))))
}

// Interrupted is said of a request that was not let finish.
func Interrupted(cause error, req *wire.Request) *wire.Failure {
	if cause == context.DeadlineExceeded {
		return Overdue(req)
	}
	return wire.Fail("cancelled", req.Path, cause.Error(), "")
}

// Overdue is said of a request whose time is over.
func Overdue(req *wire.Request) *wire.Failure {
	done, look := "rendered", "something endless in this folder"
	if req.Op != "render" {
		done, look = "checked", "a policy or a schema that takes long"
	}
	return wire.Fail("timeout", req.Path, fmt.Sprintf("not %s within %g s", done, req.Timeout),
		"raise --timeout, or look for "+look)
}

// Bug is said where the kernel itself is at fault.
func Bug(err error, req *wire.Request) *wire.Failure {
	f := wire.Fail("bug", req.Path, "the kernel panicked", "")
	f.Detail = err.Error()
	var died *process.Crash
	if errors.As(err, &died) {
		f.Detail += "\n" + died.Stack
	}
	return f
}

// Refused is said of what a view did not read, at the place that names it.
func Refused(v *tree.View, refusal *tree.Refusal, folder string) *wire.Failure {
	f := refusal.Failure
	if f.Line > 0 || f.Kind == "aliases" {
		return f
	}
	for _, target := range []string{refusal.Asked, mount.Absolute(f.File)} {
		if kust, by := v.NamedBy(target); kust != "" {
			f.File, f.What = kust, by.Text+": "+f.What
			f.At(by.Node)
			if p, _ := v.Pins().Of(kust); p != nil && f.Kind == "outside" {
				f.What, f.Hint = by.Text+" leads out of the pinned commit", "name something of the same commit"
			}
			return f
		}
	}
	if f.File == "" {
		f.File = folder
	}
	return f
}
