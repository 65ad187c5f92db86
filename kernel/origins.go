package main

import (
	"path"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
)

// restoreOrigins writes what upstream says of objects that come from a repository: its URL and
// ref, and a path in it, where the annotations name a mount.
func (v *view) restoreOrigins(m resmap.ResMap) error {
	if len(v.pins) == 0 {
		return nil
	}
	for _, res := range m.Resources() {
		if origin, err := res.GetOrigin(); err == nil && v.restore(origin) {
			if err := res.SetOrigin(origin); err != nil {
				return err
			}
		}
		all, err := res.GetTransformations()
		if err != nil {
			continue // not upstream's own
		}
		changed := false
		for _, origin := range all {
			changed = v.restore(origin) || changed
		}
		if !changed {
			continue
		}
		if err := res.ClearTransformations(); err != nil {
			return err
		}
		for _, origin := range all {
			if err := res.AddTransformation(origin); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *view) restore(origin *resource.Origin) (changed bool) {
	if origin == nil {
		return false
	}
	for _, name := range []*string{&origin.Path, &origin.ConfiguredIn} {
		_, inside, ok := strings.Cut(*name, path.Base(mount)+".")
		if !ok {
			continue
		}
		number, inside, _ := strings.Cut(inside, "/")
		i, err := strconv.Atoi(number)
		if err != nil || i >= len(v.pins) {
			continue
		}
		p := v.pins[i]
		if p.path == "" {
			inside = path.Join(unnamed, inside)
		}
		*name = strings.ReplaceAll(inside, twoDots, "..")
		origin.Repo, origin.Ref = p.repo, p.ref
		changed = true
	}
	return changed
}
