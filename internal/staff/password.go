package staff

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Bounds of a password, in characters. There are no rules on kinds of characters (NIST
// SP 800-63B, 3.1.1.2).
const (
	MinPassword = 12
	MaxPassword = 256
)

// Costs are the parameters of argon2id.
type Costs struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// currentCosts are the second recommended option of RFC 9106, section 4, and above the
// least that OWASP asks for. An older hash is made anew when its owner signs in.
var currentCosts = Costs{Memory: 64 << 10, Passes: 3, Threads: 4}

const (
	saltBytes = 16
	hashBytes = 32
)

// hasher computes password hashes, a few at a time: each takes 64 MiB.
type hasher struct {
	costs Costs
	slots chan struct{} // those that compute
	queue chan struct{} // those that compute or wait
}

const (
	// hashesAtOnce bounds the memory that signing in takes: 128 MiB.
	hashesAtOnce = 2
	// maxQueue bounds how many compute or wait: more would wait in vain.
	maxQueue = 64
	// busyWait is after how long it is worth trying again: about what a full queue takes.
	busyWait = 20 * time.Second
)

func newHasher(c Costs) *hasher {
	return &hasher{costs: c, slots: make(chan struct{}, hashesAtOnce), queue: make(chan struct{}, maxQueue)}
}

// derive waits for a slot and computes a hash. It fails when ctx ends first, and at once
// when too many wait.
func (h *hasher) derive(ctx context.Context, password string, salt []byte, c Costs, size uint32) ([]byte, error) {
	busy := &corpus.UserError{Code: corpus.CodeBusy, Message: "too many people sign in at once", RetryAfter: busyWait}
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, busy
	}
	defer func() { <-h.queue }()
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		busy.Err = ctx.Err()
		return nil, busy
	}
	defer func() { <-h.slots }()
	return argon2.IDKey(normal(password), salt, c.Passes, c.Memory, c.Threads, size), nil
}

// hash makes the PHC form of a password's hash.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	sum, err := h.derive(ctx, password, salt, h.costs, hashBytes)
	if err != nil {
		return "", err
	}
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, h.costs.Memory, h.costs.Passes, h.costs.Threads, encode(salt), encode(sum)), nil
}

// check compares a password with a hash. An empty hash fits no password, and takes as
// long to find out. stale reports that the hash was made with other parameters than
// those of now.
func (h *hasher) check(ctx context.Context, password, encoded string) (ok, stale bool, err error) {
	if encoded == "" {
		_, err := h.derive(ctx, password, make([]byte, saltBytes), h.costs, hashBytes)
		return false, false, err
	}
	c, salt, want, err := parseHash(encoded)
	if err != nil {
		return false, false, err
	}
	got, err := h.derive(ctx, password, salt, c, uint32(len(want))) // #nosec G115 -- parseHash bounds it
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, c != h.costs || len(want) != hashBytes, nil
}

var errBadHash = errors.New("the stored hash of a password cannot be read")

// Bounds of what a stored hash may ask for: what stands in the database must not be
// able to take all memory.
const (
	maxMemory = 1 << 20 // KiB
	maxPasses = 64
)

func parseHash(encoded string) (c Costs, salt, sum []byte, err error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return c, nil, nil, errBadHash
	}
	var version int
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return c, nil, nil, errBadHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Passes, &c.Threads); err != nil ||
		c.Memory < 8 || c.Memory > maxMemory || c.Passes < 1 || c.Passes > maxPasses || c.Threads < 1 {
		return c, nil, nil, errBadHash
	}
	salt, err = base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil || len(salt) < 8 {
		return c, nil, nil, errBadHash
	}
	sum, err = base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(sum) < 16 || len(sum) > 128 {
		return c, nil, nil, errBadHash
	}
	return c, salt, sum, nil
}

// normal is a password as it is hashed: the same characters however they were typed.
func normal(password string) []byte { return norm.NFKC.Bytes([]byte(password)) }

// PasswordFault is what is wrong with a password.
type PasswordFault string

// What can be wrong with a password.
const (
	PasswordTooShort PasswordFault = "too_short"
	PasswordTooLong  PasswordFault = "too_long"
	PasswordIsYou    PasswordFault = "is_you" // the e-mail address or the name
	PasswordCommon   PasswordFault = "common" // one of the first that anybody would try
)

// PasswordError says that a password may not be used.
type PasswordError struct{ Fault PasswordFault }

func (e *PasswordError) Error() string {
	switch e.Fault {
	case PasswordTooShort:
		return fmt.Sprintf("the password has fewer than %d characters", MinPassword)
	case PasswordTooLong:
		return fmt.Sprintf("the password has more than %d characters", MaxPassword)
	case PasswordIsYou:
		return "the password is the e-mail address or the name of the account"
	}
	return "the password is too easy to guess: it is among what is tried first"
}

// CheckPassword says whether u may have this password; the error is a *PasswordError.
func CheckPassword(u User, password string) error {
	password = string(normal(password))
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword:
		return &PasswordError{PasswordTooShort}
	case n > MaxPassword:
		return &PasswordError{PasswordTooLong}
	}
	said := letters(password)
	local, _, _ := strings.Cut(u.Email, "@")
	for _, own := range []string{u.Email, local, u.Name} {
		if own = letters(own); own != "" && said != "" && strings.ReplaceAll(said, own, "") == "" {
			return &PasswordError{PasswordIsYou}
		}
	}
	if distinct(password) < leastDistinct || commonPassword.MatchString(said) {
		return &PasswordError{PasswordCommon}
	}
	return nil
}

// leastDistinct is how many different characters a password has at least.
const leastDistinct = 5

func distinct(s string) int {
	runes := []rune(s)
	slices.Sort(runes)
	return len(slices.Compact(runes))
}

// letters are the letters of s, small, with digits and signs that stand for letters
// read as them: what is put around a common word does not hide it.
func letters(s string) string {
	s = likeLetters.Replace(strings.ToLower(strings.TrimRightFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })))
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
}

var likeLetters = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "@", "a", "$", "s", "!", "i")

// commonPassword fits what consists of nothing but the words that head the published
// lists of leaked passwords (English and Dutch), keys in a row, names of months and
// seasons, and the names of this service. No letters at all is a number.
var commonPassword = regexp.MustCompile(`^(?:` + strings.Join([]string{
	"password", "passwort", "passphrase", "wachtwoord", "wachtzin", "welkom", "welcome", "geheim", "secret", "letmein", "iloveyou",
	"admin", "administrator", "beheer", "beheerder", "root", "test", "proef", "demo", "default", "changeme", "login", "hallo", "hello",
	"qwerty", "qwertyuiop", "azerty", "qwertz", "asdf", "asdfgh", "asdfghjkl", "zxcv", "zxcvbn", "zxcvbnm", "qazwsx", "qazwsxedc", "iqaz", "qaz", "wsx", "edc", "rfv", "abc", "abcd", "abcdef", "abcdefgh", "abcdefghijkl", "abcdefghijklmnopqrstuvwxyz",
	"monkey", "dragon", "master", "sunshine", "princess", "football", "voetbal", "ajax", "feyenoord", "psv", "amsterdam", "rotterdam", "denhaag", "nederland", "holland",
	"lente", "zomer", "herfst", "winter", "spring", "summer", "autumn",
	"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december",
	"ser", "sociaaleconomischeraad", "sociaal", "economische", "raad", "vraagbaak", "redactie", "van", "de", "het", "een", "mijn", "my", "is", "the", "i", "o", "e", "a", "s",
}, "|") + `)*$`)

// passwordAlphabet has no characters that look alike.
const passwordAlphabet = "abcdefghjkmnpqrstuvwxyz23456789"

// GeneratePassword makes a password of five groups of four characters, about 99 bits.
func GeneratePassword() string {
	var groups []string
	for range 5 {
		var b strings.Builder
		for range 4 {
			b.WriteByte(passwordAlphabet[below(byte(len(passwordAlphabet)))])
		}
		groups = append(groups, b.String())
	}
	return strings.Join(groups, "-")
}

// below is a random number in [0, n), each as likely.
func below(n byte) byte {
	limit := 255 - 255%n
	for b := make([]byte, 1); ; {
		_, _ = rand.Read(b) // never fails
		if b[0] < limit {
			return b[0] % n
		}
	}
}
