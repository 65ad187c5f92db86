package messages

import (
	"fmt"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/kustomization"
	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/nodes"
	"reconciler/kernel/internal/pins"
	"reconciler/kernel/internal/process"
	"reconciler/kernel/internal/tree"
	"reconciler/kernel/internal/wire"
)

var aboutAddresses = []explanation{
	about(`no 'git' program on path|`+process.ErrRemote.Error(), func(t *trouble, _ []string) *wire.Failure {
		n, ok := t.mentioned()
		if !ok || !n.IsRemote() {
			n = firstRemote(t)
		}
		if n.Text == "" {
			n.Text = "something that this names"
		}
		return remoteFailure(t, n)
	}),
}

var aboutFolders = []explanation{
	about(`cycle detected: candidate root '(`+mount.Root+`[^'\n]*)' contains visited root`, func(t *trouble, m []string) *wire.Failure {
		n := naming(t, m[1])
		return t.here(n.Node, fmt.Sprintf("%s leads back to %s, which is being rendered", n.Text, t.view.Shown(m[1])),
			"take one of the references out, so that no folder includes itself")
	}),
	about(`Found multiple kustomization files`, func(t *trouble, _ []string) *wire.Failure {
		var found []string
		for _, name := range kustomization.Names {
			if t.view.File(path.Join(path.Dir(t.kust), name)) != nil {
				found = append(found, name)
			}
		}
		return t.here(nil, "there is more than one kustomization file in this folder: "+strings.Join(found, ", "), "keep one of them")
	}),
	about(`unable to find one of 'kustomization.yaml'.* in directory '(`+mount.Root+`[^\n]*)'`, func(t *trouble, m []string) *wire.Failure {
		if n, ok := t.mentioned(); ok && n.Pinned != "" {
			return t.here(n.Node, n.Text+" is a folder without a kustomization.yaml", "correct the path, or pin a commit where it has one")
		} else if ok {
			return t.here(n.Node, n.Text+" is a folder without a kustomization.yaml", "add one to it, or name its files")
		}
		return wire.Fail("build", mount.Place(m[1]), "there is no kustomization.yaml in this folder", "name a folder that has one, or add one here")
	}),
	about(`expected kind (!=)? ?'Component' for path '([^\n]*?)'`, func(t *trouble, m []string) *wire.Failure {
		kust, n := t.view.NamedBy(m[2])
		if m[1] == "" {
			return t.at(kust, n, n.Text+" is not a component, and stands under components", "move it to resources, or make it kind: Component")
		}
		return t.at(kust, n, n.Text+" is a component, and stands under "+n.Field, "move it to components")
	}),
	about(`path "(.*)" is ambiguous`, func(t *trouble, m []string) *wire.Failure {
		n := nodes.FindScalar(t.root, m[1])
		return t.here(n, m[1]+" has two dots inside of a name, which Kustomize refuses",
			"check the indentation: two lines of a list may have become one; otherwise rename the folder")
	}),
	about(`new root cannot be empty`, func(t *trouble, _ []string) *wire.Failure {
		n := nodes.Find(t.root, func(_, v *yaml.Node) *yaml.Node {
			if v.Kind == yaml.ScalarNode && v.Value == "" {
				return v
			}
			return nil
		})
		return t.here(n, "an entry of this list is empty", "name a file or a folder, or remove the entry")
	}),
}

var aboutFiles = []explanation{
	about(`security; file '([^\n]+)' is not in or below '([^'\n]*)'`, func(t *trouble, m []string) *wire.Failure {
		n := naming(t, m[1])
		hint := "move the file, or make its folder a base"
		if p, _ := t.view.Pins().Of(t.kust); p == nil {
			hint += ", or render with --load-restrictor none"
		}
		return t.here(n.Node, fmt.Sprintf("%s is outside of %s, and a kustomization reads files from its own folder only",
			n.Text, t.view.Shown(m[2])), hint)
	}),
	about(`(?:evalsymlink failure on|open|read) '?(`+mount.Root+`[^\n]+?)'? ?: .*no such file`, func(t *trouble, m []string) *wire.Failure {
		n, ok := t.mentioned()
		switch {
		case !ok:
			return t.unnamed(mount.Place(m[1]), "does not exist", "correct the name, or add the file")
		case n.IsRemote():
			return remoteFailure(t, n)
		}
		if link := t.view.Link(n.From(t.kust)); link != nil {
			return t.here(n.Node, fmt.Sprintf("%s leads through the symbolic link %s to %s, which does not exist", n.Text, link.At, link.Target),
				"correct the link, or add what it points to")
		}
		return t.here(n.Node, n.Text+" does not exist", "correct the name, or add the file")
	}),
}

// What one of two attempts says, when the other one had nothing better to say.
var aboutAttempts = []explanation{
	about(`'[^'\n]*\n[^']*' : lstat`, func(t *trouble, _ []string) *wire.Failure {
		n := nodes.Find(t.root, func(key, v *yaml.Node) *yaml.Node {
			if key == nil && v.Kind == yaml.ScalarNode && strings.Contains(v.Value, "\n") {
				return v
			}
			return nil
		})
		return t.here(n, "an entry of this list has several lines", "write each line as an entry of its own, with a “- ”")
	}),
	about(`'[^'\n]*' must resolve to a file`, func(t *trouble, _ []string) *wire.Failure {
		if n, ok := t.mentioned(); ok {
			return t.here(n.Node, n.Text+" is a folder, and a file is expected", "name a file in it")
		}
		return nil
	}),
	about(`file is not directory`, func(t *trouble, _ []string) *wire.Failure {
		if n, ok := t.mentioned(); ok {
			return t.here(n.Node, n.Text+" is a file, and a folder with a kustomization.yaml is expected", "name the folder")
		}
		return nil
	}),
}

// unnamed is a failure of a file that no kustomization names itself: a plugin's configuration may.
func (t *trouble) unnamed(file, what, hint string) *wire.Failure {
	for _, d := range t.docs() {
		n := nodes.Find(d.Root, func(_, v *yaml.Node) *yaml.Node {
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
	return t.here(nil, t.view.Shown(mount.Absolute(file))+" "+what, hint)
}

func (t *trouble) at(kust string, n kustomization.Named, what, hint string) *wire.Failure {
	if kust == "" {
		return nil
	}
	f := wire.Fail("build", kust, what, hint)
	f.At(n.Node)
	return f
}

func remoteFailure(t *trouble, n kustomization.Named) *wire.Failure {
	return t.here(n.Node, pins.WithoutPassword(n.Text)+" is remote, and nothing is downloaded while rendering", tree.OfCommits)
}

func firstRemote(t *trouble) kustomization.Named {
	for _, n := range t.names() {
		if n.IsRemote() && n.Pinned == "" {
			return n
		}
	}
	return kustomization.Named{}
}

// naming is how the kustomization in trouble calls a path.
func naming(t *trouble, target string) kustomization.Named {
	for _, n := range t.names() {
		if n.From(t.kust) == target {
			return n
		}
	}
	return kustomization.Named{Text: t.view.Shown(target)}
}
