package main

import (
	"fmt"
	"reflect"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
)

// suggestion names the field of a kustomization that was probably meant.
func suggestion(name string) string {
	best, distance := "", 3
	visited := map[reflect.Type]bool{}
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || visited[t] {
			return
		}
		visited[t] = true
		for i := range t.NumField() {
			field := t.Field(i)
			known, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if d := edits(strings.ToLower(name), strings.ToLower(known)); known != "" && d < distance {
				best, distance = known, d
			}
			visit(field.Type)
		}
	}
	visit(reflect.TypeFor[types.Kustomization]())
	if best == "" {
		return "Kustomize has no such field; remove it"
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
