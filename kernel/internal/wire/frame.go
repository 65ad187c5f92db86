// Package wire is what goes over the pipe between the kernel and its parent.
package wire

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

// A frame is two big-endian uint32 lengths, a JSON header and a raw body:
// headers stay readable in a trace, manifests are never escaped.
const maxFrame = 1 << 30

// ReadFrame waits for the next frame, and gives its body.
func ReadFrame[H any](r *bufio.Reader, header *H) ([]byte, error) {
	var lengths [8]byte
	if _, err := io.ReadFull(r, lengths[:]); err != nil {
		return nil, err
	}
	head, body := binary.BigEndian.Uint32(lengths[:4]), binary.BigEndian.Uint32(lengths[4:])
	if head > maxFrame || body > maxFrame {
		return nil, fmt.Errorf("a frame of %d+%d bytes", head, body)
	}
	data := make([]byte, int(head)+int(body))
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, err
	}
	return data[head:], json.Unmarshal(data[:head], header)
}

// Writer sends whole frames, whoever sends them at the same time.
type Writer struct {
	mu sync.Mutex
	w  io.Writer
}

// NewWriter makes one; nothing else may write to the same pipe.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Send writes one frame.
func (f *Writer) Send(res Response, body []byte) error {
	head, err := json.Marshal(res)
	if err != nil {
		return err
	}
	frame := make([]byte, 8, 8+len(head)+len(body))
	binary.BigEndian.PutUint32(frame[:4], uint32(len(head)))
	binary.BigEndian.PutUint32(frame[4:8], uint32(len(body)))
	frame = append(append(frame, head...), body...)
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err = f.w.Write(frame)
	return err
}
