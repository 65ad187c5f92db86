package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// view is one render's sight of a tree: it writes down every path it looked at, and the
// first thing that it refused (upstream would retry a refused file as a folder and hide why).
type view struct {
	ctx       context.Context
	tree      *tree
	seen      map[string]*entry
	files     map[string]*entry
	kusts     []string
	names     map[string][]named // of each of kusts
	pins      []*pin
	linked    map[string]bool // files that were looked up under a kustomization's name
	refusal   *failure
	unbounded bool // may kustomizations of the tree read files from anywhere in it?
	exclusive bool // may this render change upstream's process-wide schema?
	schema    bool // does it want to?
}

var _ filesys.FileSystem = (*view)(nil)

func newView(ctx context.Context, t *tree) *view {
	return &view{
		ctx: ctx, tree: t,
		seen: map[string]*entry{}, files: map[string]*entry{}, linked: map[string]bool{}, names: map[string][]named{},
	}
}

// closure leaves out what is in pinned commits: their names stand for all that they hold.
func (v *view) closure() []string {
	paths := make([]string, 0, len(v.seen))
	for p := range v.seen {
		if p != ".." && !strings.HasPrefix(p, "../") {
			paths = append(paths, p)
		}
	}
	sort.Strings(paths)
	return paths
}

func (v *view) warnings() (all []place) {
	for _, file := range v.kusts {
		for _, w := range v.files[file].kustomization().warnings {
			w.File = v.source(file)
			all = append(all, w)
		}
	}
	return all
}

func (v *view) refuse(f *failure) error {
	if v.refusal == nil {
		v.refusal = f
	}
	return errors.New(f.What)
}

func absent(op, name string) error {
	return &fs.PathError{Op: op, Path: name, Err: os.ErrNotExist}
}

func (v *view) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join(mount, name)
	}
	at, e, err := v.resolve(name)
	if err == nil && e.Kind == "missing" {
		err = fmt.Errorf("lstat %s: no such file or directory", name)
	}
	if err != nil {
		return "", "", fmt.Errorf("evalsymlink failure on '%s' : %w", name, err)
	}
	if isKustomization(name) {
		v.linked[at] = true
	}
	real := absolute(at)
	if e.Kind == "folder" {
		return filesys.ConfirmedDir(real), "", nil
	}
	return filesys.ConfirmedDir(filepath.Dir(real)), filepath.Base(real), nil
}

func (v *view) ReadFile(name string) ([]byte, error) {
	at, e, err := v.resolve(name)
	if err != nil {
		return nil, err
	}
	switch e.Kind {
	case "missing":
		return nil, absent("open", name)
	case "folder":
		return nil, fmt.Errorf("read %s: is a directory", name)
	}
	v.files[at] = e
	if !v.isData(at) {
		if bomb := e.aliasBomb(at); bomb != nil {
			return nil, v.refuse(bomb)
		}
	}
	if isKustomization(name) || v.linked[at] {
		if err := v.inspect(at, e); err != nil {
			return nil, err
		}
		return withPins(e.content, name, at, v.names[at])
	}
	return e.content, nil
}

// inspect looks into a kustomization before upstream does: to ask for everything that it
// names in one message, and to find out whether it wants the process-wide schema changed.
func (v *view) inspect(at string, e *entry) error {
	k := e.kustomization()
	v.kusts = append(v.kusts, at)
	v.names[at] = slices.Clone(k.names)
	if k.schema {
		v.schema = true
		if !v.exclusive {
			return errNeedsSchema
		}
	}
	if err := v.followPins(at, v.names[at]); err != nil {
		return err
	}
	v.want(at)
	if err := v.checkPins(at); err != nil {
		return err
	}
	return v.bounded(at)
}

// want asks for everything that a kustomization names.
func (v *view) want(kust string) {
	var wanted []string
	for _, n := range v.names[kust] {
		p, refusal := relative(n.from(kust))
		switch {
		case refusal != nil || n.isRemote() && n.pinned == "":
		case path.Ext(p) == "" || n.pinned != "":
			wanted = append(wanted, kustomizationAt(p)...)
		default:
			wanted = append(wanted, p)
		}
	}
	for i, p := range wanted {
		wanted[i] = v.source(p)
	}
	v.tree.want(wanted)
}

// kustomizationAt is what a build looks at first of a folder.
func kustomizationAt(folder string) []string {
	paths := []string{folder}
	for _, name := range kustomizationNames {
		paths = append(paths, path.Join(folder, name))
	}
	return paths
}

func (v *view) IsDir(name string) bool {
	_, e, err := v.resolve(name)
	return err == nil && e.Kind == "folder"
}

func (v *view) Exists(name string) bool {
	_, e, err := v.resolve(name)
	return err == nil && e.Kind != "missing"
}

// A build neither lists folders nor writes: closures hold no listings because of that.
var errUnsupported = fmt.Errorf("not something that a build does")

func (v *view) Create(string) (filesys.File, error)  { return nil, errUnsupported }
func (v *view) Mkdir(string) error                   { return errUnsupported }
func (v *view) MkdirAll(string) error                { return errUnsupported }
func (v *view) RemoveAll(string) error               { return errUnsupported }
func (v *view) Open(string) (filesys.File, error)    { return nil, errUnsupported }
func (v *view) ReadDir(string) ([]string, error)     { return nil, errUnsupported }
func (v *view) Glob(string) ([]string, error)        { return nil, errUnsupported }
func (v *view) WriteFile(string, []byte) error       { return errUnsupported }
func (v *view) Walk(string, filepath.WalkFunc) error { return errUnsupported }
