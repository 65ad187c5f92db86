package checks

import (
	"slices"
	"testing"
)

func TestEveryDefinitionThatIsBuiltInIsSound(t *testing.T) {
	index := wellKnown()
	if len(index.unread) < 70 {
		t.Fatalf("only %d definitions are built in", len(index.unread))
	}
	for _, d := range slices.Clone(index.unread) {
		made := d.compiled()
		if made == nil || made.from == "" || len(made.faults) > 0 {
			t.Errorf("%s: %+v", d.file, made)
		}
	}
}
