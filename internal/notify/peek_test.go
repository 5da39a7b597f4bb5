package notify

import (
	"net"
	"runtime"
	"testing"
	"time"
)

func TestHeard_findsTheEndOfAConnectionWhateverItsDeadline(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it does not look there")
	}
	ln := listenAt(t, "127.0.0.1:0")
	defer func() { _ = ln.Close() }()
	near, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = near.Close() }()
	far, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if heard(near) {
		t.Error("it hears something of one that has said nothing")
	}
	if _, err := far.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a word", func() bool { return heard(near) })
	if _, err := near.Read(make([]byte, 1)); err != nil || heard(near) {
		t.Errorf("the word was read, and is heard again: %v", err)
	}
	if err := near.SetReadDeadline(time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	_ = far.Close()
	eventually(t, "the end", func() bool { return attend(near, 0) == nil && heard(near) })
	if _, err := near.Read(make([]byte, 1)); err == nil || err.Error() != "EOF" {
		t.Errorf("the end is read as %v", err)
	}
}
