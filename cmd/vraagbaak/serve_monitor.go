package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ser-nl/vraagbaak/internal/evaluate"
	"github.com/ser-nl/vraagbaak/internal/llm"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/server"
)

// MonitorSettings are the flags of checking answers again.
type MonitorSettings struct {
	RecheckShare   float64 `help:"Share of the answers, 0 to 1, that is checked again in the background; 0 checks none." name:"recheck-share" default:"0.05" env:"VRAAGBAAK_RECHECK_SHARE" placeholder:"SHARE"`
	RecheckPerHour int     `help:"Answers that all servers together check again in an hour at most." name:"recheck-per-hour" default:"600" env:"VRAAGBAAK_RECHECK_PER_HOUR" placeholder:"N"`
	JudgeURL       string  `help:"OpenAI-compatible API, ending in /v1, of a language model that judges those answers too; it sees sentences and their quotes." name:"judge-url" env:"VRAAGBAAK_JUDGE_URL" placeholder:"URL"`
	JudgeModel     string  `help:"Name of that model." name:"judge-model" env:"VRAAGBAAK_JUDGE_MODEL" placeholder:"NAME"`
	JudgeKey       string  `help:"Key of its API." name:"judge-key" env:"VRAAGBAAK_JUDGE_KEY" placeholder:"KEY"`
	JudgePerHour   int     `help:"Answers that the model judges in an hour at most." name:"judge-per-hour" default:"60" env:"VRAAGBAAK_JUDGE_PER_HOUR" placeholder:"N"`
}

// judgeDeadline bounds one judgement: nobody waits for it.
const judgeDeadline = time.Minute

// judge is the configured judge, or nil for none.
func (s MonitorSettings) judge() (evaluate.Judge, error) {
	if s.JudgeURL == "" && s.JudgeModel == "" {
		return nil, nil
	}
	if s.JudgeURL == "" || s.JudgeModel == "" {
		return nil, usagef("a judge needs an address and the name of a model: give both --judge-url and --judge-model")
	}
	chat, err := llm.NewChat(llm.ChatConfig{
		BaseURL: s.JudgeURL, APIKey: s.JudgeKey, Model: s.JudgeModel, MaxTokens: 400, FirstToken: judgeDeadline, Idle: judgeDeadline / 2, Total: judgeDeadline,
	})
	if err != nil {
		return nil, usagef("--judge-url: %v", err)
	}
	return llm.NewJudge(chat), nil
}

// monitor starts what keeps figures, checks answers again and groups questions, until
// ctx ends, and gives the staff area its dashboards.
func (s MonitorSettings) monitor(ctx context.Context, e *env, db *postgres.DB, area *staffArea, metrics *server.Metrics, wg *sync.WaitGroup) error {
	if s.RecheckShare < 0 || s.RecheckShare > 1 || s.RecheckPerHour < 1 || s.JudgePerHour < 1 {
		return usagef("--recheck-share must be between 0 and 1, and --recheck-per-hour and --judge-per-hour at least 1")
	}
	judge, err := s.judge()
	if err != nil {
		return err
	}
	store := postgres.NewMonitor(db)
	area.Monitor = store
	r := evaluate.NewRechecker(evaluate.RecheckConfig{
		Store: store, Judge: judge, Version: version(), Share: s.RecheckShare,
		PerHour: s.RecheckPerHour, JudgePerHour: s.JudgePerHour, Logger: e.log,
	})
	report(metrics, r, store, judge != nil)
	wg.Go(func() { r.Run(ctx) })
	wg.Go(func() { evaluate.Figures{Store: store, Logger: e.log}.Run(ctx) })
	wg.Go(func() { evaluate.Topics{Store: store, Logger: e.log}.Run(ctx) })
	return nil
}

// gaugeTimeout bounds the look into the database for a gauge.
const gaugeTimeout = 2 * time.Second

// report tells what this process checked again.
func report(metrics *server.Metrics, r *evaluate.Rechecker, store *postgres.Monitor, judged bool) {
	checkers := []evaluate.Checker{evaluate.CheckerVerifier}
	if judged {
		checkers = append(checkers, evaluate.CheckerJudge)
	}
	for _, c := range checkers {
		for _, o := range []evaluate.Outcome{evaluate.OutcomeSupported, evaluate.OutcomeUnclear, evaluate.OutcomeUnsupported, evaluate.OutcomeWrongCitation, evaluate.OutcomeFailed} {
			metrics.Counter(fmt.Sprintf("vraagbaak_recheck_%s_%s_total", c, o),
				fmt.Sprintf("Answers that the %s checked again here with the outcome %s.", c, strings.ReplaceAll(string(o), "_", " ")),
				func() float64 { return float64(r.Checked(c, o)) })
		}
		metrics.Counter(fmt.Sprintf("vraagbaak_recheck_%s_errors_total", c), fmt.Sprintf("Attempts of the %s that failed here.", c),
			func() float64 { return float64(r.Failures(c)) })
	}
	metrics.Gauge("vraagbaak_recheck_waiting", "Answers that wait to be checked again, on all servers; -1 when the database does not say.", func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), gaugeTimeout)
		defer cancel()
		n, err := store.RechecksWaiting(ctx)
		if err != nil {
			return -1
		}
		return float64(n)
	})
}
