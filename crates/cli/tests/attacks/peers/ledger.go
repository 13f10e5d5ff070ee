// Verifies a Remit ledger over HTTP with what the Go project uses for its own checksum database: signed notes by
// golang.org/x/mod/sumdb/note, tiles and proofs by golang.org/x/mod/sumdb/tlog.
//
// usage: ledger URL TOKEN KEY [OLDER-CHECKPOINT]
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func must(err error) {
	if err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
}

func fetch(path string) ([]byte, error) {
	request, err := http.NewRequest("GET", os.Args[1]+path, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+os.Args[2])
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != 200 {
		err = fmt.Errorf("%s: %s", path, response.Status)
	}
	return body, err
}

// Opens a checkpoint (c2sp.org/tlog-checkpoint): a note whose text is the origin, the size and the root.
func open(signed []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		must(fmt.Errorf("no checkpoint: %q", opened.Text))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	must(err)
	tree := tlog.Tree{N: size}
	if copy(tree.Hash[:], root) != len(tree.Hash) || len(root) != len(tree.Hash) {
		must(fmt.Errorf("a root of %d bytes", len(root)))
	}
	return tree
}

// Reads tiles where c2sp.org/tlog-tiles has them: at the same addresses as in the checksum database, less the height.
// What was verified once is not asked for again.
type tiles map[tlog.Tile][]byte

func (tiles) Height() int { return height }

func (known tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		if bytes, ok := known[tile]; ok {
			read = append(read, bytes)
			continue
		}
		bytes, err := fetch("/ledger/" + strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		read = append(read, bytes)
	}
	return read, nil
}

func (known tiles) SaveTiles(verified []tlog.Tile, bytes [][]byte) {
	for at, tile := range verified {
		known[tile] = bytes[at]
	}
}

// The entries of a tree, from its bundles.
func entries(size int64) [][]byte {
	var all [][]byte
	for first := int64(0); first < size; first += 1 << height {
		tile := tlog.Tile{H: height, L: -1, N: first >> height, W: 1 << height}
		if size-first < 1<<height {
			tile.W = int(size - first)
		}
		bundle, err := fetch("/ledger/" + strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1))
		must(err)
		for count := 0; count < tile.W; count++ {
			if len(bundle) < 2 {
				must(fmt.Errorf("bundle %d breaks off", tile.N))
			}
			length := int(binary.BigEndian.Uint16(bundle)) + 2
			if len(bundle) < length {
				must(fmt.Errorf("bundle %d breaks off", tile.N))
			}
			all = append(all, bundle[2:length])
			bundle = bundle[length:]
		}
		if len(bundle) != 0 {
			must(fmt.Errorf("bundle %d has more than its entries", tile.N))
		}
	}
	return all
}

func main() {
	verifier, err := note.NewVerifier(os.Args[3])
	must(err)
	signed, err := fetch("/ledger/checkpoint")
	must(err)
	tree := open(signed, verifier)
	hashes := tlog.TileHashReader(tree, tiles{})
	for index, entry := range entries(tree.N) {
		proof, err := tlog.ProveRecord(tree.N, int64(index), hashes)
		must(err)
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(index), tlog.RecordHash(entry)))
	}
	if len(os.Args) > 4 {
		kept, err := os.ReadFile(os.Args[4])
		must(err)
		older := open(kept, verifier)
		proof, err := tlog.ProveTree(tree.N, older.N, hashes)
		must(err)
		must(tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash))
	}
	fmt.Println("verified", tree.N)
}
