package browser_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

var update = flag.Bool("update", false, "write the golden pictures anew; look at them first (VRAAGBAAK_SCREENSHOTS)")

const (
	goldenDir    = "testdata/golden"
	goldenWidth  = 160  // pixels, of every golden picture
	goldenLevels = 16   // of grey
	goldenMost   = 3000 // pixels of a page that are looked at, from its top

	// What may differ: letters that are drawn a little otherwise change a grey level
	// here and there, a part that moved or went changes many by much.
	goldenMean  = 3.0   // levels of 256 on average
	goldenFar   = 56    // levels that are far off
	goldenShare = 0.006 // of the pixels may be that
)

var unsafeName = regexp.MustCompile(`[^a-z0-9-]+`)

// settled waits for what comes after an answer, and takes out what differs from one
// run to the next.
const settled = `(async () => {
	let still = false;
	for (let i = 0; i < 1000 && !still; i++) {
		const late = [...document.querySelectorAll(".vb-turn[data-state=done], .vb-turn[data-state=failed]")].some(t => t.dataset.turn && "live" in document.documentElement.dataset && t.querySelector("[data-after]").hidden);
		if (!late && [...document.images].every(i => i.complete) && !document.querySelector("[aria-busy=true]")) still = true;
		else await new Promise(r => { const c = new MessageChannel(); c.port1.onmessage = r; setTimeout(() => c.port2.postMessage(0), 30) });
	}
	window.changed = [...document.querySelectorAll("[data-share-address], [data-reference], [data-shared-lead]")].map(e => [e, [...e.childNodes]]);
	for (const [e] of window.changed) e.replaceChildren(e.textContent.replace(/[a-z2-7]{26,}/, "a".repeat(26)).replace(/:\d{4,5}\//, ":12345/").replace(/\d+ [a-z]+ 20\d\d/i, "1 mei 2024"));
	return still;
})()`

// unsettled puts back what settled took out.
const unsettled = `(() => { for (const [e, nodes] of window.changed ?? []) e.replaceChildren(...nodes); return null })()`

// picture compares the window, or the whole page, with its golden picture, and keeps
// it in full when a folder for that is named.
func picture(ctx context.Context, t *testing.T, name string, whole bool) {
	t.Helper()
	name = unsafeName.ReplaceAllString(name, "_")
	if v, _ := ctx.Value(viewKey{}).(view); v.noScript { // nothing comes later there
		evaluate[bool](ctx, t, strings.Replace(settled, "i < 1000", "i < 0", 1))
	} else if !evaluate[bool](ctx, t, settled) {
		t.Errorf("%s: something was still to come", name)
	}
	defer evaluate[*string](ctx, t, unsettled)
	limited, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	var shot page.CaptureScreenshotResult
	err := chromedp.Do(limited, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) (err error) {
		quick := true // to write: it takes half as long
		shot, err = cdp.Call(ctx, tab, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &whole, OptimizeForSpeed: &quick})
		return err
	}))
	if err != nil {
		t.Fatal("taking a picture:", err)
	}
	content := shot.Data
	if dir := os.Getenv(envScreenshots); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getenv(envSite) != "" || !sameFonts(ctx, t) {
		return
	}
	full, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	got := small(full.(image.RGBA64Image)) // as all that png gives
	path := filepath.Join(goldenDir, name+".png")
	if *update {
		writeGolden(t, path, got)
		return
	}
	file, err := os.ReadFile(path) // #nosec G304 -- a golden file of this test
	if err != nil {
		t.Errorf("%s: no golden picture; look at this one (%s) and run the test with -update: %v", name, envScreenshots, err)
		return
	}
	want, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if diff := differs(got, want); diff != "" {
		t.Errorf("%s does not look as it did: %s; look at it (%s), and if it is right run the test with -update", name, diff, envScreenshots)
	}
}

// small is a picture in few pixels and few levels of grey: what is left is where
// things stand and how dark they are.
func small(full image.RGBA64Image) *image.Paletted {
	from := full.Bounds()
	from.Max.Y = min(from.Max.Y, from.Min.Y+goldenMost)
	height := max(1, from.Dy()*goldenWidth/from.Dx())
	palette := make(color.Palette, goldenLevels)
	for i := range palette {
		palette[i] = color.Gray{uint8(i * 255 / (goldenLevels - 1))} // #nosec G115 -- at most 255
	}
	out := image.NewPaletted(image.Rect(0, 0, goldenWidth, height), palette)
	for y := range height {
		for x := range goldenWidth {
			sum, n := 0, 0
			for fy := y * from.Dy() / height; fy < (y+1)*from.Dy()/height; fy++ {
				for fx := x * from.Dx() / goldenWidth; fx < (x+1)*from.Dx()/goldenWidth; fx++ {
					c := full.RGBA64At(from.Min.X+fx, from.Min.Y+fy)
					// As color.GrayModel does, without memory for each of millions of points.
					sum, n = sum+int((19595*uint32(c.R)+38470*uint32(c.G)+7471*uint32(c.B)+1<<15)>>24), n+1
				}
			}
			out.SetColorIndex(x, y, uint8((sum*(goldenLevels-1)/max(n, 1)+127)/255)) // #nosec G115 -- below goldenLevels
		}
	}
	return out
}

// differs says how a picture differs from the golden one by more than may be; "" when
// it does not.
func differs(got, want image.Image) string {
	g, w := got.Bounds(), want.Bounds()
	if d := g.Dy() - w.Dy(); d < -1 || d > 1 || g.Dx() != w.Dx() {
		return fmt.Sprintf("its size is %v, was %v", g.Size(), w.Size())
	}
	height := min(g.Dy(), w.Dy())
	sum, far := 0, 0
	for y := range height {
		for x := range g.Dx() {
			a := int(color.GrayModel.Convert(got.At(x, y)).(color.Gray).Y)
			b := int(color.GrayModel.Convert(want.At(x, y)).(color.Gray).Y)
			d := max(a-b, b-a)
			if sum += d; d > goldenFar {
				far++
			}
		}
	}
	pixels := float64(height * g.Dx())
	mean, share := float64(sum)/pixels, float64(far)/pixels
	if mean > goldenMean || share > goldenShare {
		return fmt.Sprintf("levels differ by %.2f on average, %.2f%% of the pixels by more than %d", mean, 100*share, goldenFar)
	}
	return ""
}

func writeGolden(t *testing.T, path string, p image.Image) {
	t.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(goldenDir, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

var warnFonts sync.Once

// sameFonts reports whether letters are as wide as where the golden pictures were
// made. With other fonts lines break elsewhere, and nothing can be compared.
func sameFonts(ctx context.Context, t *testing.T) bool {
	t.Helper()
	widths := evaluate[string](ctx, t, `(() => {
		const paint = document.createElement("canvas").getContext("2d"), style = getComputedStyle(document.documentElement);
		return ["sans", "serif"].flatMap(f => ["400", "700"].map(w => {
			paint.font = w + " 100px " + style.getPropertyValue("--vb-" + f);
			return f + " " + w + " " + Math.round(paint.measureText("Vraagbaak wijst u de weg: 0123456789 … 👩").width);
		})).join("\n") + "\n";
	})()`)
	if strings.Contains(widths, " 0\n") || !strings.Contains(evaluate[string](ctx, t, `getComputedStyle(document.documentElement).getPropertyValue("--vb-sans")`), "system-ui") {
		return false // a page without our style
	}
	path := filepath.Join(goldenDir, "fonts.txt")
	if *update {
		if err := os.MkdirAll(goldenDir, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(widths), 0o600); err != nil {
			t.Fatal(err)
		}
		return true
	}
	want, err := os.ReadFile(path) // #nosec G304 -- a golden file of this test
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if string(want) != widths {
		warnFonts.Do(func() {
			fmt.Fprintf(os.Stderr, "GOLDEN PICTURES ARE NOT COMPARED: the fonts here are not those they were made with:\n%swant:\n%s", widths, want)
		})
		return false
	}
	return true
}

// TestTolerance: letters drawn a little otherwise are the same picture; a button that
// went, a block that moved, or another colour is not.
func TestTolerance(t *testing.T) {
	t.Parallel()
	page := func(change func(*image.Gray)) *image.Paletted {
		p := image.NewGray(image.Rect(0, 0, 320, 640))
		fill := func(r image.Rectangle, level uint8) {
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					p.SetGray(x, y, color.Gray{level})
				}
			}
		}
		fill(p.Bounds(), 250)
		for y := 100; y < 400; y += 24 { // lines of text
			for x := 20; x < 300; x += 3 {
				fill(image.Rect(x, y, x+1, y+10), 30)
			}
		}
		fill(image.Rect(20, 420, 140, 464), 60) // a button
		if change != nil {
			change(p)
		}
		return small(p)
	}
	golden := page(nil)
	tests := map[string]struct {
		change func(*image.Gray)
		same   bool
	}{
		"nothing": {nil, true},
		"softer letters": {func(p *image.Gray) {
			for i, level := range p.Pix {
				if level == 30 {
					p.Pix[i] = 40
				}
			}
		}, true},
		"a button that went": {func(p *image.Gray) {
			for y := 420; y < 464; y++ {
				for x := 20; x < 140; x++ {
					p.SetGray(x, y, color.Gray{250})
				}
			}
		}, false},
		"all 24 pixels lower": {func(p *image.Gray) {
			copy(p.Pix[24*p.Stride:], append([]uint8(nil), p.Pix[:len(p.Pix)-24*p.Stride]...))
		}, false},
		"another paper": {func(p *image.Gray) {
			for i, level := range p.Pix {
				if level == 250 {
					p.Pix[i] = 225
				}
			}
		}, false},
	}
	for name, tt := range tests {
		if diff := differs(page(tt.change), golden); (diff == "") != tt.same {
			t.Errorf("%s: %q", name, diff)
		}
	}
}
