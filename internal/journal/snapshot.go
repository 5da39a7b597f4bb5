package journal

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A snapshot is cut into chunks, the messages snap.<sector>.0, .1, … of one atomic batch, each of which replaces the last of its
// subject. 512 KiB fit into the 1 MB that an outside server takes by default.
const chunkMost = 512 << 10

// Headers of each chunk, the same in all of one snapshot.
const (
	chunksHeader = "Cutline-Chunks"
	crcHeader    = "Cutline-Crc32c"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli) //nolint:gochecknoglobals // a fixed table

func snapshotSubject(sector string, chunk int) string {
	return "snap." + sector + "." + strconv.Itoa(chunk)
}

// SaveSnapshot stores the state of a sector after the inputs up to inputSeq, in place of the one before. All events up to there
// must be in PICTURE already. It returns once the state is stored, or when ctx ends.
func (j *Journal) SaveSnapshot(ctx context.Context, sector string, inputSeq uint64, state []byte) error {
	if err := checkToken("save snapshot: sector", sector); err != nil {
		return err
	}
	picture, err := j.js.Stream(ctx, pictureStream)
	if err != nil {
		return fmt.Errorf("save snapshot of %s: %w", sector, err)
	}
	messages := chunks(sector, inputSeq, state)
	if len(messages) > batchMost {
		return fmt.Errorf("save snapshot of %s: %d bytes are more than %d chunks of %d", sector, len(state), batchMost, chunkMost)
	}
	_, err = j.store(ctx, &j.state, messages, func(ctx context.Context, id string) (bool, error) {
		m, err := j.chunk(ctx, sector, 0)
		return err == nil && m.Header.Get(nats.MsgIdHdr) == id, err
	})
	if err == nil {
		err = j.saveMark(ctx, sectorMark(sector), mark{Input: inputSeq, Picture: picture.CachedInfo().State.LastSeq})
	}
	if err != nil {
		return fmt.Errorf("save snapshot of %s: %w", sector, err)
	}
	return nil
}

func chunks(sector string, inputSeq uint64, state []byte) []*nats.Msg {
	count := max(1, (len(state)+chunkMost-1)/chunkMost)
	sum := strconv.FormatUint(uint64(crc32.Checksum(state, castagnoli)), 16)
	messages := make([]*nats.Msg, count)
	for i := range messages {
		m := nats.NewMsg(snapshotSubject(sector, i))
		m.Header.Set(inputSeqHeader, strconv.FormatUint(inputSeq, 10))
		m.Header.Set(chunksHeader, strconv.Itoa(count))
		m.Header.Set(crcHeader, sum)
		m.Data = state[i*chunkMost : min((i+1)*chunkMost, len(state))]
		messages[i] = m
	}
	return messages
}

func (j *Journal) chunk(ctx context.Context, sector string, n int) (*jetstream.RawStreamMsg, error) {
	s, err := j.js.Stream(ctx, snapshotStream)
	if err != nil {
		return nil, err
	}
	return s.GetLastMsgForSubject(ctx, snapshotSubject(sector, n))
}

// LoadSnapshot is the last state stored of a sector; 0, nil, nil if there is none. A damaged one is an error.
func (j *Journal) LoadSnapshot(ctx context.Context, sector string) (inputSeq uint64, state []byte, err error) {
	if err = checkToken("load snapshot: sector", sector); err != nil {
		return 0, nil, err
	}
	if err = j.needSector(ctx, sector); err != nil {
		return 0, nil, fmt.Errorf("load snapshot of %s: %w", sector, err)
	}
	first, err := j.chunk(ctx, sector, 0)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil, nil
	}
	if err == nil {
		inputSeq, state, err = j.join(ctx, sector, first)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("load snapshot of %s: %w", sector, err)
	}
	return inputSeq, state, nil
}

func (j *Journal) join(ctx context.Context, sector string, first *jetstream.RawStreamMsg) (uint64, []byte, error) {
	inputSeq, err := strconv.ParseUint(first.Header.Get(inputSeqHeader), 10, 64)
	if err != nil {
		return 0, nil, fmt.Errorf("header %s: %w", inputSeqHeader, err)
	}
	count, err := strconv.Atoi(first.Header.Get(chunksHeader))
	if err != nil || count < 1 || count > batchMost {
		return 0, nil, fmt.Errorf("header %s is %q", chunksHeader, first.Header.Get(chunksHeader))
	}
	state := append(make([]byte, 0, count*chunkMost), first.Data...)
	for i := 1; i < count; i++ {
		m, err := j.chunk(ctx, sector, i)
		if err != nil {
			return 0, nil, fmt.Errorf("chunk %d of %d: %w", i, count, err)
		}
		state = append(state, m.Data...)
	}
	if sum := strconv.FormatUint(uint64(crc32.Checksum(state, castagnoli)), 16); sum != first.Header.Get(crcHeader) {
		return 0, nil, fmt.Errorf("crc-32c of %d bytes is %s, the header says %q", len(state), sum, first.Header.Get(crcHeader))
	}
	return inputSeq, state, nil
}
