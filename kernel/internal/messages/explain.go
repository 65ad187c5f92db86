// Package messages says what is wrong with a kustomization: a sentence, its place and what to do,
// where upstream's error is about its own inner life. What it knows upstream to say is in testdata,
// a table for each release of upstream.
package messages

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/documents"
	"reconciler/kernel/internal/tree"
	"reconciler/kernel/internal/wire"
)

// trouble is an error of upstream's, and what is known of where it came from.
type trouble struct {
	view *tree.View
	text string
	kust string                      // the kustomization whose processing failed
	root *yaml.Node                  // its content, if it is YAML
	docs func() []documents.Document // all that was read, parsed
}

// An explanation turns one kind of upstream's errors into a sentence at a place. It says
// nothing if it has nothing better to say, and never quotes a value: that may be secret.
type explanation struct {
	pattern *regexp.Regexp
	say     func(t *trouble, m []string) *wire.Failure
}

func about(pattern string, say func(t *trouble, m []string) *wire.Failure) explanation {
	return explanation{regexp.MustCompile(pattern), say}
}

// The first one that fits is taken. Upstream tries a resource as a file and then as a
// folder and reports both, so what only one of these attempts says comes last.
var explanations = slices.Concat(
	aboutAddresses, aboutPlugins, aboutFields, aboutYAML, aboutConfigs, aboutFolders, aboutFiles,
	aboutGenerators, aboutReplacements, aboutVars, aboutPatches, aboutObjects, aboutJSONPatches,
	aboutValues, aboutAttempts,
)

// Explain turns an error of upstream's into the one sentence to tell, at its place.
func Explain(text string, v *tree.View, folder string) *wire.Failure {
	t := newTrouble(text, v, folder)
	for _, e := range explanations {
		if m := e.pattern.FindStringSubmatch(t.text); m != nil {
			if f := e.say(t, m); f != nil {
				f.Kind, f.What = "build", strings.TrimSpace(f.What)
				return f
			}
		}
	}
	n, _ := t.mentioned()
	return t.here(n.Node, redact(v, shorten(t.text)), unexplained)
}

// unexplained is the hint beside an error that nothing here knows.
const unexplained = "these are Kustomize's own words; look at what this kustomization asks for"

func newTrouble(text string, v *tree.View, folder string) *trouble {
	t := &trouble{view: v, text: unquoted(text), docs: sync.OnceValue(v.Documents)}
	t.kust = culprit(v, t.text, folder)
	if e := v.File(t.kust); e != nil {
		t.root = e.Kustomization().Root
	}
	return t
}

// here is a failure of this kustomization, at one of its nodes if that is known.
func (t *trouble) here(n *yaml.Node, what, hint string) *wire.Failure {
	f := wire.Fail("build", t.kust, what, hint)
	f.At(n)
	return f
}

// in is a failure at a node of any document.
func (t *trouble) in(d documents.Document, n *yaml.Node, what, hint string) *wire.Failure {
	f := wire.Fail("build", d.File, what, hint)
	f.Line, f.Column = d.Place(n)
	return f
}
