package notify

import (
	"encoding/json"
	"net/url"
	"path"
	"strings"
	"time"

	"cutline/internal/record"
)

// A template makes the request for an alert: where to, and its body.
type template func(Item) (to string, body []byte, err error)

// of makes the template of a route whose URL is u.
func (t Template) of(r *Route, u *url.URL, link string) template {
	say := wording{language: r.Language, link: link}
	to := func(encode func(Item) any) template {
		return func(item Item) (string, []byte, error) {
			body, err := json.Marshal(encode(item))
			return u.String(), body, err
		}
	}
	switch t {
	case AlertmanagerTemplate:
		const api = "/api/v2/alerts"
		if !strings.HasSuffix(u.Path, api) { // its own address will do
			u = u.JoinPath(api)
		}
		return to(func(item Item) any { return say.alertmanager(item.Event) })
	case SlackTemplate:
		return to(func(item Item) any { return say.slack(item) })
	case NtfyTemplate:
		topic, root := topicOf(u), *u
		root.Path, root.RawPath = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), topic), ""
		return func(item Item) (string, []byte, error) {
			body, err := json.Marshal(say.ntfy(item, topic))
			return root.String(), body, err
		}
	default:
		return to(func(item Item) any {
			return struct {
				*record.Event
				Change string `json:"change"`
				Repeat bool   `json:"repeat"`
				Route  string `json:"route"`
				Link   string `json:"link,omitempty"`
			}{item.Event, item.Event.Alert.Change, item.Repeat, r.ID, say.to(item.Event)}
		})
	}
}

// topicOf a URL is its last level.
func topicOf(u *url.URL) string {
	topic := path.Base(strings.TrimSuffix(u.Path, "/"))
	if topic == "." || topic == "/" {
		return ""
	}
	return topic
}

// wording of messages that people read.
type wording struct {
	language Language
	link     string
}

// to is the address of an alert for people, empty if none is configured.
func (s wording) to(e *record.Event) string {
	return strings.ReplaceAll(s.link, "{id}", url.PathEscape(e.Alert.ID))
}

// title is a line that says what is to be done: "HIGH, again: crossing at emerson".
func (s wording) title(item Item) string {
	a := item.Event.Alert
	title := strings.ToUpper(a.Priority)
	switch {
	case item.Event.Alert.Change == "end":
		title = s.language.text("Ended", "Terminé")
	case item.Repeat:
		title += s.language.text(", again", ", rappel")
	case a.State == "acknowledged":
		title = s.language.text("Acknowledged", "Acquitté")
	case a.State == "shelved":
		title = s.language.text("Shelved", "Mis de côté")
	case a.Change == "update":
		title += s.language.text(", update", ", mise à jour")
	}
	if a.Simulated {
		title = "[SIMULATION] " + title
	}
	return title + ": " + strings.ReplaceAll(a.Kind, "_", " ") + ", " + item.Event.Sector
}

// lines under it: the text, and what a reader asks next.
func (s wording) lines(item Item) []string {
	a := item.Event.Alert
	lines := []string{s.language.text(a.Text, a.TextFR)}
	if a.Lat != 0 || a.Lon != 0 {
		lines = append(lines, a.Time.UTC().Format(time.RFC3339)+"  "+coordinates(item.Event))
	}
	switch {
	case a.ResolvedBy != "":
		lines = append(lines, s.language.text("resolved by ", "résolu par ")+a.ResolvedBy+": "+a.Verdict)
	case a.AckedBy != "":
		lines = append(lines, s.language.text("acknowledged by ", "acquitté par ")+a.AckedBy)
	}
	if n := len(a.Comments); n > 0 {
		lines = append(lines, a.Comments[n-1].By+": "+a.Comments[n-1].Text)
	}
	return lines
}

// ntfyMessage is what ntfy publishes (docs.ntfy.sh/publish/#publish-as-json).
type ntfyMessage struct {
	Topic    string   `json:"topic"`
	Title    string   `json:"title"`
	Message  string   `json:"message"`
	Priority int      `json:"priority"` // 1 … 5
	Tags     []string `json:"tags,omitempty"`
	Click    string   `json:"click,omitempty"`
}

func (s wording) ntfy(item Item, topic string) ntfyMessage {
	a := item.Event.Alert
	m := ntfyMessage{
		Topic: topic, Title: s.title(item), Message: strings.Join(s.lines(item), "\n"), Click: s.to(item.Event),
		Priority: 2 + max(0, urgency(a.Priority)), Tags: []string{"rotating_light"},
	}
	if !unanswered(a) { // it need not wake anybody
		m.Priority, m.Tags = 2, []string{"white_check_mark"}
	}
	return m
}

// slackMessage is what incoming webhooks of Slack, Mattermost and Rocket.Chat take.
type slackMessage struct {
	Text        string            `json:"text"`
	Attachments []slackAttachment `json:"attachments"`
}

type slackAttachment struct {
	Color     string `json:"color"`
	Fallback  string `json:"fallback"`
	Title     string `json:"title"`
	TitleLink string `json:"title_link,omitempty"`
	Text      string `json:"text"`
	Footer    string `json:"footer"`
	TS        int64  `json:"ts"` // s since 1970
}

// plainText keeps an operator's words from becoming a channel's commands: Slack reads <…> and & alone.
func plainText(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

func (s wording) slack(item Item) slackMessage {
	a := item.Event.Alert
	colors := map[string]string{"critical": "#b00020", "high": "#e65100", "medium": "#f9a825", "low": "#546e7a"}
	color := colors[a.Priority]
	if !unanswered(a) {
		color = "#2e7d32"
	}
	title, lines := plainText(s.title(item)), s.lines(item)
	return slackMessage{
		Text: title,
		Attachments: []slackAttachment{{
			Color: color, Fallback: plainText(lines[0]), Title: plainText(lines[0]), TitleLink: s.to(item.Event),
			Text: plainText(strings.Join(lines[1:], "\n")), Footer: "cutline " + a.ID, TS: a.Updated.Unix(),
		}},
	}
}

// alertmanagerAlert is one of Alertmanager's API v2: its labels are what it is, and never change.
type alertmanagerAlert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

// lasting is how long Alertmanager believes in an alert that it hears no more of. It has an end of its own for each (five minutes by
// default), after which it would call one resolved that nobody resolved.
const lasting = 7 * 24 * time.Hour

// alertmanager has kind and severity among the labels, since that is what routes choose by there. When they change, what the alert was
// under the ones before has ended.
func (s wording) alertmanager(e *record.Event) []alertmanagerAlert {
	a := e.Alert
	one := func(kind, severity string, ends time.Time) alertmanagerAlert {
		return alertmanagerAlert{
			Labels: map[string]string{
				"alertname": "cutline_" + kind, "kind": kind, "sector": e.Sector, "severity": severity, "id": a.ID,
			},
			Annotations: map[string]string{
				"summary": s.language.text(a.Text, a.TextFR), "state": a.State, "level": a.Level, "direction": a.Direction, "class": a.Class,
				"position": coordinates(e), "rule": s.language.text(a.Rule, a.RuleFR),
				"tracks": strings.Join(a.Tracks, " "), "acked_by": a.AckedBy, "verdict": a.Verdict,
			},
			StartsAt: a.Raised, EndsAt: ends, GeneratorURL: s.to(e),
		}
	}
	ends := a.Updated.Add(lasting)
	if a.Change == "end" {
		ends = a.Updated
	}
	out := []alertmanagerAlert{one(a.Kind, a.Priority, ends)}
	if a.Change == "new" {
		return out
	}
	for _, severity := range priorities() {
		if severity != a.Priority {
			out = append(out, one(a.Kind, severity, a.Updated))
		}
		if a.Kind == "crossing" { // it may have been an approach before
			out = append(out, one("approach", severity, a.Updated))
		}
	}
	return out
}
