package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Route is one way to one receiver, with a place in the journal of its own. Exactly one of the receivers is
// given. An empty list of kinds, priorities or sectors wants all.
type Route struct {
	ID         string        `mapstructure:"id"`         // short; the journal keeps the route's place under it
	Kinds      []string      `mapstructure:"kinds"`      // of alerts: crossing, sensor_silent, …; left out: all
	Priorities []Priority    `mapstructure:"priorities"` // left out: all
	Sectors    []string      `mapstructure:"sectors"`    // their ids; left out: all
	Hours      []Hours       `mapstructure:"hours"`      // when it works; left out: always. What is open when they begin is told then
	Updates    Updates       `mapstructure:"updates"`    // all changes, or rises alone: what a person must be told
	Repeat     time.Duration `mapstructure:"repeat"`     // an unacknowledged alert is sent again this often
	Language   Language      `mapstructure:"language"`   // of texts: en or fr

	Webhook *Webhook `mapstructure:"webhook"`
	CoT     *CoT     `mapstructure:"cot"`
	Email   *Email   `mapstructure:"email"`
	SAPIENT *SAPIENT `mapstructure:"sapient"`
}

// Hours are times of the week.
type Hours struct {
	Days []Day  `mapstructure:"days"` // on which they begin; left out: every day
	From string `mapstructure:"from"` // "18:00"
	To   string `mapstructure:"to"`   // "06:00": of the next day, if it is not after from
	Zone string `mapstructure:"zone"` // as in America/Winnipeg; left out: UTC
}

// Priority of an alert.
type Priority string

// Priorities lists them, the least first.
func Priorities() []Priority { return words[Priority](priorities()...) }

// Updates says which changes of an alert a route wants.
type Updates string

// AllChanges are told as they come. Rises are what a person must be told: a new alert, another state, a higher priority, a surer level,
// more people, a comment, the end.
const (
	AllChanges Updates = "all"
	Rises      Updates = "rises"
)

// Language of texts.
type Language string

// The languages of the alerts' texts.
const (
	English Language = "en"
	French  Language = "fr"
)

// Day of the week.
type Day string

// Days lists them as time.Weekday counts.
func Days() []Day { return words[Day]("sun", "mon", "tue", "wed", "thu", "fri", "sat") }

func words[T ~string](all ...string) []T {
	out := make([]T, len(all))
	for i, w := range all {
		out[i] = T(w)
	}
	return out
}

// Fill gives each route the defaults of its kind where it says nothing. People are told again every five minutes (chosen: two reminders
// before an alert that nobody saw to is a quarter of an hour old), by mail less often, programs every minute, maps as often as the
// daemon says.
func (c *Config) Fill() {
	for i := range c.Routes {
		r := &c.Routes[i]
		repeat, updates := 5*time.Minute, Rises
		if r.Webhook != nil {
			r.Webhook.fill()
			if !r.Webhook.Template.forPeople() {
				repeat, updates = time.Minute, AllChanges
			}
		}
		if r.CoT != nil {
			r.CoT.fill()
			repeat, updates = c.Repeat, AllChanges
		}
		if r.Email != nil {
			r.Email.fill()
			repeat, updates = 15*time.Minute, Rises
		}
		if r.SAPIENT != nil {
			r.SAPIENT.fill()
			repeat, updates = time.Minute, AllChanges
		}
		setDefault(&r.Repeat, repeat)
		setDefault(&r.Updates, updates)
		setDefault(&r.Language, English)
	}
}

func setDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

func (r *Route) check(fault func(path, what string)) {
	if r.ID == "mqtt" {
		fault("id", `"mqtt" is the way to the broker: give another name`)
	}
	between(fault, "repeat", r.Repeat, time.Second, 24*time.Hour)
	for i, h := range r.Hours {
		h.window(func(path string, err error) { fault(fmt.Sprintf("hours[%d].%s", i, path), err.Error()) })
	}
	given := 0
	under := func(name string) func(path, what string) {
		given++
		return func(path, what string) { fault(join(name, path), what) }
	}
	if r.Webhook != nil {
		r.Webhook.check(under("webhook"))
	}
	if r.CoT != nil {
		r.CoT.check(under("cot"))
	}
	if r.Email != nil {
		r.Email.check(under("email"))
	}
	if r.SAPIENT != nil {
		r.SAPIENT.check(under("sapient"))
	}
	if given != 1 {
		fault("", fmt.Sprintf("a route has one receiver, and this one has %d: give one of webhook, cot, email, sapient", given))
	}
}

// window reads the hours, and reports each field that is wrong.
func (h Hours) window(fault func(path string, err error)) (w span) {
	for _, d := range h.Days {
		if i := slices.Index(Days(), d); i >= 0 {
			w.days = append(w.days, time.Weekday(i))
		}
	}
	var err error
	if w.from, err = clock(h.From); err != nil {
		fault("from", err)
	}
	if w.to, err = clock(h.To); err != nil {
		fault("to", err)
	}
	if w.zone, err = time.LoadLocation(h.Zone); err != nil {
		fault("zone", fmt.Errorf("%q is no time zone: give one as in America/Winnipeg", h.Zone))
	}
	return w
}

// clock reads a time of the day.
func clock(text string) (time.Duration, error) {
	if text == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf(`%q is no time of the day: give one as in "18:00", in quotes`, text)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// filter is the route's wishes. The hours have been checked.
func (r *Route) filter() filter {
	f := filter{kinds: r.Kinds, sectors: r.Sectors, rises: r.Updates == Rises}
	for _, p := range r.Priorities {
		f.priorities = append(f.priorities, string(p))
	}
	for _, h := range r.Hours {
		f.hours = append(f.hours, h.window(func(string, error) {}))
	}
	return f
}

// plan of a route whose receiver keeps no state of ours.
func (r *Route) plan() plan {
	return plan{repeat: r.Repeat, lastPause: time.Minute, filter: r.filter()}
}

// text of an alert in the route's language.
func (l Language) text(english, french string) string {
	if l == French && strings.TrimSpace(french) != "" {
		return french
	}
	return english
}
