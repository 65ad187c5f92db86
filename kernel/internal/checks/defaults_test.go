package checks

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

const accepted = "../../../tests/checks/accepted.yaml"

// server is a real API server, which makes nothing: every request is a dry run.
type server struct{ url, token string }

func realServer(t *testing.T) server {
	s := server{os.Getenv("API_SERVER"), os.Getenv("API_TOKEN")}
	if s.url == "" {
		t.Skip("peer missing: API_SERVER names no API server")
	}
	return s
}

// create gives the object as the server would store it, or nil if it refuses.
func (s server) create(t *testing.T, o *object, value map[string]any) map[string]any {
	path := "/api/" + o.gvk.Version
	if o.gvk.Group != "" {
		path = "/apis/" + o.gvk.Group + "/" + o.gvk.Version
	}
	if namespaced(o.gvk.GroupKind()) {
		path += "/namespaces/default"
	}
	resource, _ := meta.UnsafeGuessKindToResource(o.gvk)
	body, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest("POST", s.url+path+"/"+resource.Resource+"?dryRun=All", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode >= 300 {
		return nil
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func acceptedObjects(t *testing.T) (all []*object) {
	content, err := os.ReadFile(accepted)
	if err != nil {
		t.Fatal(err)
	}
	for d := range documents("", content) {
		o := &object{}
		if f := o.read(d); f != nil {
			t.Fatal(f)
		}
		all = append(all, o)
	}
	return all
}

// without gives an object once for each of its fields, with that field left out.
func without(value any, give func(any)) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			smaller := maps.Clone(v)
			delete(smaller, key)
			give(smaller)
			without(v[key], func(below any) {
				changed := maps.Clone(v)
				changed[key] = below
				give(changed)
			})
		}
	case []any:
		for i := range v {
			without(v[i], func(below any) {
				changed := slices.Clone(v)
				changed[i] = below
				give(changed)
			})
		}
	}
}

type learned map[string]map[string]int // by type and field: what was put there, how many times

const nothing = "nothing"

func (l learned) compare(sent, got any, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(unmarshaler) || t == reflect.TypeFor[metav1.ObjectMeta]() {
		return
	}
	switch s := sent.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		switch t.Kind() {
		case reflect.Struct:
			for name, field := range fieldsOf(t) {
				if s[name] != nil {
					l.compare(s[name], g[name], field)
					continue
				}
				key := t.PkgPath() + "." + t.Name() + "#" + name
				if l[key] == nil {
					l[key] = map[string]int{}
				}
				put := nothing
				if g[name] != nil {
					text, _ := json.Marshal(g[name])
					put = string(text)
				}
				l[key][put]++
			}
		case reflect.Map:
			for key := range s {
				l.compare(s[key], g[key], t.Elem())
			}
		}
	case []any:
		g, _ := got.([]any)
		for i := range s {
			if i < len(g) && t.Kind() == reflect.Slice {
				l.compare(s[i], g[i], t.Elem())
			}
		}
	}
}

// With UPDATE set, the defaults that need no condition are written down as a real API server
// gives them; what comes and goes is printed, and belongs into defaults.go.
func TestTheDefaultsAreTheServers(t *testing.T) {
	s := realServer(t)
	l := learned{}
	for _, o := range acceptedObjects(t) {
		kind, _ := kindType(o.gvk)
		l.compare(o.value, s.create(t, o, o.value), kind)
		without(o.value, func(smaller any) {
			value := smaller.(map[string]any)
			if value["kind"] == nil || value["apiVersion"] == nil || value["metadata"] == nil {
				return
			}
			if got := s.create(t, o, value); got != nil {
				l.compare(value, got, kind)
			}
		})
	}
	table := map[string]map[string]json.RawMessage{}
	for _, key := range slices.Sorted(maps.Keys(l)) {
		owner, name, _ := strings.Cut(key, "#")
		puts := l[key]
		if len(puts) > 1 {
			t.Log(key, puts)
		}
		for put := range puts {
			if len(puts) == 1 && put != nothing && !slices.Contains(allocated, name) {
				if table[owner] == nil {
					table[owner] = map[string]json.RawMessage{}
				}
				table[owner][name] = json.RawMessage(put)
			}
		}
	}
	text, err := json.MarshalIndent(table, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile("tables/defaults.json", append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// allocated is what a cluster hands out, each time something else.
var allocated = []string{"groups", "username", "clusterIP", "clusterIPs", "nodePort", "healthCheckNodePort", "ipFamilies", "ipFamilyPolicy", "uid"}

// An object that a policy sees here is the one that it would see in the cluster.
func TestADefaultedObjectIsTheServers(t *testing.T) {
	s := realServer(t)
	said := map[string]bool{}
	same := func(o *object, value map[string]any) {
		got := s.create(t, o, value)
		if got == nil {
			return
		}
		kind, _ := kindType(o.gvk)
		ours := normal(t, defaulted(value, o.gvk.Kind, kind), kind)
		theirs := normal(t, got, kind)
		difference := o.gvk.Kind + "\nours   " + differing(ours, theirs) + "\ntheirs " + differing(theirs, ours)
		if !reflect.DeepEqual(ours, theirs) && !said[difference] {
			said[difference] = true
			t.Error(difference)
		}
	}
	for _, o := range acceptedObjects(t) {
		same(o, o.value)
		without(o.value, func(smaller any) {
			value := smaller.(map[string]any)
			if value["kind"] != nil && value["apiVersion"] != nil && value["metadata"] != nil {
				same(o, value)
			}
		})
	}
}

// normal is an object as CEL gets it, without what each cluster and each moment makes anew.
func normal(t *testing.T, value map[string]any, kind reflect.Type) map[string]any {
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	made := reflect.New(kind).Interface().(runtime.Object)
	if err := json.Unmarshal(text, made); err != nil {
		t.Fatal(err)
	}
	full, err := runtime.DefaultUnstructuredConverter.ToUnstructured(made)
	if err != nil {
		t.Fatal(err)
	}
	delete(full, "metadata")
	delete(full, "status")
	spec, _ := full["spec"].(map[string]any)
	for _, name := range allocated {
		delete(spec, name)
	}
	if full["kind"] == "Job" {
		delete(spec, "selector")
		template, _ := spec["template"].(map[string]any)
		delete(template, "metadata")
	}
	ports, _ := spec["ports"].([]any)
	for _, port := range ports {
		delete(port.(map[string]any), "nodePort")
	}
	if full["kind"] == "Pod" { // from plugins that a cluster may have or not
		for _, name := range []string{"priority", "preemptionPolicy", "tolerations"} {
			delete(spec, name)
		}
	}
	return full
}

// differing is what one value has that the other has not.
func differing(a, b any) string {
	said := ""
	switch x := a.(type) {
	case map[string]any:
		y, _ := b.(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(x)) {
			if !reflect.DeepEqual(x[key], y[key]) {
				said += " " + key + ": {" + differing(x[key], y[key]) + "}"
			}
		}
	case []any:
		y, _ := b.([]any)
		for i := range x {
			if i >= len(y) || !reflect.DeepEqual(x[i], y[i]) {
				var other any
				if i < len(y) {
					other = y[i]
				}
				said += " [" + differing(x[i], other) + "]"
			}
		}
	default:
		text, _ := json.Marshal(a)
		return string(text)
	}
	return said
}
