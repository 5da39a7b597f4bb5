package house

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// row says what of this module a package may import, and why no more. "*" is everything.
type row struct{ may, why string }

// table is the whole module. Names in may leave out "internal/". A key that ends in "/..." stands for all below it as well.
var table = map[string]row{
	"internal/geo":       {"", "units and frames stand alone: the simulator shares them"},
	"internal/detection": {"geo", "what a sensor saw is a value, whoever made it and whoever reads it"},
	"internal/track":     {"geo detection", "what we believe is a value: it must not know how it was come to believe"},
	"internal/sensor":    {"geo", "a sensor's definition is data: normalize, fusion and alert read the same one"},
	"internal/record":    {"geo detection track", "the journal outlives the code: its records hang on the plain values alone"},
	"internal/fusion":    {"geo detection track sensor", "tracks are made of detections, not of lines, alerts or wire formats"},
	"internal/border":    {"geo track", "a crossing is decided on tracks, whatever sensors made them"},
	"internal/alert": {
		"geo track sensor border record",
		"an alert is decided on tracks and crossings: how they were found is not its business",
	},
	"internal/sector": {
		"geo detection track sensor record fusion border alert",
		"one sector's picture is a pure step over the core; with an edge in it the replay would not be the same",
	},
	"internal/normalize": {
		"geo detection sensor record sapient",
		"a wire format ends here: nothing behind it may depend on one, nor it on them",
	},

	"internal/sapient":   {"", "the messages of a standard: they serve who reads them and who sends them, and know neither"},
	"internal/broker":    {"", "a NATS server in the process: it could serve any program"},
	"internal/journal":   {"record detection", "the journal stores records, which hold detections: what becomes of them is not its business"},
	"internal/secrets":   {"", "it reads files for whoever connects: it could serve any program"},
	"internal/feed":      {"normalize journal record sensor secrets", "a message goes in one direction: broker, normalize, journal"},
	"internal/correlate": {"sector journal record", "it steps sectors from the journal: outputs read the journal too, never it"},
	"internal/replay":    {"normalize sector journal record sensor", "the daemon's pure path without its edges"},
	"internal/influx":    {"record detection journal geo", "an output reads the journal: with more it could hold the core up"},
	"internal/notify": {
		"record journal geo secrets sapient notify/cot notify/node",
		"an output reads the journal: with more it could hold the core up",
	},
	"internal/notify/node": {"record sapient", "a wire format: events in, messages out, and no connection"},
	"internal/notify/cot":  {"record geo", "a wire format: events in, bytes out, and no connection"},
	"internal/web": {
		"journal record detection geo web/console",
		"what else it needs it asks for by small interfaces of its own, so that it can be tested alone",
	},
	"internal/web/console": {"", "built files and how they are sent: a page knows the daemon by its API alone"},
	"internal/web/client": {
		"record", "it speaks HTTP as any other client does: with the server's types it could not notice a broken contract",
	},
	"internal/influxd": {"", "a child process for the demo and for tests: it could serve any program"},
	"internal/config":  {"* -app -demo -replay -testenv -golden", "it knows the settings of every package, and runs none"},
	"internal/app":     {"*", "the one place where everything meets"},

	"internal/discover": {
		"geo detection sensor normalize",
		"it looks at messages as a field engineer does, and says what they are: it listens to nothing and runs nothing",
	},
	"internal/demo":  {"*", "the whole system in one process, simulated sensors and all: it may need any of it"},
	"internal/score": {"geo record track", "it judges events as a stranger does: with the core's own code it would judge itself"},

	"internal/golden":  {"", "for tests of every package, hence of none"},
	"internal/testenv": {"influxd", "real servers for tests of every package, hence knowing none that is tested"},
	"internal/house":   {"", "it reads the packages, it does not use them"},
	"internal/screen":  {"record", "events for people at a terminal: values in, text out"},

	"simulator/...": {
		"geo record simulator",
		"it has encoders of its own: a format that is read wrongly must not cancel out against the same mistake in writing",
	},
	"cmd/cutline":     {"*", "flags, signals, exit code: a command may need any of it"},
	"cmd/cutline-sim": {"simulator score record geo", "the simulator stands outside the daemon and speaks to it by MQTT and files"},
}

func TestTable_everyImportIsAllowedAndEveryRowIsInUse(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, p := range packages(t) {
		key, r, ok := find(p.local())
		if !ok {
			t.Errorf("%s is not in the table: add it, with what it may import and why no more", p.local())
			continue
		}
		used[key] = true
		for _, to := range p.Imports {
			local, ours := strings.CutPrefix(to, module+"/")
			if ours && !allows(r.may, local) {
				t.Errorf("%s must not import %s: %s", p.local(), local, r.why)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		if !used[key] {
			t.Errorf("%s is in the table, but there is no such package: take the row out", key)
		}
	}
}

func find(local string) (key string, r row, ok bool) {
	if r, ok = table[local]; ok {
		return local, r, true
	}
	for key, r := range table {
		if root, tree := strings.CutSuffix(key, "/..."); tree && (local == root || strings.HasPrefix(local, root+"/")) {
			return key, r, true
		}
	}
	return "", row{}, false
}

// allows says whether a row's list permits the package. A word takes in what lies below it only for the simulator, whose
// inside is nobody else's business.
func allows(may, local string) bool {
	name := strings.TrimPrefix(local, "internal/")
	if top, _, _ := strings.Cut(name, "/"); top == "simulator" {
		name = top
	}
	words := strings.Fields(may)
	if slices.Contains(words, "-"+name) {
		return false
	}
	return slices.Contains(words, "*") || slices.Contains(words, name)
}

func TestAllows_readsARow(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		may, local string
		want       bool
	}{
		{"geo track", "internal/geo", true},
		{"geo track", "internal/sensor", false},
		{"web", "internal/web/client", false},
		{"simulator", "simulator/scenario", true},
		{"*", "internal/anything", true},
		{"* -app", "internal/app", false},
		{"", "internal/geo", false},
	} {
		if got := allows(tc.may, tc.local); got != tc.want {
			t.Errorf("%q allows %s: %v, want %v", tc.may, tc.local, got, tc.want)
		}
	}
}

// alone says who may import a library, by the beginning of its path. Tests may use any.
var alone = map[string]row{
	"github.com/spf13/viper": {
		"internal/config",
		"settings reach the others as plain values: viper's keys and globals stay in one file",
	},
	"github.com/go-viper/mapstructure": {"internal/config", "settings reach the others as plain values"},
	"go.yaml.in/yaml": {
		"internal/config simulator/...",
		"YAML is read in one place, with positions, and written by the simulator",
	},
	"gopkg.in/yaml": {"", "go.yaml.in/yaml is the one that is maintained"},
	"github.com/eclipse/paho.mqtt.golang": {
		"internal/feed internal/notify simulator/...",
		"MQTT comes in by feed and goes out by notify",
	},
	"github.com/nats-io/": {
		"internal/broker internal/journal",
		"only they know what the journal is made of: it can be replaced",
	},
	"github.com/synadia-io/":                   {"internal/journal", "only the journal knows what it is made of"},
	"github.com/influxdata/influxdb-client-go": {"internal/influx", "InfluxDB is one output among others"},
	"github.com/gorilla/": {
		"",
		"paho and NATS bring their own; ours is server-sent events over plain net/http",
	},
	"github.com/spf13/cobra":  {"cmd/cutline cmd/cutline-sim", "flags end in cmd"},
	"github.com/spf13/pflag":  {"cmd/cutline cmd/cutline-sim", "flags end in cmd"},
	"github.com/paulmach/orb": {"internal/border simulator/...", "our geometry is geo; orb reads GeoJSON"},
	"github.com/westphae/geomag": {
		"internal/normalize",
		"heights and magnetic north are put right where the payload is read",
	},
	"github.com/expr-lang/":   {"internal/normalize", "an expression is a part of how a payload is read"},
	"github.com/fxamacker/":   {"internal/normalize", "a wire format ends where the payload is read"},
	"github.com/vmihailenco/": {"internal/normalize", "a wire format ends where the payload is read"},
	"github.com/BertoldVdb/":  {"internal/normalize", "a wire format ends where the payload is read"},
	"github.com/adrianmo/":    {"internal/normalize", "a wire format ends where the payload is read"},
	"google.golang.org/protobuf": {
		"internal/sapient internal/normalize internal/notify/node",
		"protobuf is SAPIENT's: read by normalize, sent by notify",
	},
	"github.com/prometheus/": {
		"internal/feed internal/journal internal/correlate internal/influx internal/notify internal/web internal/broker internal/app",
		"the core is counted by its edges",
	},
	"github.com/invopop/jsonschema":         {"internal/config", "the schema is made beside the settings"},
	"github.com/santhosh-tekuri/jsonschema": {"internal/config", "the schema is made beside the settings"},
	"gonum.org/":                            {"", "numerics in tests only: the hot path has its own fixed-size arithmetic"},
	"pgregory.net/rapid":                    {"", "properties are for tests"},
	"go.uber.org/goleak":                    {"", "leaks are looked for in tests"},
	"github.com/google/go-cmp":              {"", "comparisons are for tests"},
	"github.com/tidwall/geodesic":           {"", "the oracle of the geometry's tests; geo has its own arithmetic"},
	module + "/internal/golden":             {"", "only tests have golden files"},
	module + "/internal/testenv":            {"", "only tests start servers by it"},
	module + "/internal/app":                {"cmd/cutline internal/demo", "app knows all, so nobody may know app"},
	module + "/internal/config": {
		"cmd/cutline internal/app internal/demo",
		"settings are handed down as plain values, never asked for",
	},
}

func TestAlone_onlyTheOwnersOfALibraryImportIt(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, to := range p.Imports {
			for lib, r := range alone {
				if (to == lib || strings.HasPrefix(to, strings.TrimSuffix(lib, "/")+"/")) && !owns(r.may, p.local()) {
					t.Errorf("%s imports %s: %s", p.local(), to, orNobody(r))
				}
			}
		}
	}
}

func owns(may, local string) bool {
	for owner := range strings.FieldsSeq(may) {
		root, tree := strings.CutSuffix(owner, "/...")
		if local == root || tree && strings.HasPrefix(local, root+"/") {
			return true
		}
	}
	return false
}

func orNobody(r row) string {
	if r.may == "" {
		return r.why + " (nobody outside tests may)"
	}
	return fmt.Sprintf("%s (%s may)", r.why, r.may)
}
