package process

import (
	"errors"
	"sort"
	"testing"
)

func TestAPanicIsOfWhoseCodeItBeganIn(t *testing.T) {
	for name, c := range map[string]struct {
		work     func()
		upstream bool
	}{
		"ours":     {func() { _ = []int{}[len(name())] }, false},
		"not ours": {func() { sort.Sort(nil) }, true},
		"a word":   {func() { panic("no error") }, false},
	} {
		_, err := Contained(func() (int, error) { c.work(); return 0, nil })
		var died *Crash
		if !errors.As(err, &died) || died.Upstream != c.upstream || died.Stack == "" {
			t.Errorf("%s: %#v", name, err)
		}
	}
}

func name() string { return "kernel" }

func TestAnErrorThatIsPanickedWithIsAnOrdinaryOne(t *testing.T) {
	expected := errors.New("upstream has no other way to say this")
	if _, err := Contained(func() (int, error) { panic(expected) }); err != expected {
		t.Errorf("%v", err)
	}
}
