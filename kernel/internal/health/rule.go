package health

import (
	"fmt"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/util/version"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
)

// Fault is what is wrong with an expression, and where in it: lines begin at 1, columns at 0.
type Fault struct {
	Expression string `json:"expression"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	What       string `json:"what"`
	Hint       string `json:"hint,omitempty"`
}

// rule has the programs in the order in which they are asked.
type rule struct {
	faults   []Fault
	programs []program
}

type program struct {
	name string
	ast  *cel.Ast
	cel.Program
}

// whole is the variable for kinds with other fields than most.
const whole = "object"

var (
	texts  = []string{"apiVersion", "kind"}
	fields = []string{"metadata", "spec", "status", "data"}
)

var hint = fmt.Sprintf("the variables are %s, %s, and %s for all of it",
	strings.Join(texts, ", "), strings.Join(fields, ", "), whole)

// variables is the environment of an API server, so what a guard may call can be called here.
var variables = sync.OnceValues(func() (*cel.Env, error) {
	options := []cel.EnvOption{cel.Variable(whole, cel.DynType)}
	for _, name := range texts {
		options = append(options, cel.Variable(name, cel.StringType))
	}
	for _, name := range fields {
		options = append(options, cel.Variable(name, cel.DynType))
	}
	base := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
	own, err := base.Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0), EnvOptions: options,
	})
	if err != nil {
		return nil, err
	}
	return own.Env(environment.NewExpressions)
})

func compiled(e Expressions) *rule {
	r := &rule{faults: []Fault{}}
	r.add("inProgress", e.InProgress)
	r.add("failed", e.Failed)
	r.add("current", e.Current)
	return r
}

func (r *rule) add(name, text string) {
	if text == "" {
		return
	}
	fault := func(line, column int, what, hint string) {
		r.faults = append(r.faults, Fault{name, line, column, what, hint})
	}
	env, err := variables()
	if err != nil {
		fault(1, 0, err.Error(), "")
		return
	}
	ast, issues := env.Compile(text)
	for _, issue := range issues.Errors() {
		what, advice := strings.TrimSuffix(issue.Message, " (in container '')"), ""
		if strings.HasPrefix(what, "undeclared reference") {
			advice = hint
		}
		fault(issue.Location.Line(), issue.Location.Column(), what, advice)
	}
	if issues.Err() != nil {
		return
	}
	if t := ast.OutputType(); !t.IsExactType(cel.BoolType) && !t.IsExactType(cel.DynType) {
		fault(1, 0, fmt.Sprintf("it gives %s, and not true or false", t), "compare it with something")
		return
	}
	made, err := env.Program(ast, cel.InterruptCheckFrequency(celconfig.CheckFrequency),
		cel.CostTracking(&library.CostEstimator{}))
	if err != nil {
		fault(1, 0, err.Error(), "")
		return
	}
	r.programs = append(r.programs, program{name, ast, made})
}
