// Checks what Carnet's log writes with verifiers that Carnet's people did not write:
// golang.org/x/mod/sumdb/note and tlog. Reads lines of JSON, answers ok or the reason, a line each.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Key, Note, OldRoot, NewRoot, Root, Leaf string
	Index, Size, Old, New               int64
	Path                                []string
}

func hash(text string) tlog.Hash {
	parsed, err := tlog.ParseHash(text)
	if err != nil {
		panic(err)
	}
	return parsed
}

func answer(asked question) error {
	path := make([]tlog.Hash, len(asked.Path))
	for place, step := range asked.Path {
		path[place] = hash(step)
	}
	switch {
	case asked.Note != "":
		verifier, err := note.NewVerifier(asked.Key)
		if err != nil {
			return err
		}
		_, err = note.Open([]byte(asked.Note), note.VerifierList(verifier))
		return err
	case asked.Leaf != "":
		return tlog.CheckRecord(tlog.RecordProof(path), asked.Size, hash(asked.Root), asked.Index, hash(asked.Leaf))
	default:
		return tlog.CheckTree(tlog.TreeProof(path), asked.New, hash(asked.NewRoot), asked.Old, hash(asked.OldRoot))
	}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		if err := answer(asked); err != nil {
			fmt.Println(err)
		} else {
			fmt.Println("ok")
		}
	}
}
