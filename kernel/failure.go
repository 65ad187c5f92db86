package main

import (
	"go.yaml.in/yaml/v3"
)

// place is something to say about a position in a file.
type place struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	What   string `json:"what"`
}

func (p *place) at(n *yaml.Node) {
	if n != nil {
		p.Line, p.Column = n.Line, n.Column
	}
}

// failure is why a render has no manifest: what, where and what to do.
type failure struct {
	Kind string `json:"kind"`
	place
	Hint   string `json:"hint,omitempty"`
	Detail string `json:"detail,omitempty"`

	asked string // the absolute path that upstream wanted when this was refused
}

func fail(kind, file, what, hint string) *failure {
	return &failure{Kind: kind, place: place{File: file, What: what}, Hint: hint}
}

// located finds who named the path that a view refused.
func (f *failure) located(v *view, req *request) *failure {
	if f.Line > 0 || f.Kind == "aliases" {
		return f
	}
	for _, target := range []string{f.asked, absolute(f.File)} {
		if kust, by := v.namedBy(target); kust != "" {
			f.File, f.What = kust, by.text+": "+f.What
			f.at(by.node)
			if p, _ := v.pinOf(kust); p != nil && f.Kind == "outside" {
				f.What, f.Hint = by.text+" leads out of the pinned commit", "name something of the same commit"
			}
			return f
		}
	}
	if f.File == "" {
		f.File = req.Path
	}
	return f
}
