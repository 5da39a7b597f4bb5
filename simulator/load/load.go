// Package load puts a daemon under load, keeps a ledger of it, and checks what arrived: the test that nothing is lost.
//
//	Run ─► N sensors publish numbered detections, QoS 1 ─► broker ─► daemon ─► InfluxDB, capture
//	 └──► ledger: what was sent, what was acknowledged ─► ReadLedger ─► Ledger.Check(arrived) ─► Report
//
// Each detection has the id PREFIX-SENSOR-SEQUENCE, as in load-003-000012345, and a sensor's sequences follow each other from 1
// on without a gap. So a list of ids tells exactly which ones are missing, came twice or were never sent.
//
// The ledger counts as acknowledged what the broker has answered with a PUBACK, and nothing else. That is why the connection is
// our own (session.go) and not paho's: paho ends the token of a message without an error when the link drops and the message is
// sent again (claimID in its resume), so its tokens do not prove delivery. When a connection breaks, what was not acknowledged is
// sent again before anything new, as often as it takes: the broker may then hold a detection twice, and never out of order for
// the first copies.
//
// What is sent is honest work for a daemon: people who walk along a line, some across it, each seen by two sensors or more, in
// scans (world.go). WriteConfig gives the daemon's configuration for it. All times are the wall clock's. Start at run.go.
package load

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"time"
)

// Prefix of the sensors' ids, and the name of their sector.
const Prefix = "load"

// Config of a load.
type Config struct {
	Broker   string // tcp://host:1883, or ssl:// for TLS
	Username string
	Password string

	Sensors     int
	Targets     int           // that walk along the line; 0: ten for each sensor
	Rate        float64       // messages per second of all sensors together; 0: as fast as the broker acknowledges
	Duration    time.Duration // of publishing; 0: until Messages, or the end of the context
	Messages    int           // at most this many; 0: no limit
	QoS         int           // 1, or 0, with which nothing is acknowledged
	Connections int           // that the sensors share
	InFlight    int           // messages under way on one connection at most, QoS 1

	Ledger   io.Writer      // nil: none is kept
	Progress func(Progress) // five times a second; nil if nobody looks
}

// Defaults are a load that any machine bears. Four connections: one goroutine writes to each, and a broker reads each by turns.
// A window of 256 keeps a broker on the same machine busy and costs 100 kB.
func Defaults() Config {
	return Config{Sensors: 100, Rate: 1000, Duration: time.Minute, QoS: 1, Connections: 4, InFlight: 256}
}

// Bounds of the settings.
const (
	maxSensors = 9999
	maxTargets = 100_000
	maxRate    = 1e6
	maxWindow  = 65535 // packet identifiers are 16 bits, and 0 is none: MQTT 3.1.1 §2.3.1
)

// Check reports each setting that cannot work. Without a broker the settings are those of a configuration to be written.
func (c Config) Check(fault func(path, what string)) {
	if c.Broker != "" {
		if _, _, err := brokerAddress(c.Broker); err != nil {
			fault("broker", err.Error())
		}
	}
	within := func(path string, n, low, high int) {
		if n < low || n > high {
			fault(path, fmt.Sprintf("%d is outside %d to %d", n, low, high))
		}
	}
	within("sensors", c.Sensors, 1, maxSensors)
	if c.Targets != 0 {
		within("targets", c.Targets, 1, maxTargets)
	}
	if !(c.Rate >= 0 && c.Rate <= maxRate) { // so that NaN is refused as well
		fault("rate", fmt.Sprintf("%v is outside 0 to %v messages per second; 0 is as fast as possible", c.Rate, maxRate))
	}
	if c.Duration < 0 {
		fault("duration", fmt.Sprintf("%v is below 0", c.Duration))
	}
	within("messages", c.Messages, 0, 1<<40)
	within("qos", c.QoS, 0, 1)
	within("connections", c.Connections, 1, 256)
	within("in-flight", c.InFlight, 1, maxWindow)
}

// brokerAddress of a URL: host and port, and whether by TLS.
func brokerAddress(broker string) (address string, secure bool, err error) {
	u, err := url.Parse(broker)
	if err != nil || u.Hostname() == "" {
		return "", false, fmt.Errorf("%q is no URL of a broker: want tcp://host:1883 or ssl://host:8883", broker)
	}
	port := "1883"
	switch u.Scheme {
	case "tcp", "mqtt":
	case "ssl", "tls", "mqtts":
		secure, port = true, "8883"
	default:
		return "", false, fmt.Errorf("%q: scheme %s is not known: want tcp:// or ssl://", broker, u.Scheme)
	}
	if u.Port() == "" {
		return net.JoinHostPort(u.Hostname(), port), secure, nil
	}
	return u.Host, secure, nil
}
