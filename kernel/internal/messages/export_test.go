package messages

import "regexp"

// Patterns are what upstream is known to say.
func Patterns() (all []*regexp.Regexp) {
	for _, e := range explanations {
		all = append(all, e.pattern)
	}
	return all
}

// Unquoted is an error as the patterns see it.
var Unquoted = unquoted
