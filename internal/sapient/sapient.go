// Package sapient holds the messages of SAPIENT (BSI Flex 335 v2.0) and how they go over the wire: protobuf, each message behind its
// length in four bytes, little-endian, over TCP.
//
// The message types are generated from sapient.proto by `make generate`. Marshal and Unmarshal are one message, Write and Read one on a
// stream; a Reader has a bound on what it takes into memory. ULID and UUID make the ids that the standard wants of names that we have
// already, so that the same thing has the same id after a restart. Which fields are mandatory is not known here: normalize, which
// judges what comes in, holds messages to those rules.
package sapient

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"
)

// ICD is the version of the standard that a registration must name, to the letter.
const ICD = "BSI Flex 335 v2.0"

// MaxMessage is the size in bytes beyond which a message is refused: the default of the reference middleware.
const MaxMessage = 1024 * 1000

// ErrTooLarge says that a message is larger than MaxMessage. What follows it on the stream cannot be found.
var ErrTooLarge = errors.New("sapient: the message is larger than 1024 kB")

// Marshal encodes a message, the same one always to the same bytes.
func Marshal(m *SapientMessage) ([]byte, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("sapient: %w", err)
	}
	return b, nil
}

// Unmarshal decodes a message. Fields that the standard does not have are kept, and not shown.
func Unmarshal(b []byte) (*SapientMessage, error) {
	m := new(SapientMessage)
	if err := proto.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("sapient: %w", err)
	}
	return m, nil
}

// Append puts a message behind its length at the end of b.
func Append(b []byte, m *SapientMessage) ([]byte, error) {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	b, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend(b, m)
	if err != nil {
		return b[:start], fmt.Errorf("sapient: %w", err)
	}
	size := len(b) - start - 4
	if size > MaxMessage {
		return b[:start], ErrTooLarge
	}
	binary.LittleEndian.PutUint32(b[start:], uint32(size)) //nolint:gosec // at most MaxMessage
	return b, nil
}

// Write puts a message on a stream, in one call of w: half a message would shift all that follow.
func Write(w io.Writer, m *SapientMessage) error {
	b, err := Append(nil, m)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// Read takes the next message from a stream. Its error is io.EOF where the stream ends between two messages, and
// io.ErrUnexpectedEOF where it ends inside one.
func Read(r io.Reader) (*SapientMessage, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(head[:])
	if size > MaxMessage {
		return nil, ErrTooLarge
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(r, b); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return Unmarshal(b)
}
