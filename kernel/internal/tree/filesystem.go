package tree

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"sigs.k8s.io/kustomize/kyaml/filesys"

	"reconciler/kernel/internal/kustomization"
	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/pins"
)

func absent(op, name string) error {
	return &fs.PathError{Op: op, Path: name, Err: os.ErrNotExist}
}

func (v *View) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join(mount.Root, name)
	}
	at, e, err := v.resolve(name)
	if err == nil && e.Kind == "missing" {
		err = fmt.Errorf("lstat %s: no such file or directory", name)
	}
	if err != nil {
		return "", "", fmt.Errorf("evalsymlink failure on '%s' : %w", name, err)
	}
	if kustomization.Is(name) {
		v.linked[at] = true
	}
	real := mount.Absolute(at)
	if e.Kind == "folder" {
		return filesys.ConfirmedDir(real), "", nil
	}
	return filesys.ConfirmedDir(filepath.Dir(real)), filepath.Base(real), nil
}

func (v *View) ReadFile(name string) ([]byte, error) {
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
	if !v.IsData(at) {
		if bomb := e.aliasBomb(at); bomb != nil {
			return nil, v.refuse(bomb)
		}
	}
	if kustomization.Is(name) || v.linked[at] {
		if err := v.inspect(at, e); err != nil {
			return nil, err
		}
		return pins.Rewritten(e.Content, name, at, v.pinnedIn(at))
	}
	return e.Content, nil
}

func (v *View) IsDir(name string) bool {
	_, e, err := v.resolve(name)
	return err == nil && e.Kind == "folder"
}

func (v *View) Exists(name string) bool {
	_, e, err := v.resolve(name)
	return err == nil && e.Kind != "missing"
}

// A build neither lists folders nor writes: closures hold no listings because of that.
var errUnsupported = fmt.Errorf("not something that a build does")

func (v *View) Create(string) (filesys.File, error)  { return nil, errUnsupported }
func (v *View) Mkdir(string) error                   { return errUnsupported }
func (v *View) MkdirAll(string) error                { return errUnsupported }
func (v *View) RemoveAll(string) error               { return errUnsupported }
func (v *View) Open(string) (filesys.File, error)    { return nil, errUnsupported }
func (v *View) ReadDir(string) ([]string, error)     { return nil, errUnsupported }
func (v *View) Glob(string) ([]string, error)        { return nil, errUnsupported }
func (v *View) WriteFile(string, []byte) error       { return errUnsupported }
func (v *View) Walk(string, filepath.WalkFunc) error { return errUnsupported }
