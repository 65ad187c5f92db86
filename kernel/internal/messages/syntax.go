package messages

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	yamlv2 "go.yaml.in/yaml/v2"
	"go.yaml.in/yaml/v3"
)

// flaw is where a text stops being YAML, and why.
type flaw struct {
	line, column int
	what, hint   string
}

const (
	maxSearched = 64 << 10 // of a larger document only the line is told
	maxBack     = 60       // lines that a construct may have been open for
	maxWidth    = 400
)

var yamlMessage = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`)

// flawIn finds what is wrong with one document; nil if nothing is.
func flawIn(text []byte) *flaw {
	err := yaml.Unmarshal(text, &yaml.Node{})
	if err == nil {
		return nil
	}
	m := yamlMessage.FindStringSubmatch(err.Error())
	if m == nil {
		return &flaw{what: "this is not YAML"}
	}
	found := &flaw{what: m[2], hint: lookAround}
	for _, known := range flaws {
		if known.pattern.MatchString(found.what) {
			found.what, found.hint = known.pattern.ReplaceAllString(found.what, known.what), known.hint
			break
		}
	}
	switch {
	case strings.HasPrefix(m[2], "unknown anchor"):
		_, name, _ := strings.Cut(m[2], "'")
		name, _, _ = strings.Cut(name, "'")
		found.line, found.column = position(text, regexp.MustCompile(`\*`+regexp.QuoteMeta(name)+`(?:[\s,:\]}]|$)`).FindIndex(text))
	case !utf8.Valid(text) || unprintable.Match(text):
		found.line, found.column = position(text, firstStrange(text))
	default:
		found.line, found.column = beginning(text)
		found.explainCharacter(text)
	}
	return found
}

// explainCharacter says which character it is that cannot begin a value.
func (f *flaw) explainCharacter(text []byte) {
	if !strings.HasPrefix(f.what, cannotBegin) {
		return
	}
	line := bytes.SplitAfter(text, []byte("\n"))[f.line-1]
	switch rest := string([]rune(string(line))[f.column-1:]); {
	case strings.HasPrefix(rest, "\t"):
		f.what, f.hint = "a tab, and YAML is indented with spaces only", "replace the tab by spaces"
	case rest != "" && strings.Contains("@`%", rest[:1]):
		f.what, f.hint = "a value begins with "+rest[:1]+", which YAML keeps for itself", "put the value in quotes"
	}
}

const cannotBegin = "a value or an indentation begins with a character that YAML does not allow there"

const lookAround = "check the indentation, and the quotes and brackets in the lines above"

// Reworded where the parser's words do not help, and never quoting the text: it may be secret.
var flaws = []struct {
	pattern    *regexp.Regexp
	what, hint string
}{
	{regexp.MustCompile(`.*(cannot start any token|tab character).*`), cannotBegin,
		"indent with spaces and not with tabs; put a value that begins with @ or ` in quotes"},
	{regexp.MustCompile(`mapping values are not allowed.*`), "a second “: ” in one value", "put the value in quotes, or correct the indentation"},
	{regexp.MustCompile(`could not find expected ':'`), "a line without a “:”", "write key: value, and check the indentation"},
	{regexp.MustCompile(`did not find expected (key|'-' indicator|whitespace.*|comment or line break)|(block sequence entries|mapping keys) are not allowed.*`), "this does not fit what stands before it", lookAround},
	{regexp.MustCompile(`did not find expected <document start>`), "the document has ended, and something follows", lookAround + "; a new document begins with ---"},
	{regexp.MustCompile(`found unexpected document indicator`), "a quote is not closed where the document ends", "close it, or put the value in the other kind of quotes"},
	{regexp.MustCompile(`did not find expected alphabetic or numeric character`), "a * or & without a name after it", "put a value that begins with * or & in quotes"},
	{regexp.MustCompile(`.*(incompatible YAML document|directive.*|version number|digit or '\.' character|non-alphabetical character)`), "a line that begins with % is no directive that is known", "remove it, or put a value that begins with % in quotes"},
	{regexp.MustCompile(`did not find (expected tag URI|expected '!'|the expected '>'|URI escaped octet)`), "a tag (!) that is not complete", "put a value that begins with ! in quotes"},
	{regexp.MustCompile(`found an indentation indicator equal to 0`), "a text cannot be indented by 0", "write | or > alone"},
	{regexp.MustCompile(`did not find expected ',' or '(.)'`), "a bracket is not closed with “$1”", "close it, and put commas between what it holds; a text that begins with a bracket needs quotes"},
	{regexp.MustCompile(`did not find expected node content`), "a bracket is opened, and what follows is not a value", "complete what it holds, and close it"},
	{regexp.MustCompile(`.*unexpected end of stream`), "a quote is not closed", "close it, or put the value in the other kind of quotes"},
	{regexp.MustCompile(`unknown anchor.*`), "an alias (*) without its anchor (&)", "define the anchor in the same document, or put a value that begins with * in quotes"},
	{regexp.MustCompile(`.*(unknown escape character|hexdecimal number|Unicode character escape code)`), "an escape (\\) that YAML does not know", "double the backslash, or use single quotes"},
	{regexp.MustCompile(`exceeded max depth.*`), "values are nested more than 10,000 deep", "look at what generated this file: no manifest is nested so deeply"},
	{regexp.MustCompile(`control characters.*|.*UTF-?(8|16).*|.*Unicode.*|invalid.*octet.*`), "this is not text in UTF-8, or holds control characters",
		"save it as UTF-8; binary files belong in a configMapGenerator, which names them under files"},
}

var unprintable = regexp.MustCompile(`[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]`)

func firstStrange(text []byte) []int {
	at := unprintable.FindIndex(text)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			if at == nil || i < at[0] {
				at = []int{i, i + 1}
			}
			break
		}
		i += size
	}
	return at
}

func position(text []byte, at []int) (line, column int) {
	if at == nil {
		return 0, 0
	}
	before := text[:at[0]]
	begin := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[begin:]) + 1
}

// beginning finds where the trouble starts: after the longest beginning of the text that can
// be read. The parser itself says only a line, and often the one where it gave up.
func beginning(text []byte) (line, column int) {
	lines := bytes.SplitAfter(text, []byte("\n"))
	told := min(parserLine(text), len(lines))
	gaveUp := min(told+1, len(lines)) // it counts from 0 in some messages
	if len(text) > maxSearched {
		return told, indentation(lines[told-1])
	}
	reads := func(n int) bool { return yaml.Unmarshal(text[:n], &yaml.Node{}) == nil }
	end := 0
	for _, l := range lines[:gaveUp] {
		end += len(l)
	}
	for line = gaveUp; line > 0 && line > gaveUp-maxBack; line-- {
		l := lines[line-1]
		end -= len(l)
		if !reads(end) {
			continue
		}
		good := min(len(l), maxWidth)
		for good > 0 && !reads(end+good) {
			good--
		}
		for good < len(l)-1 && l[good] == ' ' {
			good++
		}
		opened := good < len(l) && (l[good] == '{' || l[good] == '[')
		if opened && line < gaveUp-2 { // what is wrong is inside of the bracket
			break
		}
		return line, utf8.RuneCount(l[:good]) + 1
	}
	return told, indentation(lines[told-1])
}

// parserLine is where the parser says that it gave up.
func parserLine(text []byte) int {
	var value any
	err := yamlv2.Unmarshal(text, &value)
	if err == nil {
		err = yaml.Unmarshal(text, &yaml.Node{})
	}
	m := yamlMessage.FindStringSubmatch(err.Error())
	if m == nil || m[1] == "" {
		return 1
	}
	line := 0
	for _, c := range m[1] {
		line = line*10 + int(c-'0')
	}
	return max(line, 1)
}

func indentation(line []byte) int {
	return len(line) - len(bytes.TrimLeft(line, " ")) + 1
}
