package house

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"go.yaml.in/yaml/v3"

	"cutline/internal/testenv"
)

const deploy = "../../deploy"

// burst is three times what Mosquitto keeps by default.
const burst = 3000

func TestMosquittoConf_keepsWhatItTookThroughAKill(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	broker := deployedBroker(t, "persistence_location "+store+"/")
	away := connect(t, broker, "cutline", func(mqtt.Message) {})
	wait(t, "subscribe", away.Subscribe("border/#", 1, nil))
	away.Disconnect(0)

	sensor := connect(t, broker, "twr-01", nil)
	for i := range burst {
		wait(t, "publish", sensor.Publish("border/emerson/twr-01/detections", 1, false, fmt.Sprintf("number %d.", i)))
	}
	sensor.Disconnect(0)
	saved(t, filepath.Join(store, "mosquitto.db"), fmt.Sprintf("number %d.", burst-1))
	broker.Kill()
	broker.Start()

	var got atomic.Int64
	done := make(chan struct{})
	seen := map[string]bool{} // touched by paho's router alone
	connect(t, broker, "cutline", func(m mqtt.Message) {
		before := len(seen)
		seen[string(m.Payload())] = true
		got.Store(int64(len(seen)))
		if before < len(seen) && len(seen) == burst {
			close(done)
		}
	})
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Errorf("%d of %d messages that were saved came back after a kill", got.Load(), burst)
	}
}

func TestMosquittoACL_letsASensorWriteItsOwnTopicsOnly(t *testing.T) {
	t.Parallel()
	broker := deployedBroker(t)
	heard := make(chan string, 10)
	daemon := connect(t, broker, "cutline", func(m mqtt.Message) { heard <- m.Topic() })
	wait(t, "subscribe", daemon.Subscribe("border/#", 1, nil))

	for _, topic := range []string{
		"border/emerson/twr-02/detections", "border/emerson/twr-01/other", "cutline/emerson/alerts/x",
	} {
		// A connection of its own: Mosquitto 2.0.11 ends one that publishes what it must not.
		connect(t, broker, "twr-01", nil).Publish(topic, 1, false, "{}").WaitTimeout(100 * time.Millisecond)
	}
	sensor := connect(t, broker, "twr-01", nil)
	for _, topic := range []string{"border/emerson/twr-01/status", "border/emerson/twr-01/detections"} {
		wait(t, "publish", sensor.Publish(topic, 1, false, "{}"))
	}
	for _, want := range []string{"border/emerson/twr-01/status", "border/emerson/twr-01/detections"} {
		select {
		case got := <-heard:
			if got != want {
				t.Errorf("%s arrived, want %s alone", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s did not arrive", want)
		}
	}
	anybody := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(broker.URL())).Connect()
	if !anybody.WaitTimeout(10*time.Second) || anybody.Error() == nil {
		t.Error("a client without a name may connect")
	}
}

// saved waits until the broker's store holds the text: autosave_interval is as long as a kill may cost.
func saved(t *testing.T, store, text string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if data, err := os.ReadFile(store); err == nil && bytes.Contains(data, []byte(text)) {
			return
		}
		select {
		case <-t.Context().Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatalf("%q is not saved", text)
}

// deployedBroker starts Mosquitto with deploy/mosquitto.conf, in folders and on a port of the test, with users named cutline and
// twr-01 whose passwords are their names.
func deployedBroker(t *testing.T, more ...string) *testenv.MQTT {
	t.Helper()
	if testing.Short() {
		t.Skip("it starts a broker")
	}
	dir := t.TempDir()
	users := filepath.Join(dir, "passwd")
	if err := os.WriteFile(users, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	acl, err := filepath.Abs(filepath.Join(deploy, "mosquitto.acl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{}
	for _, line := range settings(t, filepath.Join(deploy, "mosquitto.conf")) {
		switch key, _, _ := strings.Cut(line, " "); key {
		case "listener", "persistence_location", "log_type", "log_dest": // the test's own
		case "password_file":
			lines = append(lines, "password_file "+users)
		case "acl_file":
			lines = append(lines, "acl_file "+acl)
		default:
			lines = append(lines, line)
		}
	}
	if tool, err := exec.LookPath("mosquitto_passwd"); err == nil {
		for _, user := range []string{"cutline", "twr-01"} {
			if out, err := exec.CommandContext(t.Context(), tool, "-b", users, user, user).CombinedOutput(); err != nil {
				t.Fatalf("mosquitto_passwd: %v: %s", err, out)
			}
		}
	}
	return testenv.Mosquitto(t, testenv.Broker{Lines: append(lines, more...)})
}

// settings are the lines of a file that are neither empty nor comments.
func settings(t *testing.T, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for scan := bufio.NewScanner(bytes.NewReader(data)); scan.Scan(); {
		if line := strings.TrimSpace(scan.Text()); line != "" && line[0] != '#' {
			if strings.Contains(line, "#") {
				t.Errorf("%s: %q: Mosquitto takes a comment behind a value for a part of it", path, line)
			}
			all = append(all, line)
		}
	}
	return all
}

func connect(t *testing.T, broker *testenv.MQTT, user string, handle func(mqtt.Message)) mqtt.Client {
	t.Helper()
	o := mqtt.NewClientOptions().AddBroker(broker.URL()).SetClientID(user).SetUsername(user).SetPassword(user).
		SetCleanSession(false).SetAutoReconnect(false)
	if handle != nil {
		o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { handle(m) })
	}
	c := mqtt.NewClient(o)
	wait(t, "connect", c.Connect())
	t.Cleanup(func() { c.Disconnect(0) })
	return c
}

func wait(t *testing.T, what string, token mqtt.Token) {
	t.Helper()
	if !token.WaitTimeout(20 * time.Second) {
		t.Fatalf("%s: no answer", what)
	}
	if err := token.Error(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func TestUnit_isHardened(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze here: apt-get install systemd")
	}
	out, err := exec.CommandContext(t.Context(), tool, "security", "--offline=true", "--no-pager",
		filepath.Join(deploy, "cutline.service")).CombinedOutput()
	m := regexp.MustCompile(`Overall exposure level for cutline.service: ([0-9.]+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("%v: %s", err, out)
	}
	if score, err := strconv.ParseFloat(string(m[1]), 64); err != nil || score > 1.5 {
		t.Errorf("the exposure level is %s, want 1.5 or less", m[1])
	}
}

// What compose.yaml promises of each service, as far as it can be seen without containers.
func TestCompose_namesWhatIsThereAndKeepsToLoopback(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(deploy, "compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Services map[string]struct {
			Image       string
			Ports       []string
			Secrets     []string
			Volumes     []string
			Healthcheck map[string]any
		}
		Secrets map[string]struct{ File string }
		Volumes map[string]any
	}
	if err := yaml.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	made, err := os.ReadFile(filepath.Join(deploy, "secrets.sh"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mosquitto", "influxdb", "cutline"} {
		s, ok := c.Services[name]
		if !ok || s.Healthcheck == nil {
			t.Errorf("%s is missing, or has no healthcheck", name)
		}
		for _, port := range s.Ports {
			if name != "mosquitto" && !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s: port %s is open to other machines", name, port)
			}
		}
		for _, secret := range s.Secrets {
			if c.Secrets[secret].File == "" || !bytes.Contains(made, []byte(secret)) {
				t.Errorf("%s: nothing makes the secret %s", name, secret)
			}
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			_, named := c.Volumes[from]
			if _, err := os.Stat(filepath.Join(deploy, from)); err != nil && !named && !strings.Contains(from, "secrets/") {
				t.Errorf("%s: volume %s: there is no such thing", name, from)
			}
		}
	}
	if !slices.Contains(settings(t, filepath.Join(deploy, ".gitignore")), "secrets/") {
		t.Error("git would see deploy/secrets")
	}
}
