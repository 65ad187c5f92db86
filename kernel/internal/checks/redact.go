package checks

import (
	"encoding/base64"
	"slices"
	"strings"
)

// Shorter values would take words out of a message that have nothing to do with them.
const shortestSecret = 4

// redacted takes the values of all Secrets in a manifest out of what is said about it.
func redacted(found []Finding, objects []*object) []Finding {
	values := secretValues(objects)
	if len(values) == 0 {
		return found
	}
	for i := range found {
		for _, value := range values {
			found[i].What = strings.ReplaceAll(found[i].What, value, "[redacted]")
			found[i].Hint = strings.ReplaceAll(found[i].Hint, value, "[redacted]")
		}
	}
	return found
}

func secretValues(objects []*object) (values []string) {
	add := func(value string) {
		for line := range strings.Lines(value) {
			values = append(values, strings.TrimSpace(line))
		}
		values = append(values, value)
	}
	for _, o := range objects {
		if o.gvk.Kind != "Secret" || o.gvk.Group != "" {
			continue
		}
		for _, field := range []string{"data", "stringData"} {
			texts(o.value[field], func(value string) {
				add(value)
				if raw, err := base64.StdEncoding.DecodeString(value); err == nil {
					add(string(raw))
				}
			})
		}
	}
	values = slices.DeleteFunc(values, func(v string) bool { return len(v) < shortestSecret })
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(values)
}

// texts visits every text below a value.
func texts(value any, visit func(string)) {
	switch v := value.(type) {
	case string:
		visit(v)
	case []any:
		for _, below := range v {
			texts(below, visit)
		}
	case map[string]any:
		for _, below := range v {
			texts(below, visit)
		}
	}
}
