// Package checks judges rendered objects the way an API server would: strictly typed, against
// the schemas of custom resources, and against admission policies.
package checks

import (
	"context"
	"encoding/json"
	"fmt"
)

// Reader gives the content of a path of the tree that a check belongs to.
type Reader func(path string) ([]byte, error)

// Rules are what objects are held against.
type Rules struct {
	Kubernetes string   `json:"kubernetes,omitempty"` // 1.36
	CRDs       []string `json:"crds,omitempty"`
	Policies   []string `json:"policies,omitempty"`
	Context    []string `json:"context,omitempty"`   // manifests of the apps beside this one
	Namespace  string   `json:"namespace,omitempty"` // where objects without a namespace go
}

// Finding is one thing to say about one object, or about a file of rules.
type Finding struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Object   int    `json:"object"` // its number in the manifest; -1: the finding has a file
	Path     string `json:"path,omitempty"`
	What     string `json:"what"`
	Hint     string `json:"hint,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
}

const (
	Error   = "error"
	Warning = "warning"
	Note    = "note"
)

// maxFindings bounds what one manifest can make us say.
const maxFindings = 2000

// Result is a manifest's objects, as JSON, and what is to be said about them.
type Result struct {
	Objects  []json.RawMessage `json:"objects"`
	Cluster  []int             `json:"cluster"` // the objects that are in no namespace, by number
	Findings []Finding         `json:"findings"`
}

type checker struct {
	ctx      context.Context
	book     *Book
	rules    Rules
	objects  []*object
	findings []Finding
	current  int
}

// Check judges every object of a manifest.
func Check(ctx context.Context, book *Book, rules Rules, manifest []byte) (*Result, error) {
	c := &checker{ctx: ctx, book: book, rules: rules}
	result := &Result{Objects: []json.RawMessage{}, Cluster: []int{}, Findings: []Finding{}}
	for d := range documents("", manifest) {
		o := &object{number: len(c.objects)}
		c.objects, c.current = append(c.objects, o), o.number
		if f := o.read(d); f != nil {
			c.add(*f)
		}
		if o.json == nil {
			result.Objects = append(result.Objects, json.RawMessage("null"))
			continue
		}
		result.Objects = append(result.Objects, o.json)
	}
	c.book = book.with(c.objects)
	for _, o := range c.objects {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if o.value == nil {
			continue
		}
		c.current = o.number
		c.types(o)
		c.metadata(o)
		c.security(o)
		c.securityLabels(o)
		c.rulesWithin(o)
		if inNamespace, known := c.scope(o); known && !inNamespace {
			result.Cluster = append(result.Cluster, o.number)
		}
	}
	if err := c.policies(); err != nil {
		return nil, err
	}
	result.Findings = append(result.Findings, redacted(c.findings, c.objects)...)
	return result, nil
}

func (c *checker) add(f Finding) {
	f.Object = c.current
	switch {
	case len(c.findings) < maxFindings:
		c.findings = append(c.findings, f)
	case len(c.findings) == maxFindings:
		c.findings = append(c.findings, Finding{
			Rule: "check/too-many", Severity: Error, Object: c.current,
			What: fmt.Sprintf("there are more than %d findings, and the rest is left out", maxFindings),
			Hint: "fix these first",
		})
	}
}
