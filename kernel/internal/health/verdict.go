package health

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
)

// Verdict is the expression that is true of an object, if one is.
type Verdict struct {
	Holds   string   `json:"holds,omitempty"`
	Missing []string `json:"missing,omitempty"` // what expressions name, and the object does not have
	Failing string   `json:"failing,omitempty"` // the expression that could not be evaluated
	Why     string   `json:"why,omitempty"`
}

const noKey, noItem = "no such key: ", "index out of bounds: "

// judge asks one expression after the other. One that names what is not there is not true yet; one
// that cannot be evaluated for another reason ends it, since nobody knows what it would say.
func (r *rule) judge(ctx context.Context, object map[string]any) (v Verdict, err error) {
	given := input(object)
	for _, p := range r.programs {
		value, _, err := p.ContextEval(ctx, given)
		if ctx.Err() != nil {
			return v, ctx.Err()
		}
		if err != nil {
			missing := p.missing(err)
			if missing == "" {
				return Verdict{Failing: p.name, Why: err.Error()}, nil
			}
			if !slices.Contains(v.Missing, missing) {
				v.Missing = append(v.Missing, missing)
			}
			continue
		}
		switch value {
		case types.True:
			return Verdict{Holds: p.name}, nil
		case types.False:
		default:
			why := fmt.Sprintf("it gives %s, and not true or false", value.Type().TypeName())
			return Verdict{Failing: p.name, Why: why}, nil
		}
	}
	return v, nil
}

// input is an object as expressions see it: has(status.phase) may be asked before there is a status.
func input(object map[string]any) map[string]any {
	given := map[string]any{whole: object}
	for _, name := range texts {
		given[name], _ = object[name].(string)
	}
	for _, name := range fields {
		if given[name] = object[name]; object[name] == nil {
			given[name] = map[string]any{}
		}
	}
	return given
}

// missing is the field or the item that is not there, if that is what an error is about.
func (p program) missing(err error) string {
	said := err.Error()
	key, isKey := strings.CutPrefix(said, noKey)
	failed, located := err.(*types.Err)
	switch {
	case isKey && located:
		return pathOf(p.ast, failed.NodeID(), key)
	case strings.HasPrefix(said, noItem):
		return "item " + strings.TrimPrefix(said, noItem)
	}
	return ""
}

// pathOf is the field with this key as an expression names it: below the node that failed, or else
// wherever it is. A loop names no node of its own for what is missing in it.
func pathOf(of *cel.Ast, node int64, key string) string {
	root := ast.NavigateAST(of.NativeRep())
	isNode := func(e ast.NavigableExpr) bool { return e.ID() == node }
	for _, e := range append(ast.MatchDescendants(root, isNode), root) {
		if paths := pathsTo(e, key); len(paths) == 1 {
			return paths[0]
		}
	}
	return key
}

func pathsTo(within ast.Expr, key string) (found []string) {
	ast.PostOrderVisit(within, ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.SelectKind || e.AsSelect().FieldName() != key {
			return
		}
		if path := written(e); !slices.Contains(found, path) {
			found = append(found, path)
		}
	}))
	return found
}

func written(e ast.Expr) string {
	path := ""
	for ; e.Kind() == ast.SelectKind; e = e.AsSelect().Operand() {
		path = "." + e.AsSelect().FieldName() + path
	}
	if e.Kind() != ast.IdentKind {
		return strings.TrimPrefix(path, ".")
	}
	return e.AsIdent() + path
}
