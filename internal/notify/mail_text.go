package notify

import (
	"bytes"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"
)

// message is a mail (RFC 5322). All mails of one alert are one conversation: its first has the alert's own Message-ID, the others
// answer it.
func (m *mailer) message(item Item, now time.Time) []byte {
	a := item.Event.Alert
	domain := m.from.Address[strings.LastIndex(m.from.Address, "@")+1:]
	first := fmt.Sprintf("<%s@%s>", a.ID, domain)
	var out bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&out, "%s: %s\r\n", name, value) }
	header("From", m.from.String())
	to := make([]string, len(m.to))
	for i, address := range m.to {
		to[i] = address.String()
	}
	header("To", strings.Join(to, ",\r\n "))
	header("Subject", mime.QEncoding.Encode("utf-8", m.say.title(item)))
	header("Date", now.Format(time.RFC1123Z))
	if a.Change == "new" && !item.Repeat {
		header("Message-ID", first)
	} else {
		header("Message-ID", fmt.Sprintf("<%s@%s>", itemKey(item), domain))
		header("In-Reply-To", first)
		header("References", first)
	}
	header("Auto-Submitted", "auto-generated") // no out-of-office answers (RFC 3834 §5)
	if unanswered(a) && urgency(a.Priority) >= urgency("high") {
		header("X-Priority", "1")
		header("Importance", "high")
	}
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	out.WriteString("\r\n")
	body := quotedprintable.NewWriter(&out)
	_, _ = body.Write([]byte(strings.Join(m.body(item), "\r\n") + "\r\n")) // to memory
	_ = body.Close()
	return out.Bytes()
}

// mostEvidence of a mail: who needs more follows the link.
const mostEvidence = 10

func (m *mailer) body(item Item) []string {
	a := item.Event.Alert
	say := m.say.language.text
	lines := append(m.say.lines(item), "")
	fact := func(name, value string) {
		if value != "" {
			lines = append(lines, name+": "+value)
		}
	}
	fact(say("Priority", "Priorité"), a.Priority)
	fact(say("Level", "Niveau"), strings.TrimSuffix(a.Level+", "+say(a.Rule, a.RuleFR), ", "))
	fact(say("Tracks", "Pistes"), strings.Join(a.Tracks, " "))
	fact(say("Against it", "Contre"), say(strings.Join(a.Against, "; "), strings.Join(a.AgainstFR, " ; ")))
	for _, e := range a.Evidence[:min(mostEvidence, len(a.Evidence))] {
		lines = append(lines, fmt.Sprintf("  %s  %s (%s)  %.1f σ", e.Time.UTC().Format("15:04:05.0"), e.Sensor, e.Group, e.ResidualSigma))
	}
	fact(say("Alert", "Alerte"), a.ID)
	return append(lines, m.say.to(item.Event))
}
