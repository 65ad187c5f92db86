//go:build ignore

// Writes fields.json: what the Go types of the Kubernetes API do not say of their fields. Which
// must be there stands in comments of upstream's sources, and since when there is one shows in
// the sources of earlier releases.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// The releases that are looked at: the modules of Kubernetes 1.N have the version 0.N.
const oldest, newest = 29, 36

var modules = []string{"k8s.io/api", "k8s.io/apimachinery"}

type field struct{ required bool }

// types have their fields by name, by package and name of the type.
type types map[string]map[string]field

type tables struct {
	Required map[string][]string       `json:"required"` // the fields that must be there
	Since    map[string]map[string]int `json:"since"`    // fields that came to a type later than it
	Until    map[string]map[string]int `json:"until"`    // fields that are gone, and when they were last
}

func main() {
	release := map[int]types{}
	for minor := oldest; minor <= newest; minor++ {
		release[minor] = types{}
		for _, module := range modules {
			if err := release[minor].read(module, minor); err != nil {
				log.Fatal(err)
			}
		}
	}
	found := tables{map[string][]string{}, map[string]map[string]int{}, map[string]map[string]int{}}
	now := release[newest]
	for name, fields := range now {
		for _, f := range slices.Sorted(maps.Keys(fields)) {
			if fields[f].required && !read.MatchString(name) && !slices.Contains(accepted, name+"."+f) {
				found.Required[name] = append(found.Required[name], f)
			}
			if since := came(release, name, f); since > oldest {
				put(found.Since, name, f, since)
			}
		}
	}
	for name, names := range demanded {
		found.Required[name] = append(found.Required[name], names...)
	}
	for _, kind := range roots {
		found.Required["k8s.io/api/"+kind] = append(found.Required["k8s.io/api/"+kind], "spec")
	}
	for name := range found.Required {
		slices.Sort(found.Required[name])
	}
	for minor := oldest; minor < newest; minor++ {
		for name, fields := range release[minor] {
			for f := range fields {
				if _, still := now[name][f]; now[name] != nil && !still {
					put(found.Until, name, f, minor)
				}
			}
		}
	}
	text, err := json.MarshalIndent(found, "", " ")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("fields.json", append(text, '\n'), 0o644); err != nil {
		log.Fatal(err)
	}
}

// accepted are fields that must be there by the book, and that an API server does without.
var accepted = []string{
	"k8s.io/api/batch/v1.PodFailurePolicy.rules",
	"k8s.io/api/core/v1.HTTPHeader.value",
	"k8s.io/api/core/v1.LimitRangeSpec.limits",
	"k8s.io/api/core/v1.PreferredSchedulingTerm.preference",
	"k8s.io/api/core/v1.SleepAction.seconds",
	"k8s.io/api/core/v1.Sysctl.value",
	"k8s.io/api/resource/v1.ResourceClaim.spec",
	"k8s.io/api/storage/v1.CSIDriver.spec",
	"k8s.io/api/storage/v1.TokenRequest.audience",
}

// demanded are fields that may be left out by the book, and that an API server refuses to miss.
var demanded = map[string][]string{
	"k8s.io/api/admissionregistration/v1.MatchCondition":                       {"expression", "name"},
	"k8s.io/api/admissionregistration/v1.ParamKind":                            {"apiVersion", "kind"},
	"k8s.io/api/admissionregistration/v1.ParamRef":                             {"parameterNotFoundAction"},
	"k8s.io/api/admissionregistration/v1.Rule":                                 {"apiGroups", "apiVersions", "resources"},
	"k8s.io/api/admissionregistration/v1.RuleWithOperations":                   {"operations"},
	"k8s.io/api/admissionregistration/v1.ValidatingAdmissionPolicyBindingSpec": {"policyName", "validationActions"},
	"k8s.io/api/core/v1.ConfigMapEnvSource":                                    {"name"},
	"k8s.io/api/core/v1.ConfigMapKeySelector":                                  {"name"},
	"k8s.io/api/core/v1.ConfigMapProjection":                                   {"name"},
	"k8s.io/api/core/v1.ConfigMapVolumeSource":                                 {"name"},
	"k8s.io/api/core/v1.Container":                                             {"image"},
	"k8s.io/api/core/v1.EphemeralVolumeSource":                                 {"volumeClaimTemplate"},
	"k8s.io/api/core/v1.ExecAction":                                            {"command"},
	"k8s.io/api/core/v1.PersistentVolumeClaimSpec":                             {"accessModes"},
	"k8s.io/api/core/v1.PersistentVolumeSpec":                                  {"accessModes", "capacity"},
	"k8s.io/api/core/v1.PodDNSConfigOption":                                    {"name"},
	"k8s.io/api/core/v1.PodTemplateSpec":                                       {"spec"},
	"k8s.io/api/core/v1.SecretEnvSource":                                       {"name"},
	"k8s.io/api/core/v1.SecretKeySelector":                                     {"name"},
	"k8s.io/api/core/v1.SecretProjection":                                      {"name"},
	"k8s.io/api/core/v1.SecretVolumeSource":                                    {"secretName"},
	"k8s.io/api/core/v1.VolumeNodeAffinity":                                    {"required"},
	"k8s.io/api/networking/v1.IngressClassSpec":                                {"controller"},
	"k8s.io/api/rbac/v1.AggregationRule":                                       {"clusterRoleSelectors"},
}

// roots are kinds that an API server refuses without their spec, which the book has as optional.
var roots = []string{
	"apps/v1.DaemonSet", "apps/v1.Deployment", "apps/v1.StatefulSet", "autoscaling/v2.HorizontalPodAutoscaler",
	"batch/v1.CronJob", "batch/v1.Job", "batch/v1.JobTemplateSpec", "core/v1.PersistentVolume",
	"core/v1.PersistentVolumeClaim", "core/v1.Pod", "core/v1.Service", "networking/v1.Ingress", "networking/v1.IngressClass",
}

// read are types that only come from a cluster.
var read = regexp.MustCompile(`(List|Status|Condition)$|/testapigroup/`)

func put(in map[string]map[string]int, name, field string, minor int) {
	if in[name] == nil {
		in[name] = map[string]int{}
	}
	in[name][field] = minor
}

// came is the first release where a type has a field, or 0 if the type came with it.
func came(release map[int]types, name, f string) int {
	there := false
	for minor := oldest; minor <= newest; minor++ {
		fields, known := release[minor][name]
		if _, has := fields[f]; has && there {
			return minor
		} else if has {
			return 0
		}
		there = there || known
	}
	return 0
}

func (t types) read(module string, minor int) error {
	out, err := exec.Command("go", "mod", "download", "-json", fmt.Sprintf("%s@v0.%d.0", module, minor)).Output()
	if err != nil {
		return fmt.Errorf("%s 0.%d: %w", module, minor, err)
	}
	var at struct{ Dir string }
	if err := json.Unmarshal(out, &at); err != nil {
		return err
	}
	return filepath.WalkDir(at.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasPrefix(d.Name(), "types") || filepath.Ext(path) != ".go" {
			return err
		}
		inside, _ := filepath.Rel(at.Dir, filepath.Dir(path))
		return t.file(path, module+"/"+inside)
	})
}

func (t types) file(path, in string) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	if err != nil {
		return err
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok {
			if s, ok := spec.Type.(*ast.StructType); ok {
				t[in+"."+spec.Name.Name] = fieldsOf(s)
			}
		}
		return true
	})
	return nil
}

func fieldsOf(s *ast.StructType) map[string]field {
	found := map[string]field{}
	for _, f := range s.Fields.List {
		if f.Tag == nil {
			continue
		}
		tag := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if name == "" || name == "-" {
			continue
		}
		said := f.Doc.Text()
		if f.Doc != nil { // Text leaves lines with markers out
			for _, c := range f.Doc.List {
				said += c.Text + "\n"
			}
		}
		optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero") ||
			strings.Contains(said, "+optional") || strings.Contains(said, "+k8s:optional")
		found[name] = field{required: !optional}
	}
	return found
}
