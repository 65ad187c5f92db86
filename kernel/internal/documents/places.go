package documents

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"

	"reconciler/kernel/internal/nodes"
)

// placed is a YAML document as a value, with where in its file each part of it stands.
type placed struct {
	In     string            `json:"in"` // the text of the document before it that this one is written in
	Value  json.RawMessage   `json:"value"`
	Places map[string][2]int `json:"places"` // line and column by JSON pointer
}

// JSON reads a file's documents, and those that are written in its texts (patches).
func JSON(content []byte) ([]byte, error) {
	list := []placed{}
	for d := range Split(content) {
		if Blank(d.Text) {
			continue
		}
		d = Parsed(d)
		pointers := map[*yaml.Node]string{}
		list = append(list, d.placed("", pointers))
		for _, part := range Inner(d, bytes.SplitAfter(content, []byte("\n"))) {
			list = append(list, part.placed(pointers[part.Inside], map[*yaml.Node]string{}))
		}
	}
	return json.Marshal(list)
}

func (d *Document) placed(in string, pointers map[*yaml.Node]string) placed {
	found := placed{In: in, Places: map[string][2]int{}, Value: json.RawMessage("null")}
	if value, err := sigsyaml.YAMLToJSON(d.Text); err == nil {
		found.Value = value
	}
	d.locate(d.Root, "", found.Places, pointers)
	return found
}

// locate does not follow aliases: what stands at the anchor was located there.
func (d *Document) locate(n *yaml.Node, pointer string, places map[string][2]int, pointers map[*yaml.Node]string) {
	if n == nil {
		return
	}
	line, column := d.Place(n)
	places[pointer], pointers[n] = [2]int{line, column}, pointer
	switch n.Kind {
	case yaml.MappingNode:
		for key, value := range nodes.Pairs(n) {
			d.locate(value, pointer+"/"+pointerEscapes.Replace(key.Value), places, pointers)
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			d.locate(item, fmt.Sprintf("%s/%d", pointer, i), places, pointers)
		}
	}
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")
