package health

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func judged(t *testing.T, e Expressions, object string) *Result {
	t.Helper()
	result, err := NewLibrary().Judge(context.Background(), e, []byte("["+object+"]"))
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestTheFirstExpressionThatIsTrueCounts(t *testing.T) {
	phases := Expressions{
		InProgress: "status.phase == 'Pending'", Failed: "status.phase == 'Broken'", Current: "status.phase == 'Ready'",
	}
	ready := Expressions{Current: "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')"}
	for _, c := range []struct {
		name        string
		expressions Expressions
		object      string
		want        Verdict
	}{
		{"current", phases, `{"status": {"phase": "Ready"}}`, Verdict{Holds: "current"}},
		{"failed", phases, `{"status": {"phase": "Broken"}}`, Verdict{Holds: "failed"}},
		{"in progress", phases, `{"status": {"phase": "Pending"}}`, Verdict{Holds: "inProgress"}},
		{"none", phases, `{"status": {"phase": "Odd"}}`, Verdict{}},
		{"no phase", phases, `{"status": {}}`, Verdict{Missing: []string{"status.phase"}}},
		{"no status", Expressions{Current: "status.phase == 'Ready'"}, `{}`, Verdict{Missing: []string{"status.phase"}}},
		{"asked whether there is one", Expressions{Current: "!has(status.phase)"}, `{}`, Verdict{Holds: "current"}},
		{"deep", Expressions{Current: "status.sync.phase == 'Ready'"}, `{"status": {}}`, Verdict{Missing: []string{"status.sync"}}},
		{"no item", Expressions{Current: "status.conditions[0].type == 'Ready'"}, `{"status": {"conditions": []}}`, Verdict{Missing: []string{"item 0"}}},
		{"in a key", Expressions{Current: "status['sync'] == 'Ready'"}, `{"status": {}}`, Verdict{Missing: []string{"sync"}}},
		{"in a loop", ready, `{"status": {"conditions": [{"type": "Ready"}]}}`, Verdict{Missing: []string{"e.status"}}},
		{"in a list", ready, `{"status": {"conditions": [{"type": "Ready", "status": "True"}]}}`, Verdict{Holds: "current"}},
		{"numbers", Expressions{Current: "status.ready >= spec.size && status.share == 0.5"}, `{"spec": {"size": 2}, "status": {"ready": 2, "share": 0.5}}`, Verdict{Holds: "current"}},
		{"another field", Expressions{Current: "size(object.rules) == 1"}, `{"rules": [1]}`, Verdict{Holds: "current"}},
		{"a truth value", Expressions{Current: "status.ready"}, `{"status": {"ready": true}}`, Verdict{Holds: "current"}},
		{"no truth value", Expressions{Current: "status.ready"}, `{"status": {"ready": "yes"}}`, Verdict{Failing: "current", Why: "it gives string, and not true or false"}},
		{"another type", Expressions{Failed: "status.phase > 3", Current: "true"}, `{"status": {"phase": "Ready"}}`, Verdict{Failing: "failed", Why: "no such overload"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			result := judged(t, c.expressions, c.object)
			if len(result.Faults) > 0 || !reflect.DeepEqual(result.Verdicts, []Verdict{c.want}) {
				t.Errorf("%+v", result)
			}
		})
	}
}

func TestAnExpressionThatDoesNotCompileIsSaidToWithItsPlace(t *testing.T) {
	for _, c := range []struct {
		text         string
		line, column int
		what         string
	}{
		{"status.phase ==", 1, 15, "Syntax error: mismatched input '<EOF>'"},
		{"has(status.phase) &&\n  statu.phase == 'Ready'", 2, 2, "undeclared reference to 'statu'"},
		{"kind", 1, 0, "it gives string, and not true or false"},
		{"size(kind) == 'a'", 1, 11, "found no matching overload for '_==_'"},
		{"kind.matches('(')", 1, 13, "invalid matches argument"},
	} {
		result := judged(t, Expressions{Failed: c.text, Current: "true"}, "{}")
		if len(result.Faults) == 0 || len(result.Verdicts) > 0 {
			t.Fatalf("%s: %+v", c.text, result)
		}
		f := result.Faults[0]
		if f.Expression != "failed" || f.Line != c.line || f.Column != c.column || !strings.HasPrefix(f.What, c.what) {
			t.Errorf("%s: %+v", c.text, f)
		}
	}
}

func TestAnExpressionMayNotCostMoreThanOneOfAGuard(t *testing.T) {
	within := "status.all.all(%, X)"
	text := "true"
	for _, name := range strings.Split("fedcba", "") {
		text = strings.Replace(strings.Replace(within, "%", name, 1), "X", text, 1)
	}
	numbers := make([]int, 20)
	all, err := json.Marshal(map[string]any{"status": map[string]any{"all": numbers}})
	if err != nil {
		t.Fatal(err)
	}
	v := judged(t, Expressions{Current: text}, string(all)).Verdicts[0]
	if v.Failing != "current" || !strings.Contains(v.Why, "cost limit exceeded") {
		t.Errorf("%+v", v)
	}
}
