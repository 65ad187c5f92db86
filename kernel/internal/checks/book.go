package checks

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	keptBooks     = 16
	keptDocuments = 4096
)

// Library keeps what rules were compiled to: books by the tree that they were read from, and
// their documents by content, for the next tree.
type Library struct {
	mu    sync.Mutex
	books map[string]*Book
	crds  map[[32]byte]func() *customType
	rules map[[32]byte]func() *policy
}

func NewLibrary() *Library {
	return &Library{
		books: map[string]*Book{},
		crds:  map[[32]byte]func() *customType{},
		rules: map[[32]byte]func() *policy{},
	}
}

// Book is all that objects are held against, for one release of Kubernetes.
type Book struct {
	minor      int
	above      *Book
	types      *typeIndex
	policies   []*policy
	bindings   []*binding
	params     []*object
	namespaces map[string]*corev1.Namespace
	faults     []Finding
}

// typeIndex finds CRDs without reading those that nobody asks for: some have a megabyte.
type typeIndex struct {
	mu     sync.Mutex
	unread []crdDocument
	read   []*customType
}

type crdDocument struct {
	document
	compiled func() *customType
}

// Open gives the book of these rules in a tree, under a number that is never another tree's.
func (l *Library) Open(tree uint64, rules Rules, read Reader) (*Book, error) {
	minor, err := minorOf(rules.Kubernetes)
	if err != nil {
		return nil, err
	}
	name, err := json.Marshal([]any{tree, minor, rules.CRDs, rules.Policies, rules.Context})
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if book := l.books[string(name)]; book != nil {
		return book, nil
	}
	l.makeRoom()
	book, err := l.write(minor, rules, read)
	if err == nil {
		l.books[string(name)] = book
	}
	return book, err
}

func (l *Library) makeRoom() {
	if len(l.books) >= keptBooks {
		clear(l.books)
	}
	if len(l.crds) > keptDocuments {
		clear(l.crds)
	}
	if len(l.rules) > keptDocuments {
		clear(l.rules)
	}
}

func minorOf(version string) (int, error) {
	parts := strings.Split(strings.TrimPrefix(version, "v"), ".")
	if len(parts) >= 2 && parts[0] == "1" {
		if minor, err := strconv.Atoi(parts[1]); err == nil && minor >= 0 {
			return min(minor, Newest), nil
		}
	}
	return 0, fmt.Errorf("%q is not a version of Kubernetes", version)
}

func (l *Library) write(minor int, rules Rules, read Reader) (*Book, error) {
	b := &Book{minor: minor, types: &typeIndex{},
		namespaces: map[string]*corev1.Namespace{}}
	for _, file := range rules.CRDs {
		content, err := read(file)
		if err != nil {
			return nil, err
		}
		for d := range documents(file, content) {
			b.types.unread = append(b.types.unread, crdDocument{d, l.crd(d)})
		}
	}
	for _, file := range rules.Policies {
		content, err := read(file)
		if err != nil {
			return nil, err
		}
		for d := range documents(file, content) {
			b.addRule(l, d)
		}
	}
	for _, file := range rules.Context {
		content, err := read(file)
		if err != nil {
			return nil, err
		}
		for d := range documents(file, content) {
			o := &object{}
			if o.read(d); o.value != nil {
				b.addObject(o, l.crd(d))
			}
		}
	}
	return b, nil
}

// addRule takes a document of a folder of policies: a policy, a binding, or something that
// policies take as their parameters.
func (b *Book) addRule(l *Library, d document) {
	o := &object{}
	if f := o.read(d); f != nil {
		b.faults = append(b.faults, placed(*f, d))
		if o.value == nil {
			return
		}
	}
	switch {
	case o.gvk.Group == admissionGroup && o.gvk.Kind == "ValidatingAdmissionPolicy":
		b.policies = append(b.policies, l.policy(d, o, b.minor)().in(d))
	case o.gvk.Group == admissionGroup && o.gvk.Kind == "ValidatingAdmissionPolicyBinding":
		b.bindings = append(b.bindings, readBinding(o).in(d))
	default:
		b.params = append(b.params, o)
	}
}

// addObject takes a rendered object that others depend on.
func (b *Book) addObject(o *object, crd func() *customType) {
	switch o.gvk.GroupKind() {
	case crdKind:
		b.types.read = append(b.types.read, crd())
	case schema.GroupKind{Kind: "Namespace"}:
		var ns corev1.Namespace
		if strictly(o.json, &ns) == nil {
			b.namespaces[ns.Name] = &ns
		}
	}
}

// with is this book, and what a manifest brings along itself.
func (b *Book) with(objects []*object) *Book {
	own := &Book{minor: b.minor, above: b, types: &typeIndex{},
		policies: b.policies, bindings: b.bindings, namespaces: maps.Clone(b.namespaces)}
	for _, o := range objects {
		if o.value != nil {
			own.addObject(o, func() *customType { return readCRD(o.json, o.value) })
		}
	}
	own.params = append(append(own.params, b.params...), objects...)
	return own
}

func (l *Library) crd(d document) func() *customType {
	return remembered(l.crds, sha256.Sum256(d.text), func() *customType {
		o := &object{}
		if o.read(d); o.value == nil || o.gvk.GroupKind() != crdKind {
			return nil
		}
		return readCRD(o.json, o.value)
	})
}

func (l *Library) policy(d document, o *object, minor int) func() *policy {
	key := sha256.Sum256(fmt.Append(d.text, minor))
	return remembered(l.rules, key, func() *policy { return readPolicy(o, minor) })
}

func remembered[T any](all map[[32]byte]func() *T, key [32]byte, make func() *T) func() *T {
	if _, ok := all[key]; !ok {
		all[key] = sync.OnceValue(make)
	}
	return all[key]
}

// custom is the type that a CRD declares for a kind, or nil.
func (b *Book) custom(kind schema.GroupKind) *customType {
	return b.search(kind.Kind, func(t *customType) bool { return t.kind == kind })
}

// resource is the type whose objects are at this place of the API, or nil.
func (b *Book) resource(of schema.GroupResource) *customType {
	return b.search(of.Resource, func(t *customType) bool { return t.kind.Group == of.Group && t.plural == of.Resource })
}

func (b *Book) search(word string, is func(*customType) bool) *customType {
	for ; b != nil; b = b.above {
		if t := b.types.find(word, is); t != nil {
			return t
		}
	}
	return wellKnown().find(word, is)
}

// find reads the CRDs that hold a word, unless one that was read is what is looked for.
func (x *typeIndex) find(word string, is func(*customType) bool) *customType {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, t := range x.read {
		if is(t) {
			return t
		}
	}
	var rest []crdDocument
	for _, d := range x.unread {
		if !bytes.Contains(d.text, []byte(word)) {
			rest = append(rest, d)
			continue
		}
		if t := d.compiled(); t != nil {
			x.read = append(x.read, t)
		}
	}
	if len(rest) == len(x.unread) {
		return nil
	}
	x.unread = rest
	for _, t := range x.read {
		if is(t) {
			return t
		}
	}
	return nil
}

// Faults are what is wrong with the files of rules themselves.
func (l *Library) Faults(ctx context.Context, b *Book, crds []string, read Reader) ([]Finding, error) {
	found := append([]Finding{}, b.faults...)
	for _, file := range crds {
		content, err := read(file)
		if err != nil {
			return nil, err
		}
		for d := range documents(file, content) {
			found = append(found, l.crdFaults(ctx, d)...)
		}
	}
	for _, p := range b.policies {
		for _, f := range append(append([]Finding{}, p.faults...), p.typeFaults(b)...) {
			found = append(found, placed(f, p.from))
		}
	}
	for _, x := range b.bindings {
		for _, f := range x.faults {
			found = append(found, placed(f, x.from))
		}
	}
	return append(found, b.unbound()...), ctx.Err()
}

func (l *Library) crdFaults(ctx context.Context, d document) (found []Finding) {
	o := &object{}
	if f := o.read(d); f != nil {
		return []Finding{placed(*f, d)}
	}
	if o.gvk.GroupKind() != crdKind {
		return nil
	}
	t := readCRD(o.json, o.value)
	for _, f := range append(t.faults, t.deepFaults(ctx, o.json)...) {
		found = append(found, placed(f, d))
	}
	return found
}

// namespace is the Namespace of this name: as it was rendered, or else as any cluster has it.
func (b *Book) namespace(name string) *corev1.Namespace {
	if ns := b.namespaces[name]; ns != nil {
		return ns
	}
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, Labels: map[string]string{corev1.LabelMetadataName: name},
	}}
}
