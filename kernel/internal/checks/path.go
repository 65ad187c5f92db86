package checks

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// A path reads as a person writes it: spec.containers[0].env, metadata.annotations[a/b].

var plainName = regexp.MustCompile(`^[\w$-]+$`)

func child(path, key string) string {
	switch {
	case !plainName.MatchString(key):
		return path + "[" + key + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

func item(path string, index int) string {
	return fmt.Sprintf("%s[%d]", path, index)
}

// at looks up what an object holds at a path that child and item have built, or kjson has.
func at(value any, path string) any {
	for path != "" && value != nil {
		var key string
		key, path = step(path)
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			var index int
			if _, err := fmt.Sscan(key, &index); err != nil || index < 0 || index >= len(v) {
				return nil
			}
			value = v[index]
		default:
			return nil
		}
	}
	return value
}

// step takes the first key off a path.
func step(path string) (key, rest string) {
	path = strings.TrimPrefix(path, ".")
	if inside, ok := strings.CutPrefix(path, "["); ok {
		key, rest, _ = strings.Cut(inside, "]")
		return key, rest
	}
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		return path, ""
	}
	return path[:end], path[end:]
}

// fieldPath drops what upstream calls a path that is none.
func fieldPath(e *field.Error) string {
	if e.Field == "<nil>" {
		return ""
	}
	return e.Field
}
