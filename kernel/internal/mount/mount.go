// Package mount is where upstream finds a tree: the absolute paths of what is in it, and in the
// commits that are pinned.
package mount

import (
	"crypto/rand"
	"fmt"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"reconciler/kernel/internal/wire"
)

// Root is where the tree is mounted: where no path can lead by its own text. A path that climbs
// out of the tree, or of a pinned commit, is seen to.
var Root = "/.tree-" + rand.Text()

// TwoDots stands for two dots inside of a name: upstream refuses them in paths, but not in URLs.
var TwoDots = path.Base(Root) + "-"

const outsideHint = "name something inside the repository, or render with a --root that holds both"

// Relative is the path inside the tree, or a refusal: "" is the tree itself, and what is in
// a pinned commit begins with ../ and where that is mounted.
func Relative(name string) (string, *wire.Failure) {
	if strings.Contains(name, "\x00") {
		return "", wire.Fail("outside", "", "no name holds the character NUL", "take it out")
	}
	name = strings.ReplaceAll(filepath.Clean(name), TwoDots, "..")
	if name == Root {
		return "", nil
	}
	if inside, ok := strings.CutPrefix(name, Root+"/"); ok {
		return inside, nil
	}
	if strings.HasPrefix(name, Root+".") {
		return ".." + name, nil
	}
	return "", wire.Fail("outside", "", "this leads out of the tree that is rendered", outsideHint)
}

// Place is where in the tree an absolute path is, as far as it is there at all.
func Place(name string) string {
	at, _ := Relative(name)
	return at
}

// Absolute is the inverse of Relative.
func Absolute(at string) string { return path.Join(Root, at) }

// OfCommit is the absolute path of a pinned commit, by the number of its pin: beside the tree.
// Nobody can name it, so nothing but a pin leads into a commit, and nothing leads out of it.
func OfCommit(number int) string { return fmt.Sprintf("%s.%d", Root, number) }

// Commit is the inverse of OfCommit: for a path that Relative gave, the number of the pin whose
// commit it is in, and where in there; ok is false for the tree's own.
func Commit(at string) (number int, inside string, ok bool) {
	rest, found := strings.CutPrefix(at, ".."+Root+".")
	if !found {
		return 0, at, false
	}
	text, inside, _ := strings.Cut(rest, "/")
	number, err := strconv.Atoi(text)
	if err != nil {
		return 0, at, false
	}
	return number, inside, true
}
