package config

import (
	"encoding"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
)

// origin is where the settings came from, for show.
type origin struct {
	tape     *tape
	settings settings
	book     *book
	warnings []Fault
}

func (w world) load(path string) (Config, []Fault, error) {
	b, t := newBook(path), newTape(path)
	if w.peek == nil {
		w.peek = w.read
	}
	w = t.record(w)
	g := &gatherer{world: w, book: b, seen: map[string]bool{}}
	if err := g.gather(path); err != nil {
		return Config{}, nil, err
	}
	r := &reader{world: w, book: b}
	tree := r.sections(g.sections, settingsShape())
	s := defaultSettings(tree)
	if err := decode(tree, &s); err != nil {
		return Config{}, nil, fmt.Errorf("read settings: %s: %w", path, err)
	}
	s.fillSensors()
	s.Notify.Fill()
	c := s.config()
	c.placeMappings(b)
	c.origin = &origin{tape: t, settings: s, book: b}
	k := checker{world: w, book: b, settings: &s, config: &c}
	k.all()
	c.origin.warnings = sorted(b.advice, s.name, t.line)
	return c, sorted(b.faults, s.name, t.line), nil
}

// decode has viper put the tree into the settings. The reader has made sure that everything fits; what viper still refuses is a
// mistake in a Config type, and an error.
func decode(tree map[string]any, into *settings) error {
	v := viper.NewWithOptions(viper.KeyDelimiter("\x1f")) // a dot is no delimiter: names hold them
	if err := v.MergeConfigMap(tree); err != nil {
		return err
	}
	return v.UnmarshalExact(into, func(d *mapstructure.DecoderConfig) {
		d.WeaklyTypedInput = false
		d.DecodeHook = mapstructure.ComposeDecodeHookFunc(durationWithUnit, unmarshalText)
	})
}

func durationWithUnit(from, to reflect.Type, value any) (any, error) {
	if to != reflect.TypeFor[time.Duration]() || from.Kind() != reflect.String {
		return value, nil
	}
	return parseDuration(value.(string)) //nolint:forcetypeassert // it is a string, as from says
}

func unmarshalText(from, to reflect.Type, value any) (any, error) {
	if from.Kind() != reflect.String {
		return value, nil
	}
	into := reflect.New(to)
	u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](into)
	if !ok {
		return value, nil
	}
	if err := u.UnmarshalText([]byte(value.(string))); err != nil { //nolint:forcetypeassert // it is a string, as from says
		return nil, err
	}
	return into.Elem().Interface(), nil
}

var element = regexp.MustCompile(`^(sensors|sectors|notify\.routes)\[(\d+)\]`)

// name gives a path as people know it: sensors and the like by their ids and not by their number through all files.
func (s *settings) name(path string) string {
	m := element.FindStringSubmatch(path)
	if m == nil {
		return path
	}
	i, err := strconv.Atoi(m[2])
	if err != nil {
		return path
	}
	id := ""
	if m[1] == "sensors" && i < len(s.Sensors) {
		id = s.Sensors[i].ID
	} else if m[1] == "sectors" && i < len(s.Sectors) {
		id = s.Sectors[i].ID
	} else if m[1] == "notify.routes" && i < len(s.Notify.Routes) {
		id = s.Notify.Routes[i].ID
	}
	if !goodID(id) {
		return path
	}
	return m[1] + "[" + id + "]" + path[len(m[0]):]
}
