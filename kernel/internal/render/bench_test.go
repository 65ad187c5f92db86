package render

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"reconciler/kernel/internal/tree"
	"reconciler/kernel/internal/tree/treetest"
	"reconciler/kernel/internal/wire"
)

func folder(t testing.TB, root string) treetest.Files {
	files := treetest.Files{}
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

func BenchmarkRender(b *testing.B) {
	root := os.Getenv("BENCH_ROOT")
	if root == "" {
		b.Skip("BENCH_ROOT names no repository")
	}
	files := treetest.Serve(folder(b, root))
	req := &wire.Request{Path: os.Getenv("BENCH_PATH")}
	b.ResetTimer()
	for b.Loop() {
		if _, f := Render(tree.NewView(context.Background(), files, Options(req)), req); f != nil {
			b.Fatal(f)
		}
	}
}
