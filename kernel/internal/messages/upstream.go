package messages

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"reconciler/kernel/internal/mount"
)

// How upstream writes its errors: quotes around errors within errors, dumps, and long lines.

var wrapped = regexp.MustCompile(`(accumulateDirectory|loader\.New): ("(?:[^"\\]|\\.)*")`)

// unquoted takes off the quotes that upstream puts around what is wrong in a component.
func unquoted(text string) string {
	return wrapped.ReplaceAllStringFunc(text, func(quotes string) string {
		m := wrapped.FindStringSubmatch(quotes)
		if inside, err := strconv.Unquote(m[2]); err == nil {
			return m[1] + ": " + unquoted(inside)
		}
		return quotes
	})
}

var mounts = regexp.MustCompile(`(\.\./)*` + path.Base(mount.Root) + `\.\d+/?`)

var dumps = regexp.MustCompile("(?s)with config: `.*`: |map\\[string\\]interface \\{\\}\\{.*\\}|\\*\\*\\*\\* Too many possible.*|" +
	`(in object|patch) (apiVersion|kind|metadata):.*|in object \\{\\{.*|, found \d+ in \[.*\]|node contents:.*|&?\{0x.*?\}|\[\{"apiVersion".*|\[\d+( \d+)+\]|\[patch: ".*"\]`)

// shorten takes upstream's dumps of objects and configurations out of an error, and its folding.
func shorten(text string) string {
	text = dumps.ReplaceAllString(text, "")
	text = mounts.ReplaceAllString(text, "")
	text = strings.ReplaceAll(strings.ReplaceAll(text, mount.Root+"/", ""), mount.Root, ".")
	for strings.HasPrefix(text, "accumulating resources: ") {
		text = strings.TrimPrefix(text, "accumulating resources: ")
	}
	return strings.Join(strings.Fields(text), " ")
}
