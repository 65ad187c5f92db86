package main

import (
	"fmt"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

var aboutAddresses = []explanation{
	about(`no 'git' program on path|`+errRemote.Error(), func(t *trouble, _ []string) *failure {
		n, ok := t.mentioned()
		if !ok || !n.isRemote() {
			n = firstRemote(t)
		}
		if n.text == "" {
			n.text = "something that this names"
		}
		return remoteFailure(t, n)
	}),
}

var aboutFolders = []explanation{
	about(`cycle detected: candidate root '(`+mount+`[^'\n]*)' contains visited root`, func(t *trouble, m []string) *failure {
		n := naming(t, m[1])
		return t.here(n.node, fmt.Sprintf("%s leads back to %s, which is being rendered", n.text, t.view.shown(m[1])),
			"take one of the references out, so that no folder includes itself")
	}),
	about(`Found multiple kustomization files`, func(t *trouble, _ []string) *failure {
		var found []string
		for _, name := range kustomizationNames {
			if t.view.files[path.Join(path.Dir(t.kust), name)] != nil {
				found = append(found, name)
			}
		}
		return t.here(nil, "there is more than one kustomization file in this folder: "+strings.Join(found, ", "), "keep one of them")
	}),
	about(`unable to find one of 'kustomization.yaml'.* in directory '(`+mount+`[^\n]*)'`, func(t *trouble, m []string) *failure {
		if n, ok := t.mentioned(); ok && n.pinned != "" {
			return t.here(n.node, n.text+" is a folder without a kustomization.yaml", "correct the path, or pin a commit where it has one")
		} else if ok {
			return t.here(n.node, n.text+" is a folder without a kustomization.yaml", "add one to it, or name its files")
		}
		return fail("build", placeOf(m[1]), "there is no kustomization.yaml in this folder", "name a folder that has one, or add one here")
	}),
	about(`expected kind (!=)? ?'Component' for path '([^\n]*?)'`, func(t *trouble, m []string) *failure {
		kust, n := t.view.namedBy(m[2])
		if m[1] == "" {
			return t.at(kust, n, n.text+" is not a component, and stands under components", "move it to resources, or make it kind: Component")
		}
		return t.at(kust, n, n.text+" is a component, and stands under "+n.field, "move it to components")
	}),
	about(`path "(.*)" is ambiguous`, func(t *trouble, m []string) *failure {
		n := findScalar(t.root, m[1])
		return t.here(n, m[1]+" has two dots inside of a name, which Kustomize refuses",
			"check the indentation: two lines of a list may have become one; otherwise rename the folder")
	}),
	about(`new root cannot be empty`, func(t *trouble, _ []string) *failure {
		n := find(t.root, func(_, v *yaml.Node) *yaml.Node {
			if v.Kind == yaml.ScalarNode && v.Value == "" {
				return v
			}
			return nil
		})
		return t.here(n, "an entry of this list is empty", "name a file or a folder, or remove the entry")
	}),
}

var aboutFiles = []explanation{
	about(`security; file '([^\n]+)' is not in or below '([^'\n]*)'`, func(t *trouble, m []string) *failure {
		n := naming(t, m[1])
		hint := "move the file, or make its folder a base"
		if p, _ := t.view.pinOf(t.kust); p == nil {
			hint += ", or render with --load-restrictor none"
		}
		return t.here(n.node, fmt.Sprintf("%s is outside of %s, and a kustomization reads files from its own folder only",
			n.text, t.view.shown(m[2])), hint)
	}),
	about(`(?:evalsymlink failure on|open|read) '?(`+mount+`[^\n]+?)'? ?: .*no such file`, func(t *trouble, m []string) *failure {
		n, ok := t.mentioned()
		switch {
		case !ok:
			return t.unnamed(placeOf(m[1]), "does not exist", "correct the name, or add the file")
		case n.isRemote():
			return remoteFailure(t, n)
		}
		if link := t.view.link(n.from(t.kust)); link != nil {
			return t.here(n.node, fmt.Sprintf("%s leads through the symbolic link %s to %s, which does not exist", n.text, link.At, link.Target),
				"correct the link, or add what it points to")
		}
		return t.here(n.node, n.text+" does not exist", "correct the name, or add the file")
	}),
}

// What one of two attempts says, when the other one had nothing better to say.
var aboutAttempts = []explanation{
	about(`'[^'\n]*\n[^']*' : lstat`, func(t *trouble, _ []string) *failure {
		n := find(t.root, func(key, v *yaml.Node) *yaml.Node {
			if key == nil && v.Kind == yaml.ScalarNode && strings.Contains(v.Value, "\n") {
				return v
			}
			return nil
		})
		return t.here(n, "an entry of this list has several lines", "write each line as an entry of its own, with a “- ”")
	}),
	about(`'[^'\n]*' must resolve to a file`, func(t *trouble, _ []string) *failure {
		if n, ok := t.mentioned(); ok {
			return t.here(n.node, n.text+" is a folder, and a file is expected", "name a file in it")
		}
		return nil
	}),
	about(`file is not directory`, func(t *trouble, _ []string) *failure {
		if n, ok := t.mentioned(); ok {
			return t.here(n.node, n.text+" is a file, and a folder with a kustomization.yaml is expected", "name the folder")
		}
		return nil
	}),
}

// unnamed is a failure of a file that no kustomization names itself: a plugin's configuration may.
func (t *trouble) unnamed(file, what, hint string) *failure {
	for _, d := range t.docs() {
		n := find(d.root, func(_, v *yaml.Node) *yaml.Node {
			_, name, _ := strings.Cut("="+v.Value, "=")
			if _, after, ok := strings.Cut(name, "="); ok {
				name = after
			}
			if v.Kind == yaml.ScalarNode && name != "" && path.Join(path.Dir(t.kust), name) == file {
				return v
			}
			return nil
		})
		if n != nil {
			return t.in(d, n, n.Value+" "+what, hint)
		}
	}
	return t.here(nil, t.view.shown(absolute(file))+" "+what, hint)
}

func (t *trouble) at(kust string, n named, what, hint string) *failure {
	if kust == "" {
		return nil
	}
	f := fail("build", kust, what, hint)
	f.at(n.node)
	return f
}

func remoteFailure(t *trouble, n named) *failure {
	return t.here(n.node, withoutPassword(n.text)+" is remote, and nothing is downloaded while rendering", ofCommits)
}

func firstRemote(t *trouble) named {
	for _, n := range t.names() {
		if n.isRemote() && n.pinned == "" {
			return n
		}
	}
	return named{}
}

// naming is how the kustomization in trouble calls a path.
func naming(t *trouble, target string) named {
	for _, n := range t.names() {
		if n.from(t.kust) == target {
			return n
		}
	}
	return named{text: t.view.shown(target)}
}

// link is the symbolic link that a path leads through, if it does.
func (v *view) link(target string) *entry {
	at, outside := relative(target)
	if outside != nil {
		return nil
	}
	if e, err := v.tree.look(v.ctx, v.source(at)); err == nil && e.Kind == "link" {
		return e
	}
	return nil
}
