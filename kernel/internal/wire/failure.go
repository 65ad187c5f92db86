package wire

import (
	"go.yaml.in/yaml/v3"
)

// Place is something to say about a position in a file.
type Place struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	What   string `json:"what"`
}

// At moves a place to where a node stands, if there is one.
func (p *Place) At(n *yaml.Node) {
	if n != nil {
		p.Line, p.Column = n.Line, n.Column
	}
}

// Failure is why a request has no result: what, where and what to do.
type Failure struct {
	Kind string `json:"kind"`
	Place
	Hint   string `json:"hint,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// Fail is a failure of a whole file or folder.
func Fail(kind, file, what, hint string) *Failure {
	return &Failure{Kind: kind, Place: Place{File: file, What: what}, Hint: hint}
}
