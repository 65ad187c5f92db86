// Package pins is about the commits that kustomizations name by URL: what a URL means, where the
// commit is mounted, and what upstream reads and says instead.
package pins

import (
	"path"
	"regexp"
	"strings"

	"sigs.k8s.io/kustomize/api/resource"
)

// Remote is what upstream reads out of a URL that names a folder in a repository.
type Remote struct{ Repo, Path, Ref string }

// ParseRemote reads a URL. Upstream's parser is not exported, but it fills in where an object comes from.
func ParseRemote(text string) *Remote {
	if !strings.ContainsAny(text, "@:") && !strings.HasPrefix(strings.ToLower(text), "github.com/") {
		return nil
	}
	origin := (&resource.Origin{}).Append(text)
	if origin.Repo == "" {
		return nil
	}
	found := &Remote{origin.Repo, path.Clean(origin.Path), origin.Ref}
	if found.Path == unnamed && !strings.Contains(text, unnamed) {
		found.Path = ""
	}
	return found
}

// unnamed is what upstream takes a repository's top folder for.
const unnamed = "notCloned"

// String is the one way to write this that the tree knows: REPOSITORY//FOLDER?ref=REF.
func (r *Remote) String() string {
	text := r.Repo + "//" + r.Path
	if r.Ref != "" {
		text += "?ref=" + r.Ref
	}
	return text
}

// password finds one beside a user, or a token in the user's place.
var password = regexp.MustCompile(`^((?i:git::)?[a-zA-Z]+://)([^/@:]*:[^/@]*|[^/@]{24,})@`)

// HasPassword holds for what must not come into a message or a cache.
func HasPassword(text string) bool { return password.MatchString(text) }

// WithoutPassword takes it out.
func WithoutPassword(text string) string { return password.ReplaceAllString(text, "$1") }

// IsFile holds for the URL of a single file, which upstream downloads.
func (r *Remote) IsFile() bool {
	switch path.Ext(r.Path) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}
