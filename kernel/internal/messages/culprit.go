package messages

import (
	"path"
	"regexp"
	"strings"

	"reconciler/kernel/internal/kustomization"
	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/tree"
)

var (
	attempt = regexp.MustCompile(`'[^'\n]*' must resolve to a file`)
	quoted  = `'"\n:\` // what stands after a path in upstream's messages
)

// culprit is the kustomization that the error mentions last.
func culprit(v *tree.View, text, folder string) string {
	text, _, _ = strings.Cut(attempt.ReplaceAllString(text, ""), "cycle detected")
	last := -1
	for _, kust := range v.Kustomizations() {
		if at := lastMention(text, mount.Absolute(path.Dir(kust))); at > last {
			folder, last = path.Dir(kust), at
		}
	}
	return kustomizationOf(v, folder)
}

func lastMention(text, name string) int {
	for end := len(text); ; {
		at := strings.LastIndex(text[:end], name)
		if after := at + len(name); at < 0 || after == len(text) || strings.ContainsRune(quoted, rune(text[after])) {
			return at
		}
		end = at
	}
}

func kustomizationOf(v *tree.View, folder string) string {
	for _, name := range kustomization.Names {
		if file := path.Join(folder, name); v.File(file) != nil {
			return file
		}
	}
	return folder
}

// names are all that this kustomization names.
func (t *trouble) names() []kustomization.Named {
	if names, ok := t.view.Names(t.kust); ok {
		return names
	}
	return kustomization.NamesIn(t.root)
}

// mentioned is the one of all that this kustomization names of which the error speaks last.
func (t *trouble) mentioned() (found kustomization.Named, ok bool) {
	last := -1
	for _, n := range t.names() {
		at := lastMention(t.text, n.From(t.kust))
		for _, quotes := range []string{"''", `""`, "()", "[]"} {
			at = max(at, strings.LastIndex(t.text, quotes[:1]+n.Text+quotes[1:]))
		}
		if at > last {
			found, last = n, at
		}
	}
	return found, last >= 0
}
