package browser_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
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
const tabTimeout = 5 * time.Minute

// stepTimeout bounds everything that is waited for: far more than it takes, so
// that a busy machine does not fail a test.
const stepTimeout = time.Minute

// chromium is the browser of all tests of this package; every test has a tab of
// its own with its own cookies.
var chromium struct {
	ctx  context.Context
	skip string // why there is none
}

func TestMain(m *testing.M) {
	extract.MaybeChild() // pages are drawn by this test binary too
	os.Exit(run(m))
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
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("hide-scrollbars", true),
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
	if err := chromedp.Do(second); err != nil {
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
	ctx, stop := context.WithTimeout(context.WithValue(ctx, viewKey{}, v), tabTimeout)
	t.Cleanup(stop)
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
	do(ctx, t, "setting up the tab",
		command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: v.width, Height: v.height, DeviceScaleFactor: 1}),
		command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: media}),
		scripts(!v.noScript),
	)
	return ctx
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

// until waits for a JavaScript expression to become true, also over a change of
// page.
func until(ctx context.Context, t testing.TB, what, expression string) {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	for {
		ok, err := chromedp.Run(limited, chromedp.Evaluate[bool]("!!("+expression+")"))
		if ok {
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
