package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ser-nl/vraagbaak/internal/localpg"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

type doctorCommand struct {
	AnswerSettings
	ProviderSettings
	JSON bool `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*doctorCommand) Help() string {
	return "Example:\n\n  vraagbaak doctor --data-dir /var/lib/vraagbaak"
}

// check is one line of the doctor's report.
type check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Mend   string `json:"mend,omitempty"`
}

func (c *doctorCommand) Run(ctx context.Context, e *env) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	var checks []check
	if e.DatabaseURL == "" {
		for _, found := range localpg.Checks(ctx, e.DataDir) {
			checks = append(checks, check(found))
		}
	}
	checks = append(checks, e.checkDatabase(ctx)...)
	checks = append(checks, checkOCR(ctx), c.checkDictionary(), c.checkEmbeddings(ctx), c.checkModel(ctx), c.checkProvider(ctx, e), checkDisk(e.DataDir))
	bad := slices.ContainsFunc(checks, func(k check) bool { return !k.OK })
	if c.JSON {
		if err := e.printJSON(struct {
			Checks []check `json:"checks"`
		}{checks}); err != nil {
			return err
		}
	} else {
		for _, k := range checks {
			mark := "ok  "
			if !k.OK {
				mark = "FAIL"
			}
			e.printf("%s  %-22s %s\n", mark, k.Name, k.Detail)
			if k.Mend != "" {
				e.printf("      %-22s → %s\n", "", k.Mend)
			}
		}
	}
	if bad {
		return errReported
	}
	return nil
}

// checkDatabase connects as the other commands do, and looks closer when it can.
func (e *env) checkDatabase(ctx context.Context) []check {
	d, err := e.connect(ctx, 2)
	if err != nil {
		return []check{{Name: "database", Detail: err.Error(), Mend: "see the message; with --database-url check address, user and password"}}
	}
	defer d.Close(e.log)
	var checks []check
	for _, found := range d.Checks(ctx) {
		checks = append(checks, check(found))
	}
	return append(checks, checkStaff(ctx, d))
}

// checkStaff looks for somebody who may manage the staff area. A service without one
// serves all the same.
func checkStaff(ctx context.Context, d *database) check {
	all, err := d.accounts().Users(ctx)
	if err != nil {
		return check{Name: "staff accounts", Detail: err.Error(), Mend: "run vraagbaak migrate"}
	}
	admins := 0
	for _, u := range all {
		if u.May(staff.MayManage) {
			admins++
		}
	}
	k := check{Name: "staff accounts", OK: true, Detail: fmt.Sprintf("%d, administrators among them: %d", len(all), admins)}
	if admins == 0 {
		k.Mend = "vraagbaak user add --role admin ADDRESS, to use the staff area"
	}
	return k
}

func (c *doctorCommand) checkProvider(ctx context.Context, e *env) check {
	k := check{Name: "sign-in provider"}
	p, err := c.provider(e)
	if err == nil && p == nil {
		k.OK, k.Detail = true, "none configured: staff sign in with a password"
		return k
	}
	if err == nil {
		err = p.Check(ctx)
	}
	if err != nil {
		k.Detail, k.Mend = err.Error(), "check --oidc-issuer and that the provider runs; staff with a password can sign in meanwhile"
		return k
	}
	k.OK, k.Detail = true, p.Name()+" answers"
	return k
}

// ocrLanguages are the tesseract data that reading scans needs: osd finds out
// how a page is turned.
var ocrLanguages = []string{"nld", "eng", "osd"}

func checkOCR(ctx context.Context) check {
	k := check{Name: "ocr", Mend: "apt-get install tesseract-ocr tesseract-ocr-nld tesseract-ocr-eng tesseract-ocr-osd; without it scanned pages stay empty"}
	out, err := exec.CommandContext(ctx, "tesseract", "--list-langs").Output()
	if err != nil {
		k.Detail = "tesseract does not run: " + err.Error()
		return k
	}
	installed := strings.Fields(string(bytes.TrimSpace(out)))
	for _, lang := range ocrLanguages {
		if !slices.Contains(installed, lang) {
			k.Detail = "tesseract lacks the data for " + lang
			return k
		}
	}
	return check{Name: "ocr", OK: true, Detail: "tesseract with " + strings.Join(ocrLanguages, ", ")}
}

func (c *doctorCommand) checkDictionary() check {
	info, err := os.Stat(c.Dictionary)
	if err != nil {
		return check{
			Name: "word list", OK: true, Detail: "none: compounds are split by the words of the corpus alone",
			Mend: "apt-get install wdutch for better search",
		}
	}
	return check{Name: "word list", OK: true, Detail: fmt.Sprintf("%s, %d kB", c.Dictionary, info.Size()/1000)}
}

func (c *doctorCommand) checkEmbeddings(ctx context.Context) check {
	m, err := c.model(ctx)
	if err != nil {
		return check{Name: "embeddings", Detail: err.Error(), Mend: "check --embeddings-url, --embeddings-model and the key, and that the server runs"}
	}
	if m == nil {
		return check{Name: "embeddings", OK: true, Detail: "trained on the corpus itself; no model server configured"}
	}
	return check{Name: "embeddings", OK: true, Detail: fmt.Sprintf("%s with %d dimensions", m.Name(), m.Dimensions())}
}

func (c *doctorCommand) checkModel(ctx context.Context) check {
	k := check{Name: "language model"}
	m, err := c.writer()
	if err == nil && m == nil {
		k.OK, k.Detail = true, "none configured: answers are sentences of the documents"
		return k
	}
	if err == nil {
		err = m.Check(ctx)
	}
	if err != nil {
		k.Detail, k.Mend = err.Error(), "check --model-url, --model and the key, and that the server runs; answers are extractive meanwhile"
		return k
	}
	k.OK, k.Detail = true, m.Name()+" answers"
	return k
}

// diskWanted is room for a few thousand reports with their originals and indexes.
const diskWanted = 2 << 30

func checkDisk(dir string) check {
	k := check{Name: "disk"}
	if err := os.MkdirAll(dir, 0o755); err != nil { // #nosec G301 -- the database's own folder below is closed
		k.Detail, k.Mend = err.Error(), "choose a directory that can be written with --data-dir"
		return k
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		k.Detail = err.Error()
		return k
	}
	free := fs.Bavail * uint64(fs.Bsize) // #nosec G115 -- a block size is positive
	k.OK, k.Detail = free >= diskWanted, fmt.Sprintf("%.1f GB free at %s", float64(free)/1e9, dir)
	if !k.OK {
		k.Mend = "make room: the database keeps the original files too"
	}
	return k
}
