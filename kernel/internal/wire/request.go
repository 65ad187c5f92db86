package wire

import "encoding/json"

// Request is the header of a frame from the parent.
type Request struct {
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
	Entries   []Entry `json:"entries"`

	Rules json.RawMessage `json:"rules"` // of check and rules: see checks.Rules; of health: its Expressions
}

// Entry is what one path of a tree holds; the content of files follows in the frame's body.
type Entry struct {
	Kind   string `json:"k"` // file, folder, link, missing or refused
	Size   int    `json:"n,omitempty"`
	At     string `json:"at,omitempty"`     // link: the path of the link itself
	Target string `json:"target,omitempty"` // link: where it points
	Why    string `json:"why,omitempty"`    // refused
	Hint   string `json:"hint,omitempty"`   // refused
}

// Response is the header of a frame to the parent: an answer, or a question about a tree.
type Response struct {
	Op       string            `json:"op"`
	ID       uint64            `json:"id,omitempty"`
	Call     uint64            `json:"call,omitempty"`
	Tree     uint64            `json:"tree,omitempty"`
	Paths    []string          `json:"paths,omitempty"`
	Secret   bool              `json:"secret,omitempty"`
	Warnings []Place           `json:"warnings,omitempty"`
	Versions map[string]string `json:"versions,omitempty"`
	Failure  *Failure          `json:"failure,omitempty"`
}
