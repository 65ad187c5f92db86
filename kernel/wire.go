package main

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

type request struct {
	Op        string  `json:"op"`
	ID        uint64  `json:"id"`
	Tree      uint64  `json:"tree"`
	Path      string  `json:"path"`
	Reorder   string  `json:"reorder"`
	Unbounded bool    `json:"unbounded"`
	Alone     bool    `json:"alone"` // the process has this one request, and ends after it
	Timeout   float64 `json:"timeout"`
	MaxOutput int     `json:"max_output"`
	Call      uint64  `json:"call"`
	Entries   []entry `json:"entries"`

	Rules json.RawMessage `json:"rules"` // of check and rules: see checks.Rules
}

// entry is what one path of a tree holds; the content of files follows in the frame's body.
type entry struct {
	Kind   string `json:"k"` // file, folder, link, missing or refused
	Size   int    `json:"n,omitempty"`
	At     string `json:"at,omitempty"`     // link: the path of the link itself
	Target string `json:"target,omitempty"` // link: where it points
	Why    string `json:"why,omitempty"`    // refused
	Hint   string `json:"hint,omitempty"`   // refused

	content []byte
	derived
}

type response struct {
	Op       string            `json:"op"`
	ID       uint64            `json:"id,omitempty"`
	Call     uint64            `json:"call,omitempty"`
	Tree     uint64            `json:"tree,omitempty"`
	Paths    []string          `json:"paths,omitempty"`
	Secret   bool              `json:"secret,omitempty"`
	Warnings []place           `json:"warnings,omitempty"`
	Versions map[string]string `json:"versions,omitempty"`
	Failure  *failure          `json:"failure,omitempty"`
}

func readFrame[H any](r *bufio.Reader, header *H) ([]byte, error) {
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

type frameWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (f *frameWriter) send(res response, body []byte) error {
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
