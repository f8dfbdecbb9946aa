package browser_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdpnetwork "github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/web"
)

// EnvSite names the variable with the address of a running website to test
// instead of the one these tests start; the tests that need the scripted
// answers are skipped then.
const envSite = "VRAAGBAAK_TEST_SITE"

// EnvScreenshots names the variable with a folder for pictures of every page
// and state; without it no pictures are kept.
const envScreenshots = "VRAAGBAAK_SCREENSHOTS"

// tabTimeout bounds one test in the browser.
const tabTimeout = 10 * time.Minute

// stepTimeout bounds everything that is waited for: far more than it takes, so
// that a busy machine does not fail a test.
const stepTimeout = 2 * time.Minute

// together is the most tests that run at once: each keeps a browser and a server busy.
const together = 3

// chromium is the browser of all tests of this package; every test has tabs of its own
// with their own cookies, so that tests run beside each other.
var chromium struct {
	ctx  context.Context
	skip string // why there is none
}

func TestMain(m *testing.M) {
	extract.MaybeChild() // pages are drawn by this test binary too
	flag.Parse()
	if runtime.GOMAXPROCS(0) > together && !given("test.parallel") {
		if err := flag.Set("test.parallel", strconv.Itoa(together)); err != nil {
			panic(err)
		}
	}
	os.Exit(run(m))
}

// given reports whether a flag stood on the command line.
func given(name string) (found bool) {
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

func run(m *testing.M) int {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	assets, err := web.LoadAssets()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return 1
	case path == "":
		chromium.skip = "NO BROWSER TESTS: Chromium is not installed (apt-get install chromium, or make setup-test)"
	case !assets.Built():
		chromium.skip = "NO BROWSER TESTS: the styles and scripts are not built (make build)"
	}
	if chromium.skip != "" {
		fmt.Fprintln(os.Stderr, chromium.skip)
		return postgrestest.Main(m)
	}
	if programDir, err = os.MkdirTemp("", "vraagbaak-program-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(programDir) }()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("hide-scrollbars", true),
		// The list under the address bar that nobody sees is a page of its own in every
		// window: it took more than half as long as our pages.
		chromedp.Flag("disable-features", "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,PaintHolding"),
		chromedp.Flag("lang", "nl"),
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	ctx, cancel := chromedp.NewContext(allocator)
	defer cancel()
	if err := chromedp.Do(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "starting Chromium:", err)
		return 1
	}
	chromium.ctx = ctx
	return postgrestest.Main(m)
}

// view is how a page is looked at.
type view struct {
	width, height int64
	dark          bool
	noScript      bool
	forced        bool // forced colours
}

// besides opens another tab of the same browser: it has the same cookies.
func besides(ctx context.Context, t testing.TB) context.Context {
	t.Helper()
	second, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(second, keepFocus); err != nil {
		t.Fatal("opening a tab:", err)
	}
	return second
}

var desktop = view{width: 1440, height: 900}

// widths are those of a telephone, a tablet and a desk, in CSS pixels.
var widths = []int64{320, 768, 1440}

// tab opens a new, empty tab.
func tab(t testing.TB, v view) context.Context {
	t.Helper()
	if chromium.skip != "" {
		t.Skip(chromium.skip)
	}
	ctx, cancel := chromedp.NewContext(chromium.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	// The tab lives as long as the context of this first call.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal("opening a tab:", err)
	}
	ctx, stop := context.WithTimeout(ctx, tabTimeout)
	t.Cleanup(stop)
	do(ctx, t, "keeping the focus", keepFocus)
	return look(ctx, t, v)
}

// keepFocus has a tab take itself for the one with the focus, whatever others do.
var keepFocus = command(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})

// look changes how the pages of a tab are looked at from the next one on. A tab that has
// shown pages is much quicker than a new one.
func look(ctx context.Context, t testing.TB, v view) context.Context {
	t.Helper()
	scheme := "light"
	if v.dark {
		scheme = "dark"
	}
	forced := "none"
	if v.forced {
		forced = "active"
	}
	media := []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "forced-colors", Value: forced},
		{Name: "prefers-reduced-motion", Value: "reduce"}, // pictures hold still
	}
	do(ctx, t, "changing the view",
		command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: v.width, Height: v.height, DeviceScaleFactor: 1}),
		command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: media}),
		scripts(!v.noScript),
	)
	return context.WithValue(ctx, viewKey{}, v)
}

// anew makes a tab that of somebody else, who looks otherwise.
func anew(ctx context.Context, t testing.TB, v view) context.Context {
	t.Helper()
	do(ctx, t, "leaving the page", chromedp.Navigate("about:blank"), command(cdpnetwork.ClearBrowserCookies, cdp.Empty{}),
		command(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved}))
	return look(ctx, t, v)
}

// viewKey is where the context of a tab has its view.
type viewKey struct{}

// scripts lets the scripts of pages run, or not.
func scripts(on bool) step {
	return command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// command is a protocol command as a step.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, c, params)
		return err
	})
}

// step is something done in a tab.
type step = chromedp.Action[chromedp.Void]

func click(selector string) step { return chromedp.Click(chromedp.CSS(selector)) }

// typeInto types text into a field that is empty.
func typeInto(selector, text string) step { return chromedp.SendKeys(chromedp.CSS(selector), text) }

// press is one stroke of a key that writes nothing.
func press(key string) step {
	codes := map[string]int64{"Enter": 13, "Tab": 9, "Escape": 27}
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeChar, input.DispatchKeyEventTypeKeyUp} {
			event := input.DispatchKeyEventParams{Type: kind, Key: key, Code: key, WindowsVirtualKeyCode: codes[key], NativeVirtualKeyCode: codes[key]}
			if kind == input.DispatchKeyEventTypeChar {
				// Links and buttons act on the character, the form on the key.
				if key != "Enter" {
					continue
				}
				event.Text = "\r"
			}
			if _, err := cdp.Call(ctx, tab, input.DispatchKeyEvent, event); err != nil {
				return err
			}
		}
		return nil
	})
}

// do takes steps and fails the test with what was being done.
func do(ctx context.Context, t testing.TB, what string, steps ...step) {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	if err := chromedp.Do(limited, steps...); err != nil {
		t.Fatalf("%s: %v\n%s", what, err, says(ctx))
	}
}

// says is what is to be read on the page, for messages of failing tests.
func says(ctx context.Context) string {
	limited, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	text, err := chromedp.Run(limited, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	if long := []rune(text); len(long) > 1500 {
		text = string(long[:1500]) + " …"
	}
	return "the page says:\n" + text
}

// evaluate is the value of a JavaScript expression in the page; a promise is
// waited for.
func evaluate[T any](ctx context.Context, t testing.TB, expression string) T {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	value, err := chromedp.Run(limited, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		if len(expression) > 300 {
			expression = expression[:100] + " … " + expression[len(expression)-200:]
		}
		t.Fatalf("evaluating %s: %v", expression, err)
	}
	return value
}

// until waits for a JavaScript expression to become true on a page that is there as a
// whole, also over a change of page. A promise is true at once.
func until(ctx context.Context, t testing.TB, what, expression string) {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	for {
		ok, err := chromedp.Run(limited, chromedp.Evaluate[bool](`document.readyState === "complete" && !!(`+expression+`)`))
		if ok && err == nil {
			return
		}
		select {
		case <-limited.Done():
			t.Fatalf("waited in vain until %s (%v)\n%s", what, err, says(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// text is the visible text of the first element that matches.
func text(ctx context.Context, t testing.TB, selector string) string {
	t.Helper()
	return evaluate[string](ctx, t, fmt.Sprintf(`(document.querySelector(%q) || {innerText: ""}).innerText`, selector))
}
