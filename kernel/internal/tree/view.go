package tree

import (
	"context"
	"errors"
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"

	"reconciler/kernel/internal/kustomization"
	"reconciler/kernel/internal/pins"
	"reconciler/kernel/internal/wire"
)

// View is one render's sight of a tree: it writes down every path it looked at, and the
// first thing that it refused (upstream would retry a refused file as a folder and hide why).
type View struct {
	Options
	ctx     context.Context
	tree    *Tree
	seen    map[string]*Entry
	files   map[string]*Entry
	kusts   []string
	names   map[string][]kustomization.Named // of each of kusts
	pins    pins.List
	linked  map[string]bool // files that were looked up under a kustomization's name
	refusal *Refusal
	schema  bool // does this render want to change upstream's process-wide schema?
}

// Options are what a render may do.
type Options struct {
	Unbounded bool // may kustomizations of the tree read files from anywhere in it?
	Exclusive bool // may this render change upstream's process-wide schema?
}

// Refusal is the first thing that was not to be read.
type Refusal struct {
	*wire.Failure
	Asked string // the absolute path that upstream wanted when this was refused
}

// ErrNeedsSchema is what reading comes to where a build must not go on beside others.
var ErrNeedsSchema = errors.New("needs the schema for itself")

var _ filesys.FileSystem = (*View)(nil)

// NewView has seen nothing yet; it reads until ctx is over.
func NewView(ctx context.Context, t *Tree, options Options) *View {
	return &View{
		Options: options, ctx: ctx, tree: t,
		seen: map[string]*Entry{}, files: map[string]*Entry{}, linked: map[string]bool{}, names: map[string][]kustomization.Named{},
	}
}

// Closure leaves out what is in pinned commits: their names stand for all that they hold.
func (v *View) Closure() []string {
	paths := make([]string, 0, len(v.seen))
	for p := range v.seen {
		if p != ".." && !strings.HasPrefix(p, "../") {
			paths = append(paths, p)
		}
	}
	sort.Strings(paths)
	return paths
}

// Warnings are those of all kustomizations that were read.
func (v *View) Warnings() (all []wire.Place) {
	for _, file := range v.kusts {
		for _, w := range v.files[file].Kustomization().Warnings {
			w.File = v.pins.Source(file)
			all = append(all, w)
		}
	}
	return all
}

func (v *View) refuse(f *wire.Failure) error { return v.refuseAt(f, "") }

func (v *View) refuseAt(f *wire.Failure, asked string) error {
	if v.refusal == nil {
		v.refusal = &Refusal{f, asked}
	}
	return errors.New(f.What)
}

// Refusal is nil if nothing was refused.
func (v *View) Refusal() *Refusal { return v.refusal }

// WantsSchema holds once something was read that changes upstream's process-wide schema.
func (v *View) WantsSchema() bool { return v.schema }

// Interrupted is why nothing more can be read, if the time is over or nobody waits.
func (v *View) Interrupted() error { return v.ctx.Err() }

// Pins are the commits that were met.
func (v *View) Pins() *pins.List { return &v.pins }
