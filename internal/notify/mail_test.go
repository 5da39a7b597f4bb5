package notify

import (
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"cutline/internal/record"
)

// postOffice is an SMTP server that knows one user, and refuses what a test wants refused.
type postOffice struct {
	t      *testing.T
	tls    *tls.Config
	full   bool // TLS from the start
	addr   string
	srv    *smtp.Server
	wg     sync.WaitGroup
	refuse func(step, text string) error // step is mail, rcpt or data

	mu    sync.Mutex
	mails []letter
}

type letter struct {
	from string
	to   []string
	text string
	user string
}

func newPostOffice(t *testing.T, secure *tls.Config, full bool) *postOffice {
	t.Helper()
	p := &postOffice{t: t, tls: secure, full: full, addr: "127.0.0.1:0", refuse: func(string, string) error { return nil }}
	p.comeBack()
	t.Cleanup(p.leave)
	return p
}

func (p *postOffice) comeBack() {
	p.t.Helper()
	ln := listenAt(p.t, p.addr)
	p.addr = ln.Addr().String()
	p.srv = smtp.NewServer(p)
	p.srv.Domain, p.srv.TLSConfig, p.srv.AllowInsecureAuth = "post.example", p.tls, p.tls == nil
	p.srv.ErrorLog = quiet{}
	if p.full {
		ln = tls.NewListener(ln, p.tls)
		p.srv.AllowInsecureAuth = true
	}
	srv := p.srv
	p.wg.Go(func() { _ = srv.Serve(ln) })
}

func (p *postOffice) leave() { _ = p.srv.Close(); p.wg.Wait() }

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return &counter{office: p}, nil }

// counter of the office, where one session stands.
type counter struct {
	office *postOffice
	letter letter
	user   string
}

func (c *counter) AuthMechanisms() []string { return []string{sasl.Plain} }

func (c *counter) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "cutline" || password != "s3cret" {
			return &smtp.SMTPError{Code: 535, Message: "wrong password"}
		}
		c.user = user
		return nil
	}), nil
}

func (c *counter) Mail(from string, _ *smtp.MailOptions) error {
	c.letter = letter{from: from, user: c.user}
	return c.office.refuse("mail", from)
}

func (c *counter) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := c.office.refuse("rcpt", to); err != nil {
		return err
	}
	c.letter.to = append(c.letter.to, to)
	return nil
}

func (c *counter) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := c.office.refuse("data", string(text)); err != nil {
		return err
	}
	c.letter.text = string(text)
	c.office.mu.Lock()
	defer c.office.mu.Unlock()
	c.office.mails = append(c.office.mails, c.letter)
	return nil
}

func (c *counter) Reset()        { c.letter = letter{user: c.user} }
func (c *counter) Logout() error { return nil }

func (p *postOffice) all() []letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.mails)
}

func (p *postOffice) received() []string {
	var out []string
	for _, l := range p.all() {
		m, err := mail.ReadMessage(strings.NewReader(l.text))
		if err != nil {
			p.t.Errorf("not a mail: %v", err)
			continue
		}
		id, _, _ := strings.Cut(strings.TrimPrefix(m.Header.Get("Message-ID"), "<"), "@")
		out = append(out, "alert "+id+" new") // others answer it
	}
	return out
}

func mailBy(server string, change func(*Route)) *mailer {
	cfg := Config{Repeat: 30 * time.Second, Routes: []Route{{ID: "duty", Email: &Email{
		Server: server, Security: NoTLS, From: "Cutline <cutline@ops.example>", To: []string{"duty@ops.example", "Chief <chief@ops.example>"},
		Timeout: 2 * time.Minute,
	}}}}
	if change != nil {
		change(&cfg.Routes[0])
	}
	cfg.Fill()
	return newMailer(&cfg.Routes[0], "https://console.example/#/alerts/{id}", nil)
}

func TestMail_keepsTheContractOfAnOutput(t *testing.T) {
	far := newPostOffice(t, nil, false)
	testOutput(t, mailBy(far.addr, nil), far)
}

func TestMail_isReadableAndOneConversationForEachAlert(t *testing.T) {
	far := newPostOffice(t, nil, false)
	out := mailBy(far.addr, func(r *Route) { r.Language = French })
	items := told()
	evidence := record.Evidence{Sensor: "twr-01", Group: "tower-01", Time: items["new"].Event.Time, ResidualSigma: .8}
	items["new"].Event.Alert.Evidence, items["new"].Event.Alert.Against = []record.Evidence{evidence}, []string{"a herd is near"}
	if err := out.Deliver(t.Context(), []Item{items["new"], items["again"], items["ended"]}); err != nil {
		t.Fatal(err)
	}
	var subjects []string
	for i, l := range far.all() {
		m, err := mail.ReadMessage(strings.NewReader(l.text))
		if err != nil {
			t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil {
			t.Fatal(err)
		}
		subjects = append(subjects, subject)
		body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		if err != nil || !strings.Contains(string(body), "2 personnes ont franchi US>CA") ||
			!strings.Contains(string(body), "https://console.example/#/alerts/a93f2") {
			t.Errorf("body %q: %v", body, err)
		}
		if first := i == 0; (m.Header.Get("Message-ID") == "<a93f2@ops.example>") != first || (m.Header.Get("References") == "") != first {
			t.Errorf("mail %d: %v", i, m.Header)
		}
		if i == 0 && (!strings.Contains(string(body), "twr-01 (tower-01)  0.8 σ") || !strings.Contains(string(body), "a herd is near")) {
			t.Errorf("body %q: where is the evidence?", body)
		}
		if from, err := m.Header.AddressList("From"); err != nil || from[0].Address != "cutline@ops.example" ||
			m.Header.Get("Auto-Submitted") == "" {
			t.Errorf("headers %v: %v", m.Header, err)
		}
		if _, err := m.Header.Date(); err != nil {
			t.Error(err)
		}
		if l.from != "cutline@ops.example" || !slices.Equal(l.to, []string{"duty@ops.example", "chief@ops.example"}) {
			t.Errorf("envelope %+v", l)
		}
	}
	want := []string{
		"[SIMULATION] HIGH: crossing, emerson", "[SIMULATION] HIGH, rappel: crossing, emerson", "[SIMULATION] Terminé: crossing, emerson",
	}
	if !slices.Equal(subjects, want) {
		t.Errorf("subjects %q", subjects)
	}
}

func TestMail_theServersWordDecides(t *testing.T) {
	e := alertEvent("a1", "unacknowledged", "new")
	for what, c := range map[string]struct {
		refuse         func(step, text string) error
		fails, refuse5 bool
		to             int
	}{
		"all is well":         {func(string, string) error { return nil }, false, false, 2},
		"busy":                {refuseAt("data", "", 451), true, false, 0},
		"the text is refused": {refuseAt("data", "", 554), true, true, 0},
		"the sender is":       {refuseAt("mail", "", 550), true, false, 0},
		"one receiver is":     {refuseAt("rcpt", "duty", 550), false, false, 1},
		"all receivers are":   {refuseAt("rcpt", "", 550), true, false, 0},
	} {
		t.Run(what, func(t *testing.T) {
			far := newPostOffice(t, nil, false)
			far.refuse = c.refuse
			err := mailBy(far.addr, nil).Deliver(t.Context(), []Item{{Event: &e}})
			h, _ := errors.AsType[*halt](err)
			if (err != nil) != c.fails || h != nil && h.refused != c.refuse5 {
				t.Errorf("%v, refused %v", err, h != nil && h.refused)
			}
			if n := len(far.all()); (n > 0) != (c.to > 0) || n > 0 && len(far.all()[0].to) != c.to {
				t.Errorf("it has %+v", far.all())
			}
		})
	}
}

// refuseAt refuses a step whose text begins so, with a code.
func refuseAt(step, begin string, code int) func(step, text string) error {
	return func(at, text string) error {
		if at == step && strings.HasPrefix(text, begin) {
			return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCodeNotSet, Message: "no"}
		}
		return nil
	}
}

func TestMail_goesOverTLSWithAPassword(t *testing.T) {
	ca, other := newAuthority(t, "ca"), newAuthority(t, "other")
	ca.sign("post", false)
	pair, err := tls.LoadX509KeyPair(ca.path("post.pem"), ca.path("post.key"))
	if err != nil {
		t.Fatal(err)
	}
	good, bad := filepath.Join(t.TempDir(), "good"), filepath.Join(t.TempDir(), "bad")
	for path, text := range map[string]string{good: "s3cret\n", bad: "guess"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e := alertEvent("a1", "unacknowledged", "new")
	for _, full := range []bool{false, true} {
		far := newPostOffice(t, &tls.Config{Certificates: []tls.Certificate{pair}}, full)
		for what, c := range map[string]struct {
			change func(*Email)
			want   string // in the error; empty: it is taken
		}{
			"good":             {func(*Email) {}, ""},
			"a wrong password": {func(e *Email) { e.PasswordFile = bad }, "wrong password"},
			"no password file": {func(e *Email) { e.PasswordFile = "/nowhere" }, "email.password_file"},
			"another CA":       {func(e *Email) { e.CAFile = other.path("other.pem") }, "unknown authority"},
		} {
			out := mailBy(far.addr, func(r *Route) {
				r.Email.Security, r.Email.CAFile, r.Email.Username, r.Email.PasswordFile = StartTLS, ca.path("ca.pem"), "cutline", good
				if full {
					r.Email.Security = FullTLS
				}
				c.change(r.Email)
			})
			before := len(far.all())
			err := out.Deliver(t.Context(), []Item{{Event: &e}})
			if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "guess")) {
				t.Errorf("full %v, %s: %v", full, what, err)
			}
			if got := far.all(); c.want == "" && (len(got) != before+1 || got[before].user != "cutline") {
				t.Errorf("full %v, %s: %+v", full, what, got[before:])
			}
		}
	}
	plain := newPostOffice(t, nil, false)
	if err := mailBy(plain.addr, func(r *Route) { r.Email.Security = StartTLS }).Deliver(t.Context(), []Item{{Event: &e}}); err == nil {
		t.Error("a server without TLS was given the mail, and starttls was asked for")
	}
}
