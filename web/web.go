package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

//go:embed templates/*.html templates/office/*.html
var templateFiles embed.FS

// messages.json are the texts of the website, messages_*.json those of parts of the
// staff area.
//
//go:embed messages*.json
var messageFiles embed.FS

// all: because the placeholder that lets an unbuilt checkout compile begins
// with a dot.
//
//go:embed all:dist
var distFiles embed.FS

// Languages are the languages the pages speak, the default first.
func Languages() []string { return []string{"nl", "en"} }

// Messages are the texts of one language by key.
type Messages map[string]string

// LoadMessages reads the catalogues: every key in every language, once. A text that
// is missing in one language is an error, so a half-translated page cannot be
// served.
func LoadMessages() (map[string]Messages, error) {
	names, err := fs.Glob(messageFiles, "*.json")
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	out := make(map[string]Messages)
	for _, lang := range Languages() {
		out[lang] = make(Messages)
	}
	for _, name := range names {
		content, err := messageFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		if err := addMessages(out, name, content); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func addMessages(to map[string]Messages, name string, content []byte) error {
	var file map[string]map[string]string
	if err := json.Unmarshal(content, &file); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	for key, texts := range file {
		for _, lang := range Languages() {
			if strings.TrimSpace(texts[lang]) == "" {
				return fmt.Errorf("%s: %q has no text in %s", name, key, lang)
			}
			if _, twice := to[lang][key]; twice {
				return fmt.Errorf("%s: %q has a text already", name, key)
			}
			to[lang][key] = texts[lang]
		}
		if len(texts) != len(Languages()) {
			return fmt.Errorf("%s: %q has a language the pages do not speak", name, key)
		}
	}
	return nil
}

// Text is the text of a key, with {name} replaced by the value that follows
// name in args.
func (m Messages) Text(key string, args ...any) (string, error) {
	text, ok := m[key]
	if !ok {
		return "", fmt.Errorf("no message %q", key)
	}
	if len(args)%2 != 0 {
		return "", fmt.Errorf("message %q: a name without a value", key)
	}
	pairs := make([]string, 0, len(args))
	for pair := range slices.Chunk(args, 2) {
		pairs = append(pairs, fmt.Sprintf("{%v}", pair[0]), fmt.Sprint(pair[1]))
	}
	return strings.NewReplacer(pairs...).Replace(text), nil
}

// WithPrefix are the texts whose key starts with prefix, under the rest of the
// key: what a script on the page needs.
func (m Messages) WithPrefix(prefix string) Messages {
	out := make(Messages)
	for key, text := range m {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			out[rest] = text
		}
	}
	return out
}

// The folders of page templates.
const (
	SiteTemplates   = "templates"        // what visitors see
	OfficeTemplates = "templates/office" // the staff area
)

// Templates parses every page template of a folder. Each template of the result is one
// page, executed by its file name without the extension; "layout" and the
// partials are shared within the folder.
func Templates(folder string, funcs template.FuncMap) (map[string]*template.Template, error) {
	shared, err := template.New("shared").Funcs(funcs).ParseFS(templateFiles, folder+"/_*.html")
	if err != nil {
		return nil, fmt.Errorf("parse shared templates: %w", err)
	}
	files, err := fs.Glob(templateFiles, folder+"/*.html")
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	pages := make(map[string]*template.Template)
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if strings.HasPrefix(name, "_") {
			continue
		}
		page, err := shared.Clone()
		if err != nil {
			return nil, fmt.Errorf("copy shared templates: %w", err)
		}
		if page, err = page.ParseFS(templateFiles, file); err != nil {
			return nil, fmt.Errorf("parse template %s: %w", name, err)
		}
		pages[name] = page
	}
	return pages, nil
}

// Assets are the built styles and scripts.
type Assets struct {
	byName map[string]string // logical name → file name with its digest
	files  map[string][]byte
}

// LoadAssets reads what was built. Built reports whether anything was.
func LoadAssets() (*Assets, error) {
	a := &Assets{byName: map[string]string{}, files: map[string][]byte{}}
	manifest, err := distFiles.ReadFile("dist/manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read asset manifest: %w", err)
	}
	if err := json.Unmarshal(manifest, &a.byName); err != nil {
		return nil, fmt.Errorf("read asset manifest: %w", err)
	}
	for _, file := range a.byName {
		for _, name := range []string{file, file + ".gz"} {
			content, err := distFiles.ReadFile("dist/" + name)
			if err != nil {
				return nil, fmt.Errorf("asset %s is in the manifest but not in dist: %w", name, err)
			}
			a.files[name] = content
		}
	}
	return a, nil
}

// Built reports whether the styles and scripts were built into the binary.
func (a *Assets) Built() bool { return len(a.byName) > 0 }

// Names are the logical names of the assets, sorted.
func (a *Assets) Names() []string { return slices.Sorted(maps.Keys(a.byName)) }

// Path is the address of an asset under /static/, or "" when it was not built.
func (a *Assets) Path(name string) string {
	if file, ok := a.byName[name]; ok {
		return "/static/" + file
	}
	return ""
}

// Size is the number of bytes of an asset as it travels, compressed.
func (a *Assets) Size(name string) int { return len(a.files[a.byName[name]+".gz"]) }

var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// ServeHTTP serves /static/{file}. The name holds a digest of the content, so
// a browser may keep it for good.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/static/")
	content, ok := a.files[name]
	mediaType := mediaTypes[path.Ext(name)]
	if !ok || mediaType == "" {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		content = a.files[name+".gz"]
	}
	h.Set("Content-Length", fmt.Sprint(len(content)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(content) // the reader went away: nothing to do
}

// ServeNamed serves an asset under an address that stays, for pages of others.
func (a *Assets) ServeNamed(w http.ResponseWriter, r *http.Request, name string) {
	file := a.byName[name]
	content, ok := a.files[file]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", mediaTypes[path.Ext(name)])
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("ETag", `"`+file+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if coding == "gzip" {
			return !strings.HasPrefix(strings.ReplaceAll(params, " ", ""), "q=0") || strings.Contains(params, "0.")
		}
	}
	return false
}
