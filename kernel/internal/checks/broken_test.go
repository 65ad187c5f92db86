package checks

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	sigsyaml "sigs.k8s.io/yaml"
)

const table = "../../../tests/checks/broken.yaml"

var expected = regexp.MustCompile(`(?m)^# says: (.*)\n`)

// What the table says that an API server says is what upstream's strict decoder says: the one
// that the API server runs. With UPDATE set, the table is written again.
func TestTheTableOfBrokenObjectsIsUpstreams(t *testing.T) {
	content, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	decoder := serializer.NewCodecFactory(builtin(), serializer.EnableStrict).UniversalDeserializer()
	for d := range documents("", content) {
		m := expected.FindSubmatch(d.text)
		if m == nil {
			t.Fatalf("no # says: in %s", d.text)
		}
		if said := refusal(t, decoder, d.text); said != string(m[1]) {
			if os.Getenv("UPDATE") == "" {
				t.Errorf("%s\nupstream says %s", d.text, said)
			}
			fixed := bytes.Replace(d.text, m[0], []byte("# says: "+said+"\n"), 1)
			content = bytes.Replace(content, d.text, fixed, 1)
		}
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(table, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func refusal(t *testing.T, decoder runtime.Decoder, text []byte) string {
	body, err := sigsyaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	o := &object{}
	o.read(document{text: text})
	kind, known := kindType(o.gvk)
	if !known || absence(o.gvk, kind, Newest) != nil {
		return `no matches for kind "` + o.gvk.Kind + `" in version "` + o.gvk.GroupVersion().String() + `"`
	}
	_, _, err = decoder.Decode(body, nil, nil)
	if err == nil {
		return "nothing"
	}
	return strings.ReplaceAll(err.Error(), "\n", " ")
}

// Upstream keeps an object of every kind with every field set, against accidents of its own.
func TestNothingIsSaidAboutObjectsWithEveryField(t *testing.T) {
	folder := filepath.Join(moduleFolder(t, "k8s.io/api"), "testdata", "HEAD")
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(files) < 100 {
		t.Fatalf("%d files in %s: %v", len(files), folder, err)
	}
	seen := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		o := &object{}
		if f := o.read(document{text: content}); f != nil {
			t.Errorf("%s: %v", file, f)
		}
		kind, known := kindType(o.gvk)
		if !known {
			continue
		}
		seen++
		if found, ok := decode(o.json, o.value, reflect.New(kind), Newest); !ok || len(found) > 0 {
			t.Errorf("%s: %v", file, found)
		}
	}
	if seen < 100 {
		t.Errorf("only %d kinds were looked at", seen)
	}
}

// The kinds in no namespace are those that upstream's sources mark so.
func TestClusterScopedKindsAreThoseThatUpstreamMarks(t *testing.T) {
	marked := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(moduleFolder(t, "k8s.io/api"), "*", "v*", "types*.go"))
	if err != nil {
		t.Fatal(err)
	}
	before := regexp.MustCompile(`\+genclient:nonNamespaced[^{}]*?\ntype (\w+) struct`)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range before.FindAllSubmatch(content, -1) {
			marked["k8s.io/api/"+filepath.Base(filepath.Dir(filepath.Dir(file)))+"."+string(m[1])] = true
		}
	}
	for gvk := range builtin().AllKnownTypes() {
		kind, known := kindType(gvk)
		if !known || !strings.HasPrefix(kind.PkgPath(), "k8s.io/api/") {
			continue
		}
		name := filepath.Dir(kind.PkgPath()) + "." + kind.Name()
		if marked[name] == namespaced(gvk.GroupKind()) {
			t.Errorf("%s: upstream says that it is in no namespace: %v", gvk, marked[name])
		}
	}
}

func moduleFolder(t *testing.T, module string) string {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
