package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"time"

	"cutline/internal/secrets"
)

// mailer sends each alert as a mail. One that the server has taken (250 after its end) is confirmed; one that it will not have for what
// is in it (5xx then) is refused. A server that is away, or that refuses us, the sender or all receivers, is tried again for ever: a
// setting is wrong here or there, and no alert is thrown away for it.
type mailer struct {
	cfg     Email
	route   string
	say     wording
	log     *slog.Logger
	from    *mail.Address
	to      []*mail.Address
	looked  time.Time       // when the server was last seen
	shunned map[string]bool // receivers that the server refused, said already
}

func newMailer(r *Route, link string, log *slog.Logger) *mailer {
	m := &mailer{
		cfg: *r.Email, route: r.ID, say: wording{language: r.Language, link: link}, log: log, from: new(mail.Address),
		shunned: make(map[string]bool),
	}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	if from, err := mail.ParseAddress(r.Email.From); err == nil { // the settings have been checked
		m.from = from
	}
	for _, text := range r.Email.To {
		if to, err := mail.ParseAddress(text); err == nil {
			m.to = append(m.to, to)
		}
	}
	return m
}

// Deliver sends the alerts one after the other over one connection.
func (m *mailer) Deliver(ctx context.Context, items []Item) error {
	if err := ctx.Err(); err != nil {
		return err //nolint:wrapcheck // the end was asked for
	}
	if len(items) == 0 && time.Since(m.looked) < look {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, m.cfg.Timeout)
	defer cancel()
	if len(items) == 0 {
		if err := reach(ctx, m.cfg.Server); err != nil {
			return err
		}
		m.looked = time.Now()
		return nil
	}
	m.looked = time.Time{}
	client, err := m.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	defer context.AfterFunc(ctx, func() { _ = client.Close() })() // ends a server's silence
	for i, item := range items {
		if item.Event.Alert == nil {
			continue
		}
		if err := m.send(client, item); err != nil {
			var h *halt
			if !errors.As(err, &h) {
				h = &halt{err: err}
			}
			h.done = i
			return h
		}
	}
	m.looked = time.Now()
	_ = client.Quit() // all is taken, whatever it says to that
	return nil
}

// open a session up to where mails are taken.
func (m *mailer) open(ctx context.Context) (*smtp.Client, error) {
	fail := func(err error) error { return fmt.Errorf("mail by %s: %w", m.cfg.Server, err) }
	host, _, err := net.SplitHostPort(m.cfg.Server)
	if err != nil {
		return nil, fail(err)
	}
	t, err := secrets.TLS(m.cfg.CAFile, "", "")
	if err != nil {
		return nil, fmt.Errorf("email.%w", err)
	}
	t.ServerName = host
	password, err := secrets.Text("password_file", m.cfg.PasswordFile)
	if err != nil {
		return nil, fmt.Errorf("email.%w", err)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", m.cfg.Server)
	if err != nil {
		return nil, fail(err)
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if m.cfg.Security == FullTLS {
		conn = tls.Client(conn, t)
	}
	client, err := smtp.NewClient(conn, host)
	if err != nil {
		_ = conn.Close()
		return nil, fail(err)
	}
	if err := m.greet(client, t, host, password); err != nil {
		_ = client.Close()
		return nil, fail(err)
	}
	return client, nil
}

func (m *mailer) greet(client *smtp.Client, t *tls.Config, host, password string) error {
	if err := client.Hello("cutline"); err != nil {
		return err //nolint:wrapcheck // by open
	}
	if m.cfg.Security == StartTLS {
		if err := client.StartTLS(t); err != nil {
			return fmt.Errorf("starttls: %w", err)
		}
	}
	if m.cfg.Username == "" {
		return nil
	}
	if err := client.Auth(smtp.PlainAuth("", m.cfg.Username, password, host)); err != nil {
		return fmt.Errorf("the server refuses the user: %w", err)
	}
	return nil
}

// send one mail to all receivers that the server takes.
func (m *mailer) send(client *smtp.Client, item Item) error {
	fail := func(what string, err error) error { return fmt.Errorf("mail by %s: %s: %w", m.cfg.Server, what, err) }
	if err := client.Mail(m.from.Address); err != nil {
		return fail("sender "+m.from.Address, err)
	}
	taken := 0
	var last error
	for _, to := range m.to {
		err := client.Rcpt(to.Address)
		if err == nil {
			taken++
			continue
		}
		last = fail("receiver "+to.Address, err)
		if !m.shunned[to.Address] {
			m.shunned[to.Address] = true
			m.log.Warn("the mail server refuses a receiver", "output", m.route, "receiver", to.Address, "error", err)
		}
	}
	if taken == 0 {
		_ = client.Reset()
		return last
	}
	body, err := client.Data()
	if err != nil {
		return m.judge(fail("data", err))
	}
	if _, err := body.Write(m.message(item, time.Now())); err != nil {
		return fail("data", err)
	}
	if err := body.Close(); err != nil {
		return m.judge(fail("the mail", err))
	}
	return nil
}

// judge what the server says to a mail: 5xx is for ever (RFC 5321 §4.2.1).
func (m *mailer) judge(err error) error {
	if said, ok := errors.AsType[*textproto.Error](err); ok && said.Code/100 == 5 {
		return &halt{err: err, refused: true}
	}
	return err
}
