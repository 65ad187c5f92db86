package render

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/kio"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
)

// sameAsUpstream fails if the short way gives an answer, and upstream another or none.
func sameAsUpstream(t *testing.T, object *kyaml.RNode) {
	t.Helper()
	short, ok := plainYAML(object.YNode())
	if !ok {
		return
	}
	long, err := (&resource.Resource{RNode: *object}).AsYAML()
	if err != nil {
		t.Errorf("upstream fails: %v\nthe short way gives:\n%q", err, short)
	} else if !bytes.Equal(short, long) {
		t.Errorf("upstream gives:\n%q\nthe short way gives:\n%q", long, short)
	}
}

// Texts that once told the two ways apart, and their neighbours.
var texts = []string{
	"a: 1\nb: [x, {y: z}]\n",
	"# head\na: 1 # line\n# foot\n\nb: # on the key\n  - 1 # item\n  # between\n  - 2\n# end\n",
	"a: {b: , c: ~, d: null, e: ''}\n",
	"a: [ , ~]\n",
	"a:\nb: ~\nc: Null\nd: ''\n",
	"a: 0755\nb: 0o17\nc: 0x1F\nd: 0b11\ne: 1_000\nf: +1\ng: -0\nh: 08\n",
	"a: 1.0\nb: 1e3\nc: 1234567.5\nd: -0.0\ne: .5\nf: 1e-7\ng: 18446744073709551615\nh: 1e400\n",
	"a: y\nb: on\nc: No\nd: True\ne: 12:30:45\nf: 2020-01-02\ng: '2020-01-02'\n",
	"a: .nan\nb: .inf\n",
	"a: !!str 12\nb: !!int '5'\nc: !!float 1\nd: !!bool 'true'\ne: !custom x\nf: ! 12\ng: !!binary aGVsbG8=\n",
	"a: !!null ''\nb: !!str\nc: !!null x\n",
	"a: |\n  x\n  y\nb: |-\n  x\nc: |+\n  x\n\n\nd: >\n  x\n  y\n\n  z\ne: >+\n  x\n\n",
	"a: |2\n   x\n  y\nb: |1-\n   x\n",
	"a: >\n  x\n   y\n  z\n\n\n  w\n",
	"a: \"x \\\n  y\"\nb: 'x\n\n  y'\nc: x\n  y\n",
	"a: 'x: y'\nb: '- x'\nc: '# x'\nd: 'x #y'\ne: '%x'\nf: '@x'\n",
	"a: \"\\t\\r\\u0085\\u2028\\uFEFF\\U0001F600\"\n",
	"&a a: &b {c: 1}\nd: *b\n<<: {e: 1}\n",
	"'<<': {a: 1}\n",
	"1: x\ntrue: y\n",
	"a: 1\na: 2\n",
	"? " + strings.Repeat("k", 200) + "\n: v\n",
	"? " + strings.Repeat("k", 2000) + "\n: v\n",
	"'" + strings.Repeat("k ", 100) + "': {a: b} # c\n",
	"a: " + strings.Repeat("word ", 40) + "\nb: '" + strings.Repeat("it''s ", 40) + "'\n",
	"a: " + strings.Repeat("x", 3000) + "\n",
	"- a\n- b: 1\n",
	"just text\n",
	"null\n",
	"\"a\"\n",
	"{}\n",
	"[]\n",
	"a: {}\nb: []\nc: [[], {}]\nd:\n- - - x\n",
	"a: {b: 1 # c\n  , d: 2}\n",
	"a: # only a comment\n\n# foot\nb: | # block\n  x\n# after\n",
	"a:\n  # head\n  - # empty\n  - x\n  # foot\n",
	"- # nothing\n- b\n",
	"\n\n  a: 1\n  b: 2\n",
	"{\"a\": \"\\/\", \"b\": [1.50, -1, 1E5]}\n",
	"a: \"\\n x\"\nb: \"x \\n y\"\nc: \" x\"\nd: \"x \"\ne: \"\\n\"\n",
}

func FuzzText(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		nodes, err := kio.FromBytes([]byte(text))
		if err != nil {
			return
		}
		for _, n := range nodes {
			sameAsUpstream(t, n)
		}
	})
}

// What kustomize's filters leave behind: tags, styles and values that no text would join.
var (
	oddTags = []string{
		"", "!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq", "!", "!custom",
		"!!merge", "!!binary", "!!timestamp", "tag:yaml.org,2002:str", "tag:yaml.org,2002:int",
	}
	oddValues = []string{
		"", "x", "1", "true", "null", "~", "1.5", "0x1F", "0755", "<<", "y", "a: b", "- a", "# x",
		"2020-01-02", "x\ny", "x\n", "x\n\n", "x \ny", "x\n y", "x ", "1 ", "a #b", "{", "%", "---",
		"...", "a\n---\nb", "a\n# b", "? a", "é", strings.Repeat("long ", 30), strings.Repeat("k", 1100),
		"18446744073709551616", "-0", "1e3", "NaN", ".inf", "=", "!x", "&x", "*x", "'", "\"", "\\",
	}
	oddComments = []string{"# c", "# a\n# b", "# a\n\n# b", "#", "#\n"}
)

// maker builds a node as its bytes say.
type maker struct{ bytes []byte }

func (m *maker) next() int {
	if len(m.bytes) == 0 {
		return 0
	}
	b := m.bytes[0]
	m.bytes = m.bytes[1:]
	return int(b)
}

func (m *maker) text() string {
	if choice := m.next(); choice < 224 {
		return oddValues[choice%6]
	} else if choice < 240 {
		return oddValues[choice%len(oddValues)]
	}
	size := min(m.next()%16, len(m.bytes))
	text := string(m.bytes[:size])
	m.bytes = m.bytes[size:]
	return text
}

func (m *maker) comment() string {
	if choice := m.next(); choice >= 250 {
		return oddComments[choice%len(oddComments)]
	}
	return ""
}

func (m *maker) scalar() *yaml.Node {
	n := &yaml.Node{
		Kind: yaml.ScalarNode, Value: m.text(),
		HeadComment: m.comment(), LineComment: m.comment(), FootComment: m.comment(),
	}
	switch choice := m.next(); {
	case choice < 208:
		n.Tag = n.ShortTag()
	case choice < 248:
		n.Tag, n.Style = "!!str", yaml.Style(m.next()%64)
	default:
		n.Tag, n.Style = oddTags[m.next()%len(oddTags)], yaml.Style(m.next()%64)
	}
	return n
}

func (m *maker) collection(kind yaml.Kind, depth int) *yaml.Node {
	n := &yaml.Node{Kind: kind, HeadComment: m.comment(), LineComment: m.comment(), FootComment: m.comment()}
	shape := m.next()
	if shape%8 == 0 {
		n.Style = yaml.FlowStyle
	}
	if shape%16 == 1 {
		n.Tag = oddTags[m.next()%len(oddTags)]
	}
	for i := range shape / 16 % 6 {
		if kind == yaml.MappingNode {
			key := m.scalar()
			if shape%4 != 3 {
				key.Tag, key.Value = "!!str", fmt.Sprintf("k%d", i)
			}
			n.Content = append(n.Content, key)
		}
		n.Content = append(n.Content, m.node(depth+1))
	}
	return n
}

func (m *maker) node(depth int) *yaml.Node {
	switch kind := m.next() % 64; {
	case depth < 4 && kind < 20 || depth == 0:
		return m.collection(yaml.MappingNode, depth)
	case depth < 4 && kind < 32:
		return m.collection(yaml.SequenceNode, depth)
	case kind == 63:
		return &yaml.Node{Kind: yaml.Kind(m.next()), Anchor: m.text(), Value: m.text()}
	}
	return m.scalar()
}

// Inputs that once told the two ways apart.
var nodeBytes = [][]byte{
	{0, 0, 0, 0, 16, 1, 0, 1, 0, 0, 0, 7, 1, 2, 3, 0, 0, 0},
}

func FuzzNodes(f *testing.F) {
	for _, data := range nodeBytes {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		sameAsUpstream(t, kyaml.NewRNode((&maker{data}).node(0)))
	})
}

func TestRandomNodesComeOutAsUpstreamWritesThem(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 96)
	for range 20_000 {
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		if sameAsUpstream(t, kyaml.NewRNode((&maker{data}).node(0))); t.Failed() {
			t.Fatalf("%v", data)
		}
	}
}

func TestOddScalarsComeOutAsUpstreamWritesThem(t *testing.T) {
	for _, tag := range oddTags {
		for _, value := range oddValues {
			for style := range 64 {
				odd := func() *yaml.Node {
					return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Style: yaml.Style(style), Value: value}
				}
				plain := &yaml.Node{Kind: yaml.ScalarNode, Value: "x"}
				for _, around := range []yaml.Style{0, yaml.FlowStyle} {
					for _, pair := range [][]*yaml.Node{{plain, odd()}, {odd(), plain}} {
						n := &yaml.Node{Kind: yaml.MappingNode, Style: around, Content: pair}
						if sameAsUpstream(t, kyaml.NewRNode(n)); t.Failed() {
							t.Fatalf("tag %q, style %d, value %q, around %d", tag, style, value, around)
						}
					}
				}
			}
		}
	}
}

func TestOrdinaryObjectsTakeTheShortWay(t *testing.T) {
	text := "# a comment\napiVersion: v1\nkind: Service\nmetadata:\n  name: x # its name\nspec:\n" +
		"  ports: [{port: 80, name: http}]\n  headless: false\n  weight: 1.5\n  script: |\n    a\n    b\n  none: null\n"
	nodes, err := kio.FromBytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := plainYAML(nodes[0].YNode()); !ok {
		t.Error("it goes the long way")
	}
}
