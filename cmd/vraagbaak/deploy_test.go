package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// compose reads docker-compose.yml as docker would, with an empty environment.
func compose(t *testing.T, profiles ...string) *types.Project {
	t.Helper()
	path, err := filepath.Abs("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  filepath.Dir(path),
		ConfigFiles: []types.ConfigFile{{Filename: path}},
		Environment: types.Mapping{},
	}, loader.WithProfiles(profiles))
	if err != nil {
		t.Fatalf("docker-compose.yml: %v", err)
	}
	return project
}

func TestComposeServices(t *testing.T) {
	t.Parallel()
	plain, all := compose(t), compose(t, "ollama")
	for _, test := range []struct {
		project *types.Project
		want    []string
	}{
		{plain, []string{"database", "migrate", "serve", "worker"}},
		{all, []string{"database", "migrate", "ollama", "ollama-model", "serve", "worker"}},
	} {
		got := test.project.ServiceNames()
		slices.Sort(got)
		if !slices.Equal(got, test.want) {
			t.Errorf("services %v, want %v", got, test.want)
		}
	}
	for name, service := range all.Services {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkService(t, service)
		})
	}
	for _, name := range []string{"serve", "worker"} {
		needs := plain.Services[name].DependsOn
		if got := needs["migrate"].Condition; got != types.ServiceConditionCompletedSuccessfully {
			t.Errorf("%s waits for migrate to be %q", name, got)
		}
		if got := needs["database"].Condition; got != types.ServiceConditionHealthy {
			t.Errorf("%s waits for the database to be %q", name, got)
		}
	}
	if !plain.Networks["inside"].Internal {
		t.Error("the network of the database can be reached from outside")
	}
	database := plain.Services["database"]
	if len(database.Ports) > 0 || len(database.Networks) != 1 {
		t.Error("the database is not only on the inside network")
	}
	if !regexp.MustCompile(`^pgvector/pgvector:0\.8\.([4-9]|\d\d)-pg\d+-`).MatchString(database.Image) {
		t.Errorf("image %s is not a pgvector from 0.8.4 on", database.Image)
	}
}

// checkService holds what every service in production must have.
func checkService(t *testing.T, s types.ServiceConfig) {
	t.Helper()
	tag := s.Image[strings.LastIndexByte(s.Image, ':')+1:]
	if !regexp.MustCompile(`\d+\.\d+`).MatchString(tag) {
		t.Errorf("image %s is not pinned to a version", s.Image)
	}
	oneShot := s.Name == "migrate" || s.Name == "ollama-model"
	switch {
	case s.HealthCheck == nil:
		t.Error("no health check")
	case s.HealthCheck.Disable != oneShot:
		t.Errorf("health check disabled: %v", s.HealthCheck.Disable)
	case !oneShot && (len(s.HealthCheck.Test) < 2 || s.HealthCheck.Interval == nil || s.HealthCheck.Timeout == nil):
		t.Errorf("health check %+v is not whole", s.HealthCheck)
	}
	if s.Restart == "" {
		t.Error("nothing is said about restarting")
	}
	if s.Deploy == nil || s.Deploy.Resources.Limits == nil || s.Deploy.Resources.Limits.MemoryBytes == 0 || s.Deploy.Resources.Limits.NanoCPUs == 0 {
		t.Error("no limits for memory and processor")
	}
	if !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || !slices.Contains(s.CapDrop, "ALL") {
		t.Error("it keeps privileges")
	}
	if !strings.HasPrefix(s.Name, "ollama") && !s.ReadOnly {
		t.Error("its file system can be written")
	}
	for name, value := range s.Environment {
		if regexp.MustCompile(`(?i)password|secret|_key$|database_url`).MatchString(name) && !strings.HasSuffix(name, "_FILE") {
			t.Errorf("%s=%v stands in the environment, not in a file", name, value)
		}
	}
	for name := range s.Environment {
		if file := s.Environment[name]; strings.HasSuffix(name, "_FILE") && file != nil {
			if !slices.ContainsFunc(s.Secrets, func(c types.ServiceSecretConfig) bool { return "/run/secrets/"+c.Source == *file }) {
				t.Errorf("%s=%s is not one of its secrets", name, *file)
			}
		}
	}
}

// The commands and settings that the compose file gives to the program exist.
func TestComposeCommandsExist(t *testing.T) {
	t.Parallel()
	settings := environmentNames(t)
	for name, service := range compose(t).Services {
		if service.Build == nil {
			continue
		}
		lines := [][]string{service.Command}
		if check := service.HealthCheck; len(check.Test) > 1 && check.Test[1] == "vraagbaak" {
			lines = append(lines, check.Test[2:])
		}
		for _, line := range lines {
			parser, err := kong.New(&cli{}, kong.Exit(func(int) {}))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.Parse(line); err != nil {
				t.Errorf("%s: vraagbaak %s: %v", name, strings.Join(line, " "), err)
			}
		}
		for variable := range service.Environment {
			if !slices.Contains(settings, strings.TrimSuffix(variable, "_FILE")) {
				t.Errorf("%s: the program knows no %s", name, variable)
			}
		}
	}
}

// environmentNames lists every environment variable the command line honours.
func environmentNames(t *testing.T) []string {
	t.Helper()
	var names []string
	var walk func(reflect.Type)
	walk = func(s reflect.Type) {
		for i := range s.NumField() {
			field := s.Field(i)
			if env, ok := field.Tag.Lookup("env"); ok {
				names = append(names, strings.Split(env, ",")...)
			}
			if field.Type.Kind() == reflect.Struct {
				walk(field.Type)
			}
		}
	}
	walk(reflect.TypeFor[cli]())
	if len(names) < 10 {
		t.Fatalf("found only the variables %v", names)
	}
	return names
}

// The image is built from pinned stages and does not run as root.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	stages := regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(text, -1)
	if len(stages) < 3 {
		t.Errorf("%d stages, want at least 3", len(stages))
	}
	for _, stage := range stages {
		if !regexp.MustCompile(`:\d+\.\d+`).MatchString(stage[1]) {
			t.Errorf("stage %s is not pinned to a version", stage[1])
		}
	}
	gomod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\S+)$`).FindSubmatch(gomod)
	if version == nil || !strings.Contains(text, "golang:"+string(version[1])+"-") {
		t.Errorf("the image is not built with the Go of go.mod, %s", version)
	}
	users := regexp.MustCompile(`(?m)^USER (\S+)`).FindAllStringSubmatch(text, -1)
	if len(users) == 0 || users[len(users)-1][1] == "root" {
		t.Error("the image runs as root")
	}
	for _, want := range []string{"HEALTHCHECK ", "tesseract-ocr-nld", "tesseract-ocr-eng", "tesseract-ocr-osd", "wdutch"} {
		if !strings.Contains(text, want) {
			t.Errorf("the image lacks %s", want)
		}
	}
}
