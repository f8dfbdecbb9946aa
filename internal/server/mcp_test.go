package server_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/server"
)

// What comes to /mcp is looked at before it goes on: where from, how large, how often.
func TestMCPGuard(t *testing.T) {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	in := start(t, postgrestest.New(t), func(_ *chat.Config, s *server.Config) {
		s.MCP, s.Origins = echo, []string{"https://www.ser.nl"}
		s.Limits = server.Limits{AsksPerSecond: 0.001, AskBurst: 4}
	})
	url := "http://" + in.addr + "/mcp"
	for _, tt := range []struct {
		name, method, body, origin string
		status                     int
	}{
		{"no browser", "POST", "hallo", "", 200},
		{"this website", "POST", "hallo", "http://" + in.addr, 200},
		{"a configured website", "POST", "hallo", "https://www.ser.nl", 200},
		{"another website", "POST", "hallo", "https://example.org", 403},
		{"another website that reads along", "GET", "", "https://example.org", 403},
		{"nowhere", "GET", "", "null", 403},
		{"giant", "POST", strings.Repeat("x", 256<<10+1), "", 413}, // more could meet a closed connection before the answer
		{"too often", "POST", "hallo", "", 429},
		{"reading is no question", "GET", "", "", 200},
	} {
		header := map[string]string{}
		if tt.origin != "" {
			header["Origin"] = tt.origin
		}
		resp, body := request(t, tt.method, url, header, tt.body)
		if resp.StatusCode != tt.status || tt.status == 200 && body != tt.body || tt.status != 200 && !strings.Contains(body, `"code"`) {
			t.Errorf("%s: %s %s", tt.name, resp.Status, body)
		}
	}
	without := start(t, postgrestest.New(t))
	if resp, _ := request(t, "POST", "http://"+without.addr+"/mcp", nil, "{}"); resp.StatusCode != 404 {
		t.Errorf("switched off: %s", resp.Status)
	}
}
