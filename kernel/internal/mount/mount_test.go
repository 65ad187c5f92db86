package mount

import "testing"

func TestAPathOfTheTreeComesBackFromWhereItIsMounted(t *testing.T) {
	for _, at := range []string{"", "app", "app/kustomization.yaml", ".../x", "a b"} {
		if back, refusal := Relative(Absolute(at)); back != at || refusal != nil {
			t.Errorf("%q came back as %q: %v", at, back, refusal)
		}
	}
}

func TestNothingLeadsOutOfTheTree(t *testing.T) {
	for _, name := range []string{"/", "/etc/passwd", Root + "/..", Root + "/a/../../etc", Root + "x", "app", Root + "/a\x00b"} {
		if at, refusal := Relative(name); refusal == nil {
			t.Errorf("%q leads to %q", name, at)
		}
	}
}

func TestACommitIsKnownByItsNumber(t *testing.T) {
	for number, inside := range []string{"", "base", "base/kustomization.yaml"} {
		at, refusal := Relative(OfCommit(number) + "/" + inside)
		if refusal != nil {
			t.Fatal(refusal)
		}
		if n, rest, ok := Commit(at); !ok || n != number || rest != inside {
			t.Errorf("%q is %q of %d", at, rest, n)
		}
	}
	if _, at, ok := Commit("app"); ok || at != "app" {
		t.Errorf("the tree's own path is %q of a commit", at)
	}
}
