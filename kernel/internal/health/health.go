// Package health judges objects of custom kinds by expressions in CEL, one for each state.
package health

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"sync"

	kjson "sigs.k8s.io/json"
)

const keptRules = 256

// Expressions are true of an object in that state; all but Current may be left out.
type Expressions struct {
	InProgress string `json:"inProgress,omitempty"`
	Failed     string `json:"failed,omitempty"`
	Current    string `json:"current"`
}

// Result is what is wrong with the expressions, or else what they say of each object.
type Result struct {
	Faults   []Fault   `json:"faults"`
	Verdicts []Verdict `json:"verdicts"`
}

// Library keeps expressions as programs, by what is written in them.
type Library struct {
	mu    sync.Mutex
	rules map[[32]byte]func() *rule
}

func NewLibrary() *Library { return &Library{rules: map[[32]byte]func() *rule{}} }

// Judge says how each object of a list in JSON is.
func (l *Library) Judge(ctx context.Context, e Expressions, list []byte) (*Result, error) {
	var objects []map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(list, &objects); err != nil {
		return nil, err
	}
	r, err := l.rule(e)
	if err != nil {
		return nil, err
	}
	result := &Result{Faults: r.faults, Verdicts: []Verdict{}}
	if len(r.faults) > 0 {
		return result, nil
	}
	for _, o := range objects {
		v, err := r.judge(ctx, o)
		if err != nil {
			return nil, err
		}
		result.Verdicts = append(result.Verdicts, v)
	}
	return result, nil
}

func (l *Library) rule(e Expressions) (*rule, error) {
	text, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return l.kept(sha256.Sum256(text), func() *rule { return compiled(e) })(), nil
}

func (l *Library) kept(key [32]byte, make func() *rule) func() *rule {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rules[key] == nil {
		if len(l.rules) >= keptRules {
			clear(l.rules)
		}
		l.rules[key] = sync.OnceValue(make)
	}
	return l.rules[key]
}
