package checks

import (
	"bytes"
	"fmt"
	"iter"

	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"
	sigsyaml "sigs.k8s.io/yaml"
)

// maxDepth is deeper than any real object, and less than what recursion can take.
const maxDepth = 200

// maxObject is what etcd takes in one request by default.
const maxObject = 3 << 19

// object is one document of a manifest.
type object struct {
	number int
	json   []byte
	value  map[string]any
	gvk    schema.GroupVersionKind
	meta   metav1.ObjectMeta
	typed  runtime.Object // a built-in kind that could be decoded
	full   runtime.Object // the same with what an API server adds
	custom *customVersion // a custom resource
}

// document is one YAML document of a file.
type document struct {
	file string
	from int // lines before it
	text []byte
}

// documents cuts a file where kubectl does: at lines that begin with ---.
func documents(file string, content []byte) iter.Seq[document] {
	return func(yield func(document) bool) {
		from, line, begin, at := 0, 0, 0, 0
		give := func(end int) bool {
			text := content[begin:end]
			return blank(text) || yield(document{file, from, text})
		}
		for at < len(content) {
			end := len(content)
			if i := bytes.IndexByte(content[at:], '\n'); i >= 0 {
				end = at + i + 1
			}
			line++
			if bytes.HasPrefix(content[at:], []byte("---")) {
				if !give(at) {
					return
				}
				from, begin = line, end
			}
			at = end
		}
		give(len(content))
	}
}

func blank(text []byte) bool {
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return false
		}
	}
	return true
}

// read takes a document apart; what cannot be an object at all is a finding.
func (o *object) read(d document) *Finding {
	text, err := sigsyaml.YAMLToJSON(d.text)
	if err != nil {
		return &Finding{Rule: "types/not-yaml", Severity: Error, What: "this is not YAML: " + err.Error()}
	}
	if depth(text) > maxDepth {
		return &Finding{
			Rule: "types/too-deep", Severity: Error,
			What: fmt.Sprintf("the object is nested more than %d levels deep, and is not looked at", maxDepth),
			Hint: "look at what made it: it may repeat itself without end",
		}
	}
	var value map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(text, &value); err != nil || value == nil {
		return &Finding{Rule: "types/no-kind", Severity: Error, What: "this is not an object",
			Hint: "a Kubernetes object is a mapping with apiVersion, kind and metadata"}
	}
	o.json, o.value = text, value
	o.identify()
	if len(text) > maxObject {
		return &Finding{Rule: "objects/too-large", Severity: Error,
			What: fmt.Sprintf("the object has %d bytes, and a cluster stores %d at most", len(text), maxObject),
			Hint: "split it, or keep large data in a volume or an object store"}
	}
	if _, err := sigsyaml.YAMLToJSONStrict(d.text); err != nil {
		if path := duplicateKey(d.text); path != "" {
			return &Finding{Rule: "types/duplicate-key", Severity: Error, Path: path,
				What: "this key is there twice, and only one of the two counts", Hint: "remove one"}
		}
	}
	return nil
}

// identify fills in what can be known of any object, well-formed or not.
func (o *object) identify() {
	u := unstructured.Unstructured{Object: o.value}
	o.gvk = u.GroupVersionKind()
	if meta, ok := o.value["metadata"].(map[string]any); ok {
		o.meta.Name, _ = meta["name"].(string)
		o.meta.Namespace, _ = meta["namespace"].(string)
		o.meta.Labels = u.GetLabels()
	}
}

// depth is how many brackets are open at once, at most.
func depth(text []byte) int {
	most, open, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			open++
			most = max(most, open)
		case c == '}' || c == ']':
			open--
		}
	}
	return most
}

// duplicateKey is the path of the first key that a mapping has twice.
func duplicateKey(text []byte) string {
	var root yaml.Node
	if yaml.Unmarshal(text, &root) != nil {
		return ""
	}
	var search func(n *yaml.Node, path string) string
	search = func(n *yaml.Node, path string) string {
		seen := map[string]bool{}
		for i, c := range n.Content {
			below := path
			switch n.Kind {
			case yaml.MappingNode:
				if i%2 == 0 {
					if seen[c.Value] {
						return child(path, c.Value)
					}
					seen[c.Value] = true
					continue
				}
				below = child(path, n.Content[i-1].Value)
			case yaml.SequenceNode:
				below = item(path, i)
			}
			if found := search(c, below); found != "" {
				return found
			}
		}
		return ""
	}
	return search(&root, "")
}
