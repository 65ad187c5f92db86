package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// The tree is mounted below the root so that a path that climbs out of it is seen to.
const mount = "/.tree"

const maxLinks = 40

// view is one render's sight of a tree: it writes down every path it looked at, and the
// first thing that it refused (upstream would retry a refused file as a folder and hide why).
type view struct {
	ctx       context.Context
	tree      *tree
	seen      map[string]*entry
	files     map[string]*entry
	kusts     []string
	linked    map[string]bool // files that were looked up under a kustomization's name
	refusal   *failure
	exclusive bool // may this render change upstream's process-wide schema?
	schema    bool // does it want to?
}

var _ filesys.FileSystem = (*view)(nil)

func newView(ctx context.Context, t *tree) *view {
	return &view{ctx: ctx, tree: t, seen: map[string]*entry{}, files: map[string]*entry{}, linked: map[string]bool{}}
}

func (v *view) closure() []string {
	paths := make([]string, 0, len(v.seen))
	for p := range v.seen {
		paths = append(paths, p)
	}
	sort.Strings(paths)
	return paths
}

func (v *view) warnings() (all []place) {
	for _, file := range v.kusts {
		for _, w := range v.files[file].kustomization().warnings {
			w.File = file
			all = append(all, w)
		}
	}
	return all
}

func (v *view) refuse(f *failure) error {
	if v.refusal == nil {
		v.refusal = f
	}
	return fmt.Errorf("%s", f.What)
}

// relative is the path inside the tree, or a refusal: "" is the tree itself.
func (v *view) relative(name string) (string, error) {
	name = filepath.Clean(name)
	if name == mount {
		return "", nil
	}
	if inside, ok := strings.CutPrefix(name, mount+"/"); ok {
		return inside, nil
	}
	return "", v.refuse(&failure{
		Kind: "outside", What: "the path leaves the tree",
		Hint: "name something inside the repository, or render with a --root that holds both",
	})
}

// resolve follows links and returns the real path with what is there.
func (v *view) resolve(name string) (string, *entry, error) {
	at, err := v.relative(name)
	if err != nil {
		return "", nil, err
	}
	for range maxLinks {
		e, ok := v.seen[at]
		if !ok {
			if e, err = v.tree.look(v.ctx, at); err != nil {
				return "", nil, err
			}
		}
		if e.Kind != "link" {
			v.seen[at] = e
		}
		switch e.Kind {
		case "link":
			v.seen[e.At] = e
			rest := strings.TrimPrefix(at[len(e.At):], "/")
			if path.IsAbs(e.Target) {
				return "", nil, v.refuse(&failure{
					Kind: "outside", File: e.At, What: fmt.Sprintf("the symbolic link points to %s, outside the tree", e.Target),
					Hint: "make it a relative link to something inside the repository",
				})
			}
			if at, err = v.relative(path.Join(mount, path.Dir(e.At), e.Target, rest)); err != nil {
				v.refusal.File = e.At
				v.refusal.What = fmt.Sprintf("the symbolic link points to %s, outside the tree", e.Target)
				return "", nil, err
			}
		case "refused":
			return "", nil, v.refuse(&failure{Kind: "refused", File: at, What: e.Why, Hint: e.Hint})
		default:
			return at, e, nil
		}
	}
	return "", nil, v.refuse(&failure{Kind: "links", File: at, What: "too many symbolic links, or a link that leads back to itself"})
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
	real := filepath.Join(mount, at)
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
	if err := e.aliasBomb(at); err != nil {
		return nil, v.refuse(err)
	}
	if isKustomization(name) || v.linked[at] {
		if err := v.inspect(at, e); err != nil {
			return nil, err
		}
	}
	return e.content, nil
}

// inspect looks into a kustomization before upstream does: to ask for everything that it
// names in one message, and to find out whether it wants the process-wide schema changed.
func (v *view) inspect(at string, e *entry) error {
	k := e.kustomization()
	v.kusts = append(v.kusts, at)
	folder := path.Dir(at)
	var wanted []string
	for _, name := range k.names {
		if p := path.Join(folder, name); path.Ext(p) != "" && !strings.HasPrefix(p, "..") {
			wanted = append(wanted, p)
		} else if !strings.HasPrefix(p, "..") {
			wanted = append(wanted, kustomizationAt(p)...)
		}
	}
	v.tree.want(wanted)
	if k.schema {
		v.schema = true
		if !v.exclusive {
			return errNeedsSchema
		}
	}
	return nil
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
