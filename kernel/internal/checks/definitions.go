package checks

import (
	"embed"
	"sync"
)

// The kinds that many clusters have, as pinned releases of their projects define them: what
// kernel/definitions.py wrote. A definition of the repository's own comes before them.
//
//go:embed definitions/*.json
var definitionFiles embed.FS

// fromAnnotation names the module that a definition is from.
const fromAnnotation = "reconciler.dev/from"

var wellKnown = sync.OnceValue(func() *typeIndex {
	index, library := &typeIndex{}, NewLibrary()
	files, _ := definitionFiles.ReadDir("definitions")
	for _, file := range files {
		text, _ := definitionFiles.ReadFile("definitions/" + file.Name())
		d := document{file: file.Name(), text: text}
		index.unread = append(index.unread, crdDocument{d, library.crd(d)})
	}
	return index
})
