package pins

import (
	"path"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"

	"reconciler/kernel/internal/mount"
)

// RestoreOrigins writes what upstream says of objects that come from a repository: its URL and
// ref, and a path in it, where the annotations name a mount.
func (l *List) RestoreOrigins(m resmap.ResMap) error {
	if len(l.all) == 0 {
		return nil
	}
	for _, res := range m.Resources() {
		if origin, err := res.GetOrigin(); err == nil && l.restore(origin) {
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
			changed = l.restore(origin) || changed
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

func (l *List) restore(origin *resource.Origin) (changed bool) {
	if origin == nil {
		return false
	}
	for _, name := range []*string{&origin.Path, &origin.ConfiguredIn} {
		_, inside, ok := strings.Cut(*name, path.Base(mount.Root)+".")
		if !ok {
			continue
		}
		number, inside, _ := strings.Cut(inside, "/")
		i, err := strconv.Atoi(number)
		if err != nil || i >= len(l.all) {
			continue
		}
		p := l.all[i]
		if p.Path == "" {
			inside = path.Join(unnamed, inside)
		}
		*name = strings.ReplaceAll(inside, mount.TwoDots, "..")
		origin.Repo, origin.Ref = p.Repo, p.Ref
		changed = true
	}
	return changed
}
