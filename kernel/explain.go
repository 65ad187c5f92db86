package main

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// trouble is an error of upstream's, and what is known of where it came from.
type trouble struct {
	view *view
	text string
	kust string            // the kustomization whose processing failed
	root *yaml.Node        // its content, if it is YAML
	docs func() []document // all that was read, parsed
}

// An explanation turns one kind of upstream's errors into a sentence at a place. It says
// nothing if it has nothing better to say, and never quotes a value: that may be secret.
type explanation struct {
	pattern *regexp.Regexp
	say     func(t *trouble, m []string) *failure
}

func about(pattern string, say func(t *trouble, m []string) *failure) explanation {
	return explanation{regexp.MustCompile(pattern), say}
}

// The first one that fits is taken. Upstream tries a resource as a file and then as a
// folder and reports both, so what only one of these attempts says comes last.
var explanations = slices.Concat(
	aboutAddresses, aboutPlugins, aboutFields, aboutYAML, aboutConfigs, aboutFolders, aboutFiles,
	aboutGenerators, aboutReplacements, aboutVars, aboutPatches, aboutObjects, aboutJSONPatches,
	aboutValues, aboutAttempts,
)

func explain(err error, v *view, req *request) *failure {
	switch {
	case errors.Is(err, errNoFolder):
		return fail("missing", req.Path, "there is no such folder", "check the path and the revision")
	case errors.Is(err, errAFile):
		return fail("missing", req.Path, "this is a file, and a folder with a kustomization.yaml is expected",
			"name the folder: "+v.shown(absolute(path.Dir(req.Path))))
	}
	t := newTrouble(err.Error(), v, req)
	for _, e := range explanations {
		if m := e.pattern.FindStringSubmatch(t.text); m != nil {
			if f := e.say(t, m); f != nil {
				f.Kind, f.What = "build", strings.TrimSpace(f.What)
				return f
			}
		}
	}
	n, _ := t.mentioned()
	return t.here(n.node, v.redact(shorten(t.text)), "these are Kustomize's own words; look at what this kustomization asks for")
}

func newTrouble(text string, v *view, req *request) *trouble {
	t := &trouble{view: v, text: unquoted(text), docs: sync.OnceValue(v.documents)}
	t.kust = v.culprit(t.text, req.Path)
	if e := v.files[t.kust]; e != nil {
		t.root = e.kustomization().root
	}
	return t
}

var wrapped = regexp.MustCompile(`(accumulateDirectory|loader\.New): ("(?:[^"\\]|\\.)*")`)

// unquoted takes off the quotes that upstream puts around what is wrong in a component.
func unquoted(text string) string {
	return wrapped.ReplaceAllStringFunc(text, func(quotes string) string {
		m := wrapped.FindStringSubmatch(quotes)
		if inside, err := strconv.Unquote(m[2]); err == nil {
			return m[1] + ": " + unquoted(inside)
		}
		return quotes
	})
}

var (
	attempt = regexp.MustCompile(`'[^'\n]*' must resolve to a file`)
	quoted  = `'"\n:\` // what stands after a path in upstream's messages
)

// culprit is the kustomization that the error mentions last.
func (v *view) culprit(text, folder string) string {
	text, _, _ = strings.Cut(attempt.ReplaceAllString(text, ""), "cycle detected")
	last := -1
	for _, kust := range v.kusts {
		if at := lastMention(text, absolute(path.Dir(kust))); at > last {
			folder, last = path.Dir(kust), at
		}
	}
	return v.kustomizationOf(folder)
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

func (v *view) kustomizationOf(folder string) string {
	for _, name := range kustomizationNames {
		if file := path.Join(folder, name); v.files[file] != nil {
			return file
		}
	}
	return folder
}

// here is a failure of this kustomization, at one of its nodes if that is known.
func (t *trouble) here(n *yaml.Node, what, hint string) *failure {
	f := fail("build", t.kust, what, hint)
	f.at(n)
	return f
}

// in is a failure at a node of any document.
func (t *trouble) in(d document, n *yaml.Node, what, hint string) *failure {
	f := fail("build", d.file, what, hint)
	f.Line, f.Column = d.place(n)
	return f
}

// names are all that this kustomization names.
func (t *trouble) names() []named {
	if names, ok := t.view.names[t.kust]; ok {
		return names
	}
	return namesIn(t.root)
}

// mentioned is the one of all that this kustomization names of which the error speaks last.
func (t *trouble) mentioned() (found named, ok bool) {
	last := -1
	for _, n := range t.names() {
		at := lastMention(t.text, n.from(t.kust))
		for _, quotes := range []string{"''", `""`, "()", "[]"} {
			at = max(at, strings.LastIndex(t.text, quotes[:1]+n.text+quotes[1:]))
		}
		if at > last {
			found, last = n, at
		}
	}
	return found, last >= 0
}

var mounts = regexp.MustCompile(`(\.\./)*` + path.Base(mount) + `\.\d+/?`)

var dumps = regexp.MustCompile("(?s)with config: `.*`: |map\\[string\\]interface \\{\\}\\{.*\\}|\\*\\*\\*\\* Too many possible.*|" +
	`(in object|patch) (apiVersion|kind|metadata):.*|in object \\{\\{.*|, found \d+ in \[.*\]|node contents:.*|&?\{0x.*?\}|\[\{"apiVersion".*|\[\d+( \d+)+\]|\[patch: ".*"\]`)

// shorten takes upstream's dumps of objects and configurations out of an error, and its folding.
func shorten(text string) string {
	text = dumps.ReplaceAllString(text, "")
	text = mounts.ReplaceAllString(text, "")
	text = strings.ReplaceAll(strings.ReplaceAll(text, mount+"/", ""), mount, ".")
	for strings.HasPrefix(text, "accumulating resources: ") {
		text = strings.TrimPrefix(text, "accumulating resources: ")
	}
	return strings.Join(strings.Fields(text), " ")
}

// shown is how a message calls an absolute path.
func (v *view) shown(name string) string {
	at := placeOf(name)
	if p, inside := v.pinOf(at); p != nil {
		return fmt.Sprintf("%.12s:%s", p.commit, inside)
	}
	if at == "" {
		return "the root folder"
	}
	return at
}

// placeOf is where in the tree an absolute path is, as far as it is there at all.
func placeOf(name string) string {
	at, _ := relative(name)
	return at
}
