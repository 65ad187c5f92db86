package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// place is something to say about a position in a file.
type place struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	What   string `json:"what"`
}

// failure is why a render has no manifest: what, where and what to do.
type failure struct {
	Kind   string `json:"kind"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	What   string `json:"what"`
	Hint   string `json:"hint,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// at puts a failure where a kustomization names something, or at the kustomization itself.
func (f *failure) at(v *view, file, text string) *failure {
	f.File = file
	if e, ok := v.files[file]; ok && text != "" {
		f.Line, f.Column = findValue(e.content, text)
	}
	return f
}

// located finds who named the path that a view refused.
func (f *failure) located(v *view) *failure {
	if f.Line > 0 || f.Kind == "aliases" {
		return f
	}
	for _, kust := range v.kusts {
		for _, name := range v.files[kust].kustomization().names {
			target := path.Join(path.Dir(kust), name)
			if target == f.File || f.File == "" && strings.HasPrefix(target, "..") {
				return (&failure{
					Kind: f.Kind, What: fmt.Sprintf("%s: %s", name, f.What), Hint: f.Hint,
				}).at(v, kust, name)
			}
		}
	}
	return f
}

var (
	innermost   = regexp.MustCompile(`(?:accumulation of path|target for path|merging from path|file under|files under:|in directory|for path) '?` + mount + `/?([^'":\n]*)`)
	namedInKust = regexp.MustCompile(`(?:accumulating resources from|merging resources from) '([^'\n]+)'`)
	missing     = regexp.MustCompile(`(?:evalsymlink failure on|open|read) '?` + mount + `/([^':\n]+)'?.*no such file`)
	notBelow    = regexp.MustCompile(`security; file '` + mount + `/([^'\n]+)' is not in or below '` + mount + `/?([^'\n]*)'`)
	malformed   = regexp.MustCompile(`MalformedYAMLError: yaml: (?:line (\d+): )?(.*?) in File: ([^\n"]+)`)
	unknown     = regexp.MustCompile(`unknown field "([^"]+)"`)
	typed       = regexp.MustCompile(`cannot unmarshal (\S+) into Go struct field \w+\.(\S+) of type (\S+)`)
	yamlLine    = regexp.MustCompile(`yaml: line (\d+): (.*)`)
	yamlError   = regexp.MustCompile(`yaml: ([^\n]+)`)
	cycle       = regexp.MustCompile(`cycle detected: candidate root '` + mount + `/?([^'\n]*)' contains visited root '` + mount + `/?([^'\n]*)'`)
	duplicate   = regexp.MustCompile(`already registered id: ([^'"\n]+)`)
	noMatch     = regexp.MustCompile(`no matches for Id ([^;\n]+); failed to find unique target`)
	plugin      = regexp.MustCompile(`external plugins disabled; unable to load external plugin '([^'\n]*)'`)
	kinds       = regexp.MustCompile(`expected kind (!?=? ?)'(\w+)' for path '` + mount + `/?([^'\n]*)'`)
	dumped      = regexp.MustCompile("(?s)with config: `.*`: |map\\[string\\]interface \\{\\}\\{.*\\}|\\*\\*\\*\\* Too many possible.*|(in object|patch) (apiVersion|kind|metadata):.*|, found \\d+ in \\[.*\\]")
)

// explain turns upstream's chain of errors into one sentence at one place.
func explain(err error, v *view, req *request) *failure {
	text := err.Error()
	if errors.Is(err, errNoFolder) {
		return &failure{Kind: "missing", File: req.Path, What: "there is no such folder", Hint: "check the path and the revision"}
	}
	if f := describe(text, v, v.culprit(text, req)); f != nil {
		f.Kind = "build"
		return f
	}
	kust := v.culprit(text, req)
	return &failure{Kind: "build", File: kust, What: v.redact(shorten(text))}
}

// culprit is the kustomization whose processing failed: the innermost that the error names.
func (v *view) culprit(text string, req *request) string {
	folder := req.Path
	if all := innermost.FindAllStringSubmatch(text, -1); len(all) > 0 {
		folder = strings.TrimSpace(all[len(all)-1][1])
	}
	return v.kustomizationOf(folder)
}

func (v *view) kustomizationOf(folder string) string {
	for _, name := range kustomizationNames {
		if file := path.Join(folder, name); v.files[file] != nil {
			return file
		}
	}
	return folder
}

func describe(text string, v *view, kust string) *failure {
	var content []byte
	if e := v.files[kust]; e != nil {
		content = e.content
	}
	named := ""
	if all := namedInKust.FindAllStringSubmatch(text, -1); len(all) > 0 {
		named = all[len(all)-1][1]
	}
	switch {
	case strings.Contains(text, "no 'git' program on path") || strings.Contains(text, errRemote.Error()):
		return (&failure{What: remoteName(named) + "is a remote base, and nothing is fetched while rendering",
			Hint: "copy it into the repository, or pin this repository's own URL by commit"}).at(v, kust, named)
	case strings.Contains(text, "must specify --enable-helm"):
		f := &failure{File: kust, What: "Helm charts are not supported: their output depends on programs and registries outside the tree",
			Hint: "commit the output of helm template, and patch that"}
		for _, field := range []string{"helmCharts", "helmChartInflationGenerator", "helmGlobals"} {
			if f.Line, f.Column = findKey(content, field); f.Line > 0 {
				break
			}
		}
		return f
	case plugin.MatchString(text):
		name := plugin.FindStringSubmatch(text)[1]
		f := &failure{File: kust, What: fmt.Sprintf("%q is an exec, container or Go plugin; these are not supported, because they run programs while rendering", name),
			Hint: "use Kustomize's built-in transformers, a component, or commit the generated files"}
		for _, field := range []string{"generators", "transformers", "validators"} {
			if f.Line, f.Column = findKey(content, field); f.Line > 0 {
				break
			}
		}
		return f
	case malformed.MatchString(text):
		m := malformed.FindStringSubmatch(text)
		file := path.Join(path.Dir(kust), m[3])
		line, what := v.yamlProblem(file, m[2])
		return &failure{File: file, Line: line, Column: columnOf(v.files[file], line), What: what, Hint: yamlHint(what)}
	case cycle.MatchString(text):
		m := cycle.FindStringSubmatch(text)
		f := &failure{What: fmt.Sprintf("%s leads back to %s, which is being built", shown(m[2]), shown(m[1])), Hint: "take one of the two references out"}
		return f.at(v, v.kustomizationOf(m[2]), v.nameFor(v.kustomizationOf(m[2]), m[1]))
	case strings.Contains(text, "Found multiple kustomization files"):
		return &failure{File: path.Dir(kust), What: "there is more than one kustomization file in this folder",
			Hint: "keep one of " + strings.Join(kustomizationNames, ", ")}
	case strings.Contains(text, "unable to find one of 'kustomization.yaml'"):
		if user, name := v.userOf(kust); user != "" {
			return (&failure{What: name + " is a folder without a kustomization", Hint: "add a kustomization.yaml to it, or name its files"}).at(v, user, name)
		}
		return &failure{File: kust, What: "there is no kustomization.yaml in this folder", Hint: "name a folder that has one"}
	case unknown.MatchString(text):
		name := unknown.FindStringSubmatch(text)[1]
		f := &failure{File: kust, What: fmt.Sprintf("unknown field %q", name), Hint: suggestion(name)}
		f.Line, f.Column = findKey(content, name)
		return f
	case typed.MatchString(text):
		m := typed.FindStringSubmatch(text)
		parts := strings.Split(m[2], ".")
		f := &failure{File: kust, What: fmt.Sprintf("%s must be a %s, and is a %s", m[2], goType(m[3]), m[1])}
		if m[3] == "string" {
			f.Hint = "put it in quotes: YAML reads it as a " + m[1]
		}
		f.Line, f.Column = findKey(content, parts[len(parts)-1])
		return f
	case strings.Contains(text, "invalid Kustomization"):
		if line, what := v.yamlProblem(kust, ""); line > 0 {
			return &failure{File: kust, Line: line, Column: columnOf(v.files[kust], line), What: what, Hint: yamlHint(what)}
		}
		if m := yamlError.FindStringSubmatch(text); m != nil {
			return &failure{File: kust, What: m[1], Hint: yamlHint(m[1])}
		}
	case notBelow.MatchString(text):
		m := notBelow.FindStringSubmatch(text)
		home := v.kustomizationOf(m[2])
		name := v.nameFor(home, m[1])
		return (&failure{What: fmt.Sprintf("%s is outside of %s, and a kustomization reads files only from its own folder", m[1], shown(m[2])),
			Hint: "move the file, make its folder a base, or render with --load-restrictor none"}).at(v, home, name)
	case missing.MatchString(text):
		all := missing.FindAllStringSubmatch(text, -1)
		file := all[len(all)-1][1]
		user, name := v.userOf(file)
		if user == "" {
			user, name = kust, named
		}
		if name == "" {
			name = file
		}
		return (&failure{What: name + " does not exist", Hint: "correct the name, or commit the file"}).at(v, user, name)
	case kinds.MatchString(text):
		m := kinds.FindStringSubmatch(text)
		what, hint := "is a component, and stands under resources", "move it to components:"
		if strings.TrimSpace(m[1]) == "" {
			what, hint = "is not a component, and stands under components", "move it to resources:, or make it kind: Component"
		}
		if user, name := v.userOf(m[3]); user != "" {
			return (&failure{What: name + " " + what, Hint: hint}).at(v, user, name)
		}
	case duplicate.MatchString(text):
		id := duplicate.FindStringSubmatch(text)[1]
		return (&failure{What: "the object " + id + " is there already", Hint: "remove one of the two, or give one another name or namespace"}).at(v, kust, named)
	case noMatch.MatchString(text):
		id := noMatch.FindStringSubmatch(text)[1]
		return &failure{File: kust, What: "a patch is for " + id + ", and there is no such object", Hint: "check its kind, name and namespace against the resources"}
	}
	return nil
}

func remoteName(name string) string {
	if name == "" {
		return "there "
	}
	return name + " "
}

func shown(folder string) string {
	if folder == "" {
		return "the root folder"
	}
	return folder
}

// nameFor is how a kustomization names a path.
func (v *view) nameFor(kust, target string) string {
	e := v.files[kust]
	if e == nil {
		return ""
	}
	for _, name := range e.kustomization().names {
		if path.Join(path.Dir(kust), name) == target {
			return name
		}
	}
	return ""
}

// userOf finds the kustomization that names a path, and how.
func (v *view) userOf(target string) (kust, name string) {
	for _, kust := range v.kusts {
		if name := v.nameFor(kust, target); name != "" {
			return kust, name
		}
	}
	return "", ""
}

// yamlProblem reads a file again as a whole: upstream counts lines within one document.
func (v *view) yamlProblem(file, otherwise string) (line int, what string) {
	e := v.files[file]
	if e == nil {
		return 0, otherwise
	}
	decoder := yaml.NewDecoder(strings.NewReader(strings.ReplaceAll(string(e.content), "\r\n", "\n")))
	for {
		var value any
		err := decoder.Decode(&value)
		if err == nil {
			continue
		}
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
			fmt.Sscanf(m[1], "%d", &line)
			return line, m[2]
		}
		if m := regexp.MustCompile(`(?m)^\s*line (\d+): (.*)$`).FindStringSubmatch(err.Error()); m != nil {
			fmt.Sscanf(m[1], "%d", &line)
			return line, m[2]
		}
		if m := yamlError.FindStringSubmatch(err.Error()); m != nil {
			return 0, m[1]
		}
		return 0, otherwise
	}
}

func columnOf(e *entry, line int) int {
	if e == nil || line < 1 {
		return 0
	}
	lines := strings.Split(string(e.content), "\n")
	if line > len(lines) {
		return 0
	}
	return len(lines[line-1]) - len(strings.TrimLeft(lines[line-1], " ")) + 1
}

func yamlHint(what string) string {
	switch {
	case strings.Contains(what, "cannot start any token"):
		return "indent with spaces: YAML allows no tabs, and no @ or ` at the start of a value"
	case strings.Contains(what, "already defined"):
		return "remove one of the two keys"
	case strings.Contains(what, "control characters"), strings.Contains(what, "UTF-8"), strings.Contains(what, "invalid leading"), strings.Contains(what, "trailing UTF"):
		return "this is not text in UTF-8; a binary file belongs in a configMapGenerator, not under resources"
	}
	return ""
}

func goType(name string) string {
	switch {
	case strings.HasPrefix(name, "[]"):
		return "list"
	case strings.HasPrefix(name, "map["), strings.HasPrefix(name, "types."):
		return "mapping"
	case strings.HasPrefix(name, "int"):
		return "number"
	}
	return name
}

// shorten takes upstream's dumps of objects and configurations out of an error.
func shorten(text string) string {
	text = dumped.ReplaceAllString(text, "")
	text = strings.ReplaceAll(strings.ReplaceAll(text, mount+"/", ""), mount, ".")
	text = regexp.MustCompile(`(?s)^(accumulating resources: )+`).ReplaceAllString(text, "")
	return strings.TrimSpace(text)
}

// redact takes every secret value that the render read out of a text.
func (v *view) redact(text string) string {
	var values []string
	add := func(n *yaml.Node) {
		for _, part := range append(strings.Split(n.Value, "\n"), n.Value) {
			values = append(values, strings.TrimSpace(part))
			if _, value, ok := strings.Cut(part, "="); ok {
				values = append(values, strings.Trim(value, `'"`))
			}
		}
		if raw, err := base64.StdEncoding.DecodeString(n.Value); err == nil {
			values = append(values, string(raw))
		}
	}
	var scalars func(n *yaml.Node)
	scalars = func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode {
			add(n)
		}
		for _, c := range n.Content {
			scalars(c)
		}
	}
	for file, e := range v.files {
		for _, doc := range parseNodes(e.content) {
			if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
				continue
			}
			fields := doc.Content[0].Content
			isSecret := slices.ContainsFunc(fields, func(n *yaml.Node) bool { return n.Value == "Secret" })
			for i := 0; i+1 < len(fields); i += 2 {
				name := fields[i].Value
				if isSecret && (name == "data" || name == "stringData") || isKustomization(file) && name == "secretGenerator" {
					scalars(fields[i+1])
				}
			}
		}
	}
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	for _, value := range values {
		if len(value) >= 4 {
			text = strings.ReplaceAll(text, value, "[redacted]")
		}
	}
	return text
}
