// Package treetest plays the parent in tests: it serves a tree from files in memory.
package treetest

import (
	"bufio"
	"bytes"
	"strings"

	"reconciler/kernel/internal/tree"
	"reconciler/kernel/internal/wire"
)

// Files are the contents of a tree's files by their paths.
type Files map[string]string

// Serve gives a tree with these files in it.
func Serve(files Files) *tree.Tree {
	p := &parent{files: files}
	p.trees = tree.NewTrees(wire.NewWriter(p))
	return p.trees.Get(1)
}

type parent struct {
	trees *tree.Trees
	files Files
}

// Write takes a question, and answers it from another goroutine, as over a pipe.
func (p *parent) Write(frame []byte) (int, error) {
	question := &wire.Response{}
	if _, err := wire.ReadFrame(bufio.NewReader(bytes.NewReader(frame)), question); err != nil {
		return 0, err
	}
	var body []byte
	entries := make([]wire.Entry, len(question.Paths))
	for i, path := range question.Paths {
		entries[i] = p.entry(path)
		body = append(body, p.files[path]...)
	}
	go p.trees.Deliver(question.Call, entries, body)
	return len(frame), nil
}

func (p *parent) entry(path string) wire.Entry {
	if content, ok := p.files[path]; ok {
		return wire.Entry{Kind: "file", Size: len(content)}
	}
	for name := range p.files {
		if path == "" || strings.HasPrefix(name, path+"/") {
			return wire.Entry{Kind: "folder"}
		}
	}
	return wire.Entry{Kind: "missing"}
}
