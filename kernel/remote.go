package main

import (
	"path"
	"regexp"
	"strings"

	"sigs.k8s.io/kustomize/api/resource"
)

// remote is what upstream reads out of a URL that names a folder in a repository.
type remote struct{ repo, path, ref string }

// Upstream's parser is not exported, but it fills in where an object comes from.
func parseRemote(text string) *remote {
	if !strings.ContainsAny(text, "@:") && !strings.HasPrefix(strings.ToLower(text), "github.com/") {
		return nil
	}
	origin := (&resource.Origin{}).Append(text)
	if origin.Repo == "" {
		return nil
	}
	found := &remote{origin.Repo, path.Clean(origin.Path), origin.Ref}
	if found.path == unnamed && !strings.Contains(text, unnamed) {
		found.path = ""
	}
	return found
}

// unnamed is what upstream takes a repository's top folder for.
const unnamed = "notCloned"

// String is the one way to write this that the tree knows: REPOSITORY//FOLDER?ref=REF.
func (r *remote) String() string {
	text := r.repo + "//" + r.path
	if r.ref != "" {
		text += "?ref=" + r.ref
	}
	return text
}

// password finds one beside a user, or a token in the user's place.
var password = regexp.MustCompile(`^((?i:git::)?[a-zA-Z]+://)([^/@:]*:[^/@]*|[^/@]{24,})@`)

// hasPassword holds for what must not come into a message or a cache.
func hasPassword(text string) bool { return password.MatchString(text) }

func withoutPassword(text string) string { return password.ReplaceAllString(text, "$1") }

// isFile holds for the URL of a single file, which upstream downloads.
func (r *remote) isFile() bool {
	switch path.Ext(r.path) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}
