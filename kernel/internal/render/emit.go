package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	yamlv2 "go.yaml.in/yaml/v2"
	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"

	"reconciler/kernel/internal/schema"
)

// emit writes what upstream's AsYaml does. Upstream turns each object from nodes to YAML
// text, to values, to JSON text, to values and to YAML again; for ordinary values that is
// the same as going from the nodes to the values at once, and anything else goes its way.
func emit(m resmap.ResMap) (*Output, error) {
	var text bytes.Buffer
	out := &Output{}
	for i, res := range m.Resources() {
		if i > 0 {
			text.WriteString("---\n")
		}
		object, err := objectYAML(res)
		if err != nil {
			// An id says whether its kind is in a namespace.
			return nil, schema.Reading(func() error { return fmt.Errorf("%s: %w", res.CurId(), err) })
		}
		text.Write(object)
		out.Secret = out.Secret || holdsSecret(object)
	}
	out.Manifest = text.Bytes()
	return out, nil
}

// holdsSecret looks at what is written, not at what is read: a kind in base64 comes out as text, and
// a patch can make a list of another object.
func holdsSecret(object []byte) bool {
	return startsLine(object, "kind: Secret\n") || startsLine(object, "kind: SecretList\n") ||
		startsLine(object, "items:\n") && bytes.Contains(object, []byte("kind: Secret\n"))
}

func startsLine(text []byte, line string) bool {
	return bytes.HasPrefix(text, []byte(line)) || bytes.Contains(text, []byte("\n"+line))
}

func objectYAML(res *resource.Resource) ([]byte, error) {
	if text, ok := plainYAML(res.YNode()); ok {
		return text, nil
	}
	return res.AsYAML()
}

func plainYAML(n *yaml.Node) ([]byte, bool) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, false
	}
	object, ok := plainValue(n, false)
	if !ok {
		return nil, false
	}
	text, err := yamlv2.Marshal(object)
	return text, err == nil
}

// plainValue is what a node comes to after upstream's conversions, where that is certain.
func plainValue(n *yaml.Node, inFlow bool) (value any, ok bool) {
	if n == nil || n.Anchor != "" {
		return nil, false
	}
	flow := inFlow || n.Style&yaml.FlowStyle != 0
	if commented(n) && (flow || !keepsComments(n)) {
		return nil, false
	}
	switch n.Kind {
	case yaml.MappingNode:
		if tag := n.Tag; tag != "" && tag != "!!map" {
			return nil, false
		}
		return plainMapping(n, flow)
	case yaml.SequenceNode:
		if tag := n.Tag; tag != "" && tag != "!!seq" {
			return nil, false
		}
		items := make([]any, len(n.Content))
		for i, c := range n.Content {
			if items[i], ok = plainValue(c, flow); !ok {
				return nil, false
			}
		}
		return items, true
	case yaml.ScalarNode:
		return plainScalar(n, flow)
	}
	return nil, false
}

func commented(n *yaml.Node) bool {
	return n.HeadComment != "" || n.LineComment != "" || n.FootComment != ""
}

// keepsComments holds for a node in block style whose comments are read again as comments
// where they were written.
func keepsComments(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode {
		return len(n.Content) > 0 && n.LineComment == "" && n.FootComment == ""
	}
	return !strings.Contains(n.Value+n.LineComment, "\n")
}

func plainMapping(n *yaml.Node, flow bool) (any, bool) {
	object := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		name, ok := plainKey(key, flow)
		if !ok {
			return nil, false
		}
		value, ok := plainValue(n.Content[i+1], flow)
		if !ok || key.LineComment != "" && len(n.Content[i+1].Content) == 0 {
			return nil, false
		}
		object[name] = value
	}
	return object, len(object) == len(n.Content)/2
}

func plainKey(n *yaml.Node, flow bool) (string, bool) {
	value, ok := plainValue(n, flow)
	text, isText := value.(string)
	return text, ok && isText && len(text) < longKey && text != "<<"
}

func plainScalar(n *yaml.Node, flow bool) (any, bool) {
	if n.Style&(yaml.TaggedStyle|yaml.FoldedStyle) != 0 {
		return nil, false // folded text may come back with other line breaks
	}
	if quoted := n.Style&^yaml.FlowStyle != 0; quoted || n.Tag == "!!str" {
		return n.Value, (n.Tag == "" || n.Tag == "!!str") && plainText(n.Value)
	}
	bare := yaml.Node{Kind: yaml.ScalarNode, Value: n.Value}
	tag := bare.ShortTag()
	if n.Tag != "" && n.Tag != tag {
		return nil, false // a filter gave it a tag that its text does not have
	}
	switch tag {
	case "!!str":
		return n.Value, plainText(n.Value)
	case "!!null":
		return nil, n.Value != "" || !flow
	case "!!bool":
		return n.Value == "true", n.Value == "true" || n.Value == "false"
	case "!!int":
		if number, err := strconv.Atoi(n.Value); err == nil && strconv.Itoa(number) == n.Value {
			return number, true
		}
		return throughJSON(n)
	case "!!float":
		return throughJSON(n)
	}
	return nil, false
}

// longKey is more than JSON's reader takes for a key: upstream fails there.
const longKey = 1000

// throughJSON takes one number the whole way: JSON changes how it is written, and so its type.
func throughJSON(n *yaml.Node) (value any, ok bool) {
	var decoded any
	if n.Decode(&decoded) != nil {
		return nil, false
	}
	text, err := json.Marshal(decoded)
	return value, err == nil && yamlv2.Unmarshal(text, &value) == nil
}

// plainText holds for text that comes back from being written and read as it was.
func plainText(s string) bool {
	if s == "" {
		return true
	}
	if first := s[0]; first == ' ' || first == '\n' || first == '\t' {
		return false
	}
	if strings.HasSuffix(s, "\n\n") {
		return false
	}
	for _, r := range s {
		printable := r == '\n' || 0x20 <= r && r <= 0x7E ||
			0xA0 <= r && r <= 0xD7FF && r != 0x2028 && r != 0x2029 || 0xE000 <= r && r < 0xFEFF
		if !printable {
			return false
		}
	}
	return true
}
