package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
)

// answering plays the parent: it answers what the kernel asks from files in memory.
type answering struct {
	trees *trees
	files map[string]string
}

func (a *answering) Write(frame []byte) (int, error) {
	reader := bufio.NewReader(bytes.NewReader(frame))
	req := &response{}
	if _, err := readFrame(reader, req); err != nil {
		return 0, err
	}
	var body []byte
	entries := make([]entry, len(req.Paths))
	for i, p := range req.Paths {
		entries[i] = entry{Kind: "missing"}
		if content, ok := a.files[p]; ok {
			entries[i] = entry{Kind: "file", Size: len(content)}
			body = append(body, content...)
			continue
		}
		for name := range a.files {
			if p == "" || filepath.HasPrefix(name, p+"/") {
				entries[i] = entry{Kind: "folder"}
			}
		}
	}
	go a.trees.deliver(req.Call, entries, body)
	return len(frame), nil
}

func folder(t testing.TB, root string) map[string]string {
	files := map[string]string{}
	err := filepath.Walk(root, func(p string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		content, err := os.ReadFile(p)
		rel, _ := filepath.Rel(root, p)
		files[rel] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func newAnswering(files map[string]string) *answering {
	a := &answering{files: files}
	a.trees = newTrees(&frameWriter{w: a})
	return a
}

func BenchmarkRender(b *testing.B) {
	root := os.Getenv("BENCH_ROOT")
	if root == "" {
		b.Skip("BENCH_ROOT names no repository")
	}
	a := newAnswering(folder(b, root))
	req := &request{Path: os.Getenv("BENCH_PATH")}
	b.ResetTimer()
	for b.Loop() {
		v := newView(context.Background(), a.trees.get(1))
		if _, f := renderView(v, req); f != nil {
			b.Fatal(f)
		}
	}
}
