package messages_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"reconciler/kernel/internal/tree/treetest"
)

// The kustomizations that cannot be rendered are those of tests/render/test_bad_input.py, which
// says how they are written.
const badInput = "../../../tests/render/bad_input"

// notUTF8 cannot be written among the others.
var notUTF8 = badCase{"generators: an env file that is not UTF-8", treetest.Files{
	"app/kustomization.yaml": "secretGenerator:\n- name: c\n  envs: [a.env]\n",
	"app/a.env":              "a=hunter2-hunter2\nb=\xff\n",
}}

// The objects that a case has which brings none, as the test in Python has them.
var objects = treetest.Files{
	"app/config.yaml": `apiVersion: v1
kind: ConfigMap
metadata:
  name: config
data:
  password: hunter2-hunter2
`,
	"app/web.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: web
        image: nginx:1
        env:
        - name: PASSWORD
          value: hunter2-hunter2
`,
}

// refused are the cases in which something is not even read: upstream has no part in them.
var refused = regexp.MustCompile(`Git LFS`)

type badCase struct {
	name  string
	files treetest.Files
}

var (
	errorLine = regexp.MustCompile(`(?m)^>>> .*\n`)
	fileLine  = regexp.MustCompile(`(?m)^--- (\S+)\n`)
)

func badCases(t *testing.T) []badCase {
	all := []badCase{notUTF8}
	names, err := filepath.Glob(badInput + "/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases in %s: %v", badInput, err)
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		topic := strings.TrimSuffix(filepath.Base(name), ".txt")
		for _, text := range strings.Split(string(content), "=== ")[1:] {
			title, rest, _ := strings.Cut(text, "\n")
			if !errorLine.MatchString(rest) || refused.MatchString(title) {
				continue
			}
			body := errorLine.Split(rest, 2)[0]
			all = append(all, badCase{topic + ": " + title, filesIn(body)})
		}
	}
	return all
}

func filesIn(body string) treetest.Files {
	files := treetest.Files{}
	marks := fileLine.FindAllStringSubmatchIndex(body, -1)
	for i, m := range marks {
		end := len(body)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		content := body[m[1]:end]
		if content != "" {
			content = strings.TrimRight(content, "\n") + "\n"
		}
		files[path.Join("app", body[m[2]:m[3]])] = content
	}
	if _, notAFolder := files["app"]; notAFolder || !hasKustomization(files) {
		return files
	}
	for name, content := range objects {
		if _, own := files[name]; !own {
			files[name] = content
		}
	}
	return files
}

func hasKustomization(files treetest.Files) bool {
	for name := range files {
		if strings.HasPrefix(name, "app/k") {
			return true
		}
	}
	return false
}
