// Reads a record's sealed log over HTTP with Go's own packages for transparency logs and checks all that it claims.
//
//	conformance URL VERIFIER-KEY SIZE...
//
// For each size: the checkpoint opens with the key; every tile is authenticated against its root; entries hash to the
// leaves; our inclusion proofs are those that Go makes from the tiles, and verify; so do consistency proofs from every
// smaller size.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

var url string

func main() {
	log.SetFlags(0)
	url = os.Args[1]
	verifier, err := note.NewVerifier(os.Args[2])
	check(err)
	var before []tlog.Tree
	for _, word := range os.Args[3:] {
		size, err := strconv.ParseInt(word, 10, 64)
		check(err)
		tree := checkpoint(verifier, size)
		reader := tlog.TileHashReader(tree, tiles{})
		for _, index := range []int64{0, size / 3, size / 2, size - 1} {
			inclusion(tree, reader, index)
		}
		for _, old := range before {
			consistency(old, tree, reader)
		}
		edge(tree)
		before = append(before, tree)
		fmt.Printf("%d leaves: %s\n", tree.N, tree.Hash)
	}
}

// checkpoint opens the signed checkpoint over so many entries.
func checkpoint(verifier note.Verifier, size int64) tlog.Tree {
	opened, err := note.Open(get(fmt.Sprintf("checkpoint?size=%d", size)), note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[1] != strconv.FormatInt(size, 10) || lines[3] != "" {
		log.Fatalf("not a checkpoint over %d entries: %q", size, opened.Text)
	}
	hash, err := tlog.ParseHash(lines[2])
	check(err)
	return tlog.Tree{N: size, Hash: hash}
}

func inclusion(tree tlog.Tree, reader tlog.HashReader, index int64) {
	var ours struct {
		Index, Size int64
		Entry       string
		Proof       []string
	}
	check(json.Unmarshal(get(fmt.Sprintf("proof?position=%d&size=%d", index+1, tree.N)), &ours))
	made, err := tlog.ProveRecord(tree.N, index, reader)
	check(err)
	if ours.Index != index || ours.Size != tree.N || !same(ours.Proof, made) {
		log.Fatalf("the inclusion proof of leaf %d of %d is not the one Go makes", index, tree.N)
	}
	check(tlog.CheckRecord(made, tree.N, tree.Hash, index, tlog.RecordHash([]byte(ours.Entry))))
	if entry := bundle(tree.N, index); entry != ours.Entry {
		log.Fatalf("leaf %d is %q in its bundle and %q in its proof", index, entry, ours.Entry)
	}
}

func consistency(old, tree tlog.Tree, reader tlog.HashReader) {
	var ours struct{ Proof []string }
	check(json.Unmarshal(get(fmt.Sprintf("proof?from=%d&to=%d", old.N, tree.N)), &ours))
	made, err := tlog.ProveTree(tree.N, old.N, reader)
	check(err)
	if !same(ours.Proof, made) {
		log.Fatalf("the consistency proof from %d to %d is not the one Go makes", old.N, tree.N)
	}
	check(tlog.CheckTree(made, tree.N, tree.Hash, old.N, old.Hash))
}

// edge reads every tile that a reader needs for a tree that grew from nothing: Go authenticates each.
func edge(tree tlog.Tree) {
	for _, tile := range tlog.NewTiles(height, 0, tree.N) {
		if got := get(path(tile)); len(got) != tile.W*tlog.HashSize {
			log.Fatalf("%s has %d bytes", tile.Path(), len(got))
		}
	}
	hashes := tlog.TileHashReader(tree, tiles{})
	for index := int64(0); index < tree.N; index += 256 {
		_, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
		check(err)
	}
}

// bundle is an entry as its bundle has it.
func bundle(size, index int64) string {
	tile := tlog.Tile{H: height, L: 0, N: index / 256, W: 256}
	if rest := size - tile.N*256; rest < 256 {
		tile.W = int(rest)
	}
	data := get(strings.Replace(path(tile), "tile/0/", "tile/entries/", 1))
	for n := int64(0); ; n++ {
		length := int(binary.BigEndian.Uint16(data))
		if n == index%256 {
			return string(data[2 : 2+length])
		}
		data = data[2+length:]
	}
}

// tiles reads tiles over HTTP for Go, which names them with their height.
type tiles struct{}

func (tiles) Height() int                     { return height }
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range wanted {
		data = append(data, get(path(tile)))
	}
	return data, nil
}

func path(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
}

func same(ours []string, made []tlog.Hash) bool {
	theirs := []string{}
	for _, hash := range made {
		theirs = append(theirs, base64.StdEncoding.EncodeToString(hash[:]))
	}
	return len(ours) == 0 && len(theirs) == 0 || reflect.DeepEqual(ours, theirs)
}

func get(path string) []byte {
	answer, err := http.Get(url + "/v1/log/" + path)
	check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	check(err)
	if answer.StatusCode != 200 {
		log.Fatalf("%s: %s %s", path, answer.Status, bytes.TrimSpace(body))
	}
	return body
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
