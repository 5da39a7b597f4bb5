package testenv

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Broker says what kind of Mosquitto a test wants. The zero value drops nothing: queue and in-flight window are unlimited
// (Mosquitto's own defaults, 1000 and 20, drop messages silently), and its store is saved once a second and when it stops.
type Broker struct {
	// Durable saves the store after every single change, so that even Kill loses next to nothing. It is quadratic in the
	// queue's length: not for a test with thousands of messages.
	Durable bool
	// Inflight bounds the unacknowledged messages per client; 0 is no limit.
	Inflight int
	// Lines are added to the configuration, as in "allow_anonymous false".
	Lines []string
}

// MQTT is a running Mosquitto.
type MQTT struct {
	t      testing.TB
	binary string
	broker Broker
	dir    string
	port   int
	out    *output
	cmd    *exec.Cmd
	done   chan struct{}
}

// readyIn bounds the wait for a child's first answer on a loaded machine.
const readyIn = 30 * time.Second

// Mosquitto starts a broker for the test. Its password-free listener is on loopback.
func Mosquitto(t testing.TB, broker Broker) *MQTT {
	t.Helper()
	binary, err := exec.LookPath("mosquitto")
	if err != nil {
		binary = "/usr/sbin/mosquitto" // Debian puts it where an ordinary PATH does not look
		if _, err := os.Stat(binary); err != nil {
			missing(t, "Mosquitto", "apt-get install mosquitto")
		}
	}
	m := &MQTT{t: t, binary: binary, broker: broker, dir: t.TempDir(), out: new(output)}
	t.Cleanup(func() {
		m.Stop()
		m.out.showOnFailure(t, "mosquitto")
	})
	for try := 1; ; try++ {
		m.port = freePort(t)
		err := m.start()
		if err == nil {
			return m
		}
		if try == 5 || !strings.Contains(m.out.String(), "Address already in use") {
			t.Fatalf("mosquitto: %v", err)
		}
	}
}

// URL of the broker, as in tcp://127.0.0.1:1883.
func (m *MQTT) URL() string { return "tcp://" + m.Addr() }

// Addr is its host:port.
func (m *MQTT) Addr() string { return fmt.Sprintf("127.0.0.1:%d", m.port) }

// PID of the child: a benchmark reads its CPU time.
func (m *MQTT) PID() int { return m.cmd.Process.Pid }

// Start brings a stopped or killed broker back on its port, with its store.
func (m *MQTT) Start() {
	m.t.Helper()
	if err := m.start(); err != nil {
		m.t.Fatalf("mosquitto: %v", err)
	}
}

// Stop ends the broker in good order: it saves its store. It does nothing if the broker is not running.
func (m *MQTT) Stop() { m.end(syscall.SIGTERM) }

// Kill ends it as a power cut would: what it had not saved is gone.
func (m *MQTT) Kill() { m.end(syscall.SIGKILL) }

// Restart is Stop and Start.
func (m *MQTT) Restart() {
	m.t.Helper()
	m.Stop()
	m.Start()
}

func (m *MQTT) end(sig syscall.Signal) {
	if m.cmd == nil {
		return
	}
	_ = m.cmd.Process.Signal(sig)
	select {
	case <-m.done:
	case <-time.After(readyIn):
		_ = m.cmd.Process.Kill()
		<-m.done
	}
	m.cmd = nil
}

func (m *MQTT) start() error {
	file := filepath.Join(m.dir, "mosquitto.conf")
	if err := os.WriteFile(file, []byte(m.config()), 0o600); err != nil {
		return err
	}
	cmd := exec.Command(m.binary, "-c", file) //nolint:gosec // the one found above
	cmd.Stdout, cmd.Stderr = m.out, m.out
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return err
	}
	m.cmd, m.done = cmd, make(chan struct{})
	go func() {
		defer close(m.done)
		_ = cmd.Wait() // how it ended is in its output
	}()
	if err := m.listens(); err != nil {
		m.Kill()
		return err
	}
	return nil
}

// listens waits until the broker takes a connection.
func (m *MQTT) listens() error {
	dialer := net.Dialer{Timeout: time.Second}
	for deadline := time.Now().Add(readyIn); ; {
		conn, err := dialer.DialContext(m.t.Context(), "tcp", m.Addr())
		if err == nil {
			_ = conn.Close()
			return nil
		}
		if time.Now().After(deadline) {
			return err
		}
		select {
		case <-m.done:
			return fmt.Errorf("it ended: %s", m.out)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// config: "user root" is there because a Mosquitto that starts as root becomes the user mosquitto, who cannot write to the
// test's directory.
func (m *MQTT) config() string {
	lines := []string{
		fmt.Sprintf("listener %d 127.0.0.1", m.port),
		"allow_anonymous true",
		"persistence true",
		"persistence_location " + m.dir + "/",
		fmt.Sprintf("autosave_on_changes %t", m.broker.Durable),
		"autosave_interval 1",
		"max_queued_messages 0",
		fmt.Sprintf("max_inflight_messages %d", m.broker.Inflight),
		"log_dest stderr",
		"log_type error", "log_type warning", "log_type notice",
	}
	if os.Geteuid() == 0 {
		lines = append(lines, "user root")
	}
	for _, own := range m.broker.Lines {
		key, _, _ := strings.Cut(own, " ")
		lines = deleteSetting(lines, key)
		lines = append(lines, own)
	}
	return strings.Join(lines, "\n") + "\n"
}

// deleteSetting drops the line that sets key: given twice, some of Mosquitto's settings are an error.
func deleteSetting(lines []string, key string) []string {
	kept := lines[:0]
	for _, line := range lines {
		if !strings.HasPrefix(line, key+" ") || key == "listener" || key == "log_type" {
			kept = append(kept, line)
		}
	}
	return kept
}
