// Package documents cuts files into YAML documents, and knows where each of them stands.
package documents

import (
	"bytes"
	"iter"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"reconciler/kernel/internal/nodes"
)

// Document is one YAML document of a file, or one written inside of a kustomization's text.
type Document struct {
	File   string
	From   int        // lines before it in the file
	indent int        // columns before it
	Inside *yaml.Node // the text that it is written in
	Text   []byte
	Root   *yaml.Node // nil if it is not well-formed
}

// Place is where a node of this document stands in its file.
func (d *Document) Place(n *yaml.Node) (line, column int) {
	if n == nil {
		n = d.Root
	}
	if n == nil {
		return d.Position(1, 1)
	}
	return d.Position(n.Line, n.Column)
}

// Position is where in its file a line and a column of this document are.
func (d *Document) Position(line, column int) (int, int) {
	if d.Inside != nil && d.indent < 0 {
		return d.Inside.Line, d.Inside.Column
	}
	return d.From + line, d.indent + column
}

// Split cuts a file where upstream does: at lines that begin with ---.
func Split(content []byte) iter.Seq[Document] {
	return func(yield func(Document) bool) {
		content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
		from, line, begin, at := 0, 0, 0, 0
		for at < len(content) {
			end := len(content)
			if i := bytes.IndexByte(content[at:], '\n'); i >= 0 {
				end = at + i + 1
			}
			line++
			if bytes.HasPrefix(content[at:], []byte("---")) {
				if !yield(Document{From: from, Text: content[begin:at]}) {
					return
				}
				from, begin = line, end
			}
			at = end
		}
		yield(Document{From: from, Text: content[begin:]})
	}
}

// Blank holds for a document without anything but comments.
func Blank(text []byte) bool {
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return false
		}
	}
	return true
}

// Parsed is a document with its root.
func Parsed(d Document) Document {
	if docs := nodes.Parse(d.Text); len(docs) > 0 && len(docs[0].Content) > 0 {
		d.Root = docs[0].Content[0]
	}
	return d
}

// Inner finds the documents that are written as text inside of another one: patches, mostly.
func Inner(d Document, lines [][]byte) (all []Document) {
	nodes.Find(d.Root, func(_, n *yaml.Node) *yaml.Node {
		if n.Kind != yaml.ScalarNode || !strings.ContainsAny(n.Value, "\n{[") || !strings.ContainsAny(n.Value, ":[") {
			return nil
		}
		for part := range Split([]byte(n.Value)) {
			if Blank(part.Text) {
				continue
			}
			part = Parsed(part)
			part.File, part.Inside, part.indent = d.File, n, -1
			if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
				part.From += d.From + n.Line
				part.indent = indentAt(lines, part.From, part.Text)
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

// Objects finds the documents that hold an object of this kind and name.
func Objects(docs []Document, kind, name string) []Document {
	return slices.DeleteFunc(slices.Clone(docs), func(d Document) bool {
		return nodes.Text(d.Root, "kind") != kind || nodes.Text(d.Root, "metadata", "name") != name
	})
}
