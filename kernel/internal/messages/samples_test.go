package messages_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/openapi"

	"reconciler/kernel/internal/messages"
	"reconciler/kernel/internal/mount"
	"reconciler/kernel/internal/process"
	"reconciler/kernel/internal/render"
	"reconciler/kernel/internal/tree"
	"reconciler/kernel/internal/tree/treetest"
	"reconciler/kernel/internal/wire"
)

// sample is what upstream says of a case, and what is made of it.
type sample struct{ upstream, sentence string }

// update has the table of the present release written again.
var update = os.Getenv("UPDATE") != ""

func TestMain(m *testing.M) {
	process.Confine()
	os.Exit(m.Run())
}

func TestUpstreamSaysWhatTheTableOfItsReleaseHas(t *testing.T) {
	release := pinnedRelease(t)
	found := samples(t)
	file := tableOf(release)
	if update {
		if err := os.WriteFile(file, []byte(table(found)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		t.Fatal(missingTable(t, release, found))
	} else if err != nil {
		t.Fatal(err)
	}
	if differing := differences(readTable(string(content)), found); differing != "" {
		t.Errorf("this is not what %s has; if it is as it should be, run UPDATE=1 go test ./internal/messages\n%s", file, differing)
	}
}

func TestEveryExplanationHasASample(t *testing.T) {
	found := samples(t)
	for _, pattern := range messages.Patterns() {
		known := false
		for _, s := range found {
			text := strings.ReplaceAll(s.upstream, placeholder, path.Base(mount.Root))
			known = known || pattern.MatchString(messages.Unquoted(text))
		}
		if !known {
			t.Errorf("upstream says this in no case of %s: %s", badInput, pattern)
		}
	}
}

var apiLine = regexp.MustCompile(`(?m)^\tsigs\.k8s\.io/kustomize/api (v\S+)`)

func pinnedRelease(t *testing.T) string {
	content, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	m := apiLine.FindSubmatch(content)
	if m == nil {
		t.Fatal("go.mod names no release of sigs.k8s.io/kustomize/api")
	}
	return string(m[1])
}

func tableOf(release string) string { return "testdata/kustomize-api-" + release + ".txt" }

// missingTable says what to do after a change of the release, and what has changed with it.
func missingTable(t *testing.T, release string, found map[string]sample) string {
	text := fmt.Sprintf("go.mod has sigs.k8s.io/kustomize/api %s, and there is no %s.\n", release, tableOf(release))
	others, _ := filepath.Glob(tableOf("*"))
	if len(others) == 0 {
		return text + "Run UPDATE=1 go test ./internal/messages, and read what it wrote."
	}
	last := others[len(others)-1]
	content, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	differing := differences(readTable(string(content)), found)
	if differing == "" {
		differing = "Every text and every sentence is the same.\n"
	}
	return text + "Put right what no longer fits here; then git mv " + last + " to that name, and run\n" +
		"UPDATE=1 go test ./internal/messages. Beside " + last + ":\n" + differing
}

// differences are the samples in which two tables are not the same.
func differences(expected, found map[string]sample) string {
	var text strings.Builder
	for _, name := range names(expected, found) {
		was, is := expected[name], found[name]
		if was == is {
			continue
		}
		fmt.Fprintf(&text, "\n=== %s\n", name)
		if was.upstream != is.upstream {
			fmt.Fprintf(&text, "upstream said:\n%s\nand says:\n%s\n", was.upstream, is.upstream)
		}
		if was.sentence != is.sentence {
			fmt.Fprintf(&text, "the sentence was:\n%s\nand is:\n%s\n", was.sentence, is.sentence)
		}
	}
	return text.String()
}

func names(tables ...map[string]sample) (all []string) {
	for _, t := range tables {
		all = slices.AppendSeq(all, maps.Keys(t))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// samples are those of all cases in which upstream has something to say.
func samples(t *testing.T) map[string]sample {
	found := map[string]sample{}
	for _, c := range badCases(t) {
		if s, ok := sampleOf(c.files); ok {
			found[c.name] = s
		}
	}
	return found
}

func sampleOf(files treetest.Files) (s sample, ok bool) {
	// A build that changes the schema has a process of its own outside of tests.
	defer openapi.ResetOpenAPI()
	req := &wire.Request{Op: "render", Path: "app", Alone: true}
	view := tree.NewView(context.Background(), treetest.Serve(files), render.Options(req))
	_, err := process.Contained(func() (*render.Output, error) { return render.Build(view, req) })
	if err == nil || view.Refusal() != nil {
		return sample{}, false
	}
	f := render.Why(view, err, req)
	return sample{stable(err.Error()), stable(sentence(f))}, true
}

func sentence(f *wire.Failure) string {
	where := f.File
	if f.Line > 0 {
		where += fmt.Sprintf(":%d:%d", f.Line, f.Column)
	}
	return where + ": " + f.What + "\nto do: " + f.Hint
}

const placeholder = ".tree"

var (
	pointer  = regexp.MustCompile(`0x[0-9a-f]{6,}`)
	lineEnds = regexp.MustCompile(`(?m)[ \t\r]+$`)
)

// stable leaves out what differs from one run to the next.
func stable(text string) string {
	text = strings.ReplaceAll(text, path.Base(mount.Root), placeholder)
	text = pointer.ReplaceAllString(text, "0x…")
	text = lineEnds.ReplaceAllString(strings.ToValidUTF8(text, "�"), "")
	return strings.TrimSpace(text)
}

// table is as tests/render/bad_input: after === a case, after <<< what upstream says of it, and
// after >>> the sentence.
func table(samples map[string]sample) string {
	var text strings.Builder
	for _, name := range names(samples) {
		s := samples[name]
		fmt.Fprintf(&text, "=== %s\n%s%s\n", name, marked("<<<", s.upstream), marked(">>>", s.sentence))
	}
	return strings.TrimSuffix(text.String(), "\n")
}

func marked(mark, text string) string {
	var all strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		all.WriteString(strings.TrimSuffix(mark+" "+line, " ") + "\n")
	}
	return all.String()
}

func readTable(content string) map[string]sample {
	found, name := map[string]sample{}, ""
	for line := range strings.Lines(content) {
		line = strings.TrimSuffix(line, "\n")
		mark, text, _ := strings.Cut(line, " ")
		s := found[name]
		switch mark {
		case "===":
			name = text
			continue
		case "<<<":
			s.upstream += text + "\n"
		case ">>>":
			s.sentence += text + "\n"
		default:
			continue
		}
		found[name] = s
	}
	for name, s := range found {
		found[name] = sample{strings.TrimSuffix(s.upstream, "\n"), strings.TrimSuffix(s.sentence, "\n")}
	}
	return found
}
