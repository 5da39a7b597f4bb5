package app

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"cutline/internal/config"
)

// childRole in the environment makes the test's own binary a child of a benchmark: the daemon, or the plain client beside it.
const (
	childRole  = "CUTLINE_BENCH_CHILD"
	asDaemon   = "daemon"
	asReceiver = "receiver"
	// profileDir in the environment of the benchmark has the daemon leave a processor and a heap profile there.
	profileDir = "CUTLINE_BENCH_PROFILE"
)

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(childRole) {
	case asDaemon:
		err = runDaemon(os.Args[1])
	case asReceiver:
		err = runReceiver(os.Args[1], os.Args[2])
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// runDaemon is what the command run does. It says where its API is.
func runDaemon(file string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg, faults, err := config.Load(file)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return fmt.Errorf("%v", faults)
	}
	if dir := os.Getenv(profileDir); dir != "" {
		defer profile(dir)()
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	return Run(ctx, cfg, log, Options{Ready: func(at Endpoints) { fmt.Println("up", at.HTTP) }})
}

// profile writes a processor profile until the function it returns is called, and then a heap profile.
func profile(dir string) (stop func()) {
	file, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err == nil {
		err = pprof.StartCPUProfile(file)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return func() {
		pprof.StopCPUProfile()
		_ = file.Close()
		if heap, err := os.Create(filepath.Join(dir, "heap.pprof")); err == nil {
			_ = pprof.WriteHeapProfile(heap)
			_ = heap.Close()
		}
	}
}

// runReceiver is paho as it comes: it acknowledges by itself, and counts.
func runReceiver(broker, messages string) error {
	want, err := strconv.ParseInt(messages, 10, 64)
	if err != nil {
		return err
	}
	var n atomic.Int64
	all := make(chan struct{})
	options := mqtt.NewClientOptions().AddBroker(broker).SetClientID("peer").SetCleanSession(false).
		SetDefaultPublishHandler(func(mqtt.Client, mqtt.Message) {
			if n.Add(1) == want {
				close(all)
			}
		})
	client := mqtt.NewClient(options)
	if token := client.Connect(); token.Wait() && token.Error() != nil {
		return token.Error()
	}
	<-all
	fmt.Println("counted", n.Load())
	_, _ = io.Copy(io.Discard, os.Stdin) // until the benchmark has read what we used
	client.Disconnect(250)
	return nil
}

// child is one of the two, running.
type child struct {
	tb    testing.TB
	cmd   *exec.Cmd
	lines *bufio.Scanner
	stdin io.Closer
	began time.Time
	api   string
}

// startChild returns when the child runs; the daemon, when it takes requests.
func startChild(tb testing.TB, role string, args ...string) *child {
	tb.Helper()
	c := &child{tb: tb, cmd: exec.Command(os.Args[0], args...)}
	c.cmd.Env = append(os.Environ(), childRole+"="+role)
	c.cmd.Stderr = tb.Output()
	out, err := c.cmd.StdoutPipe()
	if err == nil {
		c.stdin, err = c.cmd.StdinPipe()
	}
	if err == nil {
		c.began = time.Now()
		err = c.cmd.Start()
	}
	if err != nil {
		tb.Fatal(err)
	}
	c.lines = bufio.NewScanner(out)
	tb.Cleanup(func() { _ = c.cmd.Process.Kill() })
	if role == asDaemon {
		c.api = c.waitLine("up")
	}
	return c
}

// waitLine waits for a line that begins with a word, and returns the rest of it.
func (c *child) waitLine(word string) string {
	c.tb.Helper()
	for c.lines.Scan() {
		if rest, ok := strings.CutPrefix(c.lines.Text(), word+" "); ok {
			return rest
		}
	}
	c.tb.Fatalf("the child ended before it said %q", word)
	return ""
}

// end is an ordered end.
func (c *child) end() {
	c.tb.Helper()
	_ = c.stdin.Close()
	if c.api != "" {
		_ = c.cmd.Process.Signal(syscall.SIGTERM)
	}
	if err := c.cmd.Wait(); err != nil {
		c.tb.Fatalf("the child: %v", err)
	}
}

// metrics are the values of the daemon's /metrics, by their name with labels.
func (c *child) metrics() map[string]float64 {
	c.tb.Helper()
	req, err := http.NewRequestWithContext(c.tb.Context(), http.MethodGet, c.api+"/metrics", nil)
	if err != nil {
		c.tb.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "identity") // to compress them would be the daemon's processor time
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.tb.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	values := map[string]float64{}
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		values[name], _ = strconv.ParseFloat(value, 64)
	}
	return values
}

// figures of a child up to now.
type figures struct {
	rate float64 // messages per second since it began
	cpu  float64 // µs of processor per message, user and system
	peak float64 // MB of memory, resident
}

func (c *child) figures(messages int) figures {
	c.tb.Helper()
	took := time.Since(c.began)
	used, peak := c.used()
	return figures{
		rate: float64(messages) / took.Seconds(), cpu: float64(used.Microseconds()) / float64(messages), peak: float64(peak) / 1e6,
	}
}

func (f figures) report(b *testing.B, who string) {
	b.Helper()
	b.ReportMetric(f.rate, who+"-msg/s")
	b.ReportMetric(f.cpu, who+"-cpu-µs/msg")
	b.ReportMetric(f.peak, who+"-peak-MB")
}

// clockTick is the unit of processor times in /proc: 1/100 s on every Linux there is (proc_pid_stat(5), sysconf(3)).
const clockTick = 10 * time.Millisecond

// used reads /proc: processor time, and the most memory it ever had, in bytes.
func (c *child) used() (cpu time.Duration, peak int64) {
	c.tb.Helper()
	dir := fmt.Sprintf("/proc/%d/", c.cmd.Process.Pid)
	stat, err := os.ReadFile(dir + "stat")
	if err != nil {
		c.tb.Skipf("no /proc to read processor time from: %v", err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])) // the name may hold spaces
	for _, field := range fields[11:13] {                                               // utime and stime
		ticks, _ := strconv.ParseInt(field, 10, 64)
		cpu += time.Duration(ticks) * clockTick
	}
	status, err := os.ReadFile(dir + "status")
	if err != nil {
		c.tb.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			peak = kb * 1024
		}
	}
	return cpu, peak
}

func freeAddress(tb testing.TB) string {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
