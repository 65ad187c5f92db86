package main

import (
	"bytes"
	"iter"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is one YAML document of a file, or one written inside of a kustomization's text.
type document struct {
	file   string
	from   int // lines before it in the file
	indent int // columns before it
	inside *yaml.Node
	text   []byte
	root   *yaml.Node // nil if it is not well-formed
}

// place is where a node of this document stands in its file.
func (d *document) place(n *yaml.Node) (line, column int) {
	if n == nil {
		n = d.root
	}
	if n == nil {
		return d.position(1, 1)
	}
	return d.position(n.Line, n.Column)
}

func (d *document) position(line, column int) (int, int) {
	if d.inside != nil && d.indent < 0 {
		return d.inside.Line, d.inside.Column
	}
	return d.from + line, d.indent + column
}

// split cuts a file where upstream does: at lines that begin with ---.
func split(content []byte) iter.Seq[document] {
	return func(yield func(document) bool) {
		content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
		from, line, begin, at := 0, 0, 0, 0
		for at < len(content) {
			end := len(content)
			if i := bytes.IndexByte(content[at:], '\n'); i >= 0 {
				end = at + i + 1
			}
			line++
			if bytes.HasPrefix(content[at:], []byte("---")) {
				if !yield(document{from: from, text: content[begin:at]}) {
					return
				}
				from, begin = line, end
			}
			at = end
		}
		yield(document{from: from, text: content[begin:]})
	}
}

// blank holds for a document without anything but comments.
func blank(text []byte) bool {
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return false
		}
	}
	return true
}

func parsed(d document) document {
	if docs := parseNodes(d.text); len(docs) > 0 && len(docs[0].Content) > 0 {
		d.root = docs[0].Content[0]
	}
	return d
}

// documents are all that a render read as YAML, in a fixed order.
func (v *view) documents() (all []document) {
	var files []string
	for file := range v.files {
		if !v.isData(file) {
			files = append(files, file)
		}
	}
	sort.Strings(files)
	for _, file := range files {
		all = append(all, v.documentsOf(file)...)
	}
	return all
}

func (v *view) documentsOf(file string) (all []document) {
	e := v.files[file]
	if e == nil {
		return nil
	}
	lines := bytes.SplitAfter(e.content, []byte("\n"))
	for d := range split(e.content) {
		if blank(d.text) {
			continue
		}
		d = parsed(d)
		d.file = file
		all = append(all, d)
		all = append(all, inner(d, lines)...)
	}
	return all
}

// inner finds the documents that are written as text inside of another one: patches, mostly.
func inner(d document, lines [][]byte) (all []document) {
	find(d.root, func(_, n *yaml.Node) *yaml.Node {
		if n.Kind != yaml.ScalarNode || !strings.ContainsAny(n.Value, "\n{[") || !strings.ContainsAny(n.Value, ":[") {
			return nil
		}
		for part := range split([]byte(n.Value)) {
			if blank(part.text) {
				continue
			}
			part = parsed(part)
			part.file, part.inside, part.indent = d.file, n, -1
			if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
				part.from += d.from + n.Line
				part.indent = indentAt(lines, part.from, part.text)
			}
			all = append(all, part)
		}
		return nil
	})
	return all
}

// indentAt compares a text's first line with how it stands in its file.
func indentAt(lines [][]byte, line int, text []byte) int {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	if line >= len(lines) {
		return -1
	}
	return max(bytes.Index(lines[line], first), -1)
}

// object finds the documents that hold an object of this kind and name.
func objects(docs []document, kind, name string) []document {
	return slices.DeleteFunc(slices.Clone(docs), func(d document) bool {
		return text(d.root, "kind") != kind || text(d.root, "metadata", "name") != name
	})
}
