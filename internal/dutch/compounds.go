package dutch

import (
	"bufio"
	"fmt"
	"hash/maphash"
	"io"
	"strings"
)

// Compounds splits Dutch compounds into the words they are made of:
// arbeidsmarktbeleid into arbeid, markt and beleid. It knows the words added to
// it. Splitting is safe for concurrent use; adding is not.
type Compounds struct {
	seed  maphash.Seed
	words map[uint64]struct{} // hashes: half a million words in a few megabytes
}

// NewCompounds returns a splitter that knows no words.
func NewCompounds() *Compounds {
	return &Compounds{seed: maphash.MakeSeed(), words: make(map[uint64]struct{})}
}

// Bounds on a compound and its parts, in bytes of the folded word.
const (
	minCompound = 7
	maxCompound = 50
	minPart     = 4
	maxPart     = 20
)

// Short parts that are words but as parts of longer words are nearly always
// something else are no parts; these few of three letters are.
var shortParts = wordSet(`ser cao aow ww wia arbo zzp mkb wet hof raad eis loon reis huur taak land bouw werk zorg`)

// Prefixes and endings that look like words but make derivations, not compounds.
var noParts = wordSet(`heid heden lijk lijke lijken loos loze achtig baar bare ende ende schap schappen sing ling lingen
	isch ische iteit tie ties atie aties eren erend erende aren ingen ster sters elen lend lende rend rende
	onder over door voor tegen achter boven buiten binnen tussen naar`)

// Add makes a word, as Tokens writes it, known as a part.
func (c *Compounds) Add(word string) {
	if len(word) >= 3 && len(word) <= maxPart {
		c.words[maphash.String(c.seed, word)] = struct{}{}
	}
}

// Read adds a word list of one word a line, as in /usr/share/dict. Lines with
// anything but letters, and names, are passed over.
func (c *Compounds) Read(r io.Reader) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		if line == "" || line[0] >= 'A' && line[0] <= 'Z' || strings.ContainsAny(line, "'-.0123456789 ") {
			continue
		}
		c.Add(Fold(line))
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read word list: %w", err)
	}
	return nil
}

// Len is how many words are known.
func (c *Compounds) Len() int { return len(c.words) }

// Knows reports whether a word was added.
func (c *Compounds) Knows(word string) bool {
	_, ok := c.words[maphash.String(c.seed, word)]
	return ok
}

// part reports whether word can stand inside a compound.
func (c *Compounds) part(word string) bool {
	if len(word) < minPart {
		return shortParts[word] && c.Knows(word)
	}
	return len(word) <= maxPart && !noParts[word] && c.Knows(word)
}

// Split is the parts of a word as Tokens writes it, in order, or nil when it is
// no compound of known words. Between parts a binding s, e or en may stand. Of all
// ways to split it takes the one with the longest parts (the largest sum of
// squared lengths), and splits those on in turn.
func (c *Compounds) Split(word string) []string {
	if len(word) < minCompound || len(word) > maxCompound {
		return nil
	}
	for i := range len(word) {
		if word[i] < 'a' || word[i] > 'z' {
			return nil
		}
	}
	// best[i] is the best way to cover word[i:]; a part may not be the whole word.
	type cover struct {
		score    int
		partEnd  int // of the first part
		nextFrom int // where the next part begins, after a binding letter
	}
	var table [maxCompound + 1]cover
	n := len(word)
	table[n].score = 1
	for i := n - 3; i >= 0; i-- {
		for end := i + 3; end <= min(n, i+maxPart); end++ {
			if i == 0 && end == n {
				continue
			}
			found := table[i]
			for _, binding := range [...]string{"", "s", "en", "e"} {
				next := end + len(binding)
				if next > n || word[end:next] != binding || (end == n) != (next == n) {
					continue
				}
				if table[next].score == 0 {
					continue
				}
				score := (end-i)*(end-i) + table[next].score
				if score > found.score {
					found = cover{score, end, next}
				}
			}
			// Looking a part up costs more than finding out that nothing could follow it.
			if found != table[i] && c.part(word[i:end]) {
				table[i] = found
			}
		}
	}
	if table[0].score == 0 {
		return nil
	}
	var parts []string
	for i := 0; i < n; i = table[i].nextFrom {
		part := word[i:table[i].partEnd]
		if sub := c.Split(part); sub != nil {
			parts = append(parts, sub...)
		} else {
			parts = append(parts, part)
		}
	}
	return parts
}
