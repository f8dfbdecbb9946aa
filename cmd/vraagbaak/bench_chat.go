package main

import (
	"context"
	"time"

	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/evaluate"
)

type benchChatCommand struct {
	AnswerSettings
	Set           string        `arg:"" help:"Question set as JSON Lines." default:"ingest/demo/questions.jsonl" optional:"" type:"path"`
	Conversations int           `help:"Conversations at once." default:"20"`
	Pause         time.Duration `help:"Between an answer and the next question of a conversation." default:"0s"`
	Turns         int           `help:"Questions in all." default:"1000"`
	Workers       int           `help:"Turns answered at once; 0 is the default of serve." default:"0"`
	JSON          bool          `help:"Print JSON." name:"json"`
}

// Help is the command's example.
func (*benchChatCommand) Help() string {
	return "Example:\n\n  vraagbaak bench chat --conversations 20 ingest/demo/questions.jsonl"
}

func (c *benchChatCommand) Run(ctx context.Context, e *env) error {
	set, err := readFile(c.Set, evaluate.ReadQuestions)
	if err != nil {
		return err
	}
	load := chat.Load{Conversations: c.Conversations, Turns: c.Turns, Pause: c.Pause}
	for _, q := range set {
		if q.Answerable { // only an answer has a first sentence
			load.Questions = append(load.Questions, q.Question)
		}
	}
	x, err := e.filled(ctx, c.AnswerSettings, 16)
	if err != nil {
		return err
	}
	defer x.close(e)
	load.Service = chat.New(chat.Config{Store: x.db.Chat(), Answerer: x.answers, Logger: e.log, Workers: c.Workers})
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		load.Service.Close(closing)
	}()
	load.Bare = x.db.Ping
	r, err := load.Run(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(r)
	}
	e.printf("%d conversations at once, %d questions, %d with an answer, %.0f a second\n", r.Conversations, r.Turns, r.WithSentence, r.PerSecond)
	e.printf("first sentence  p50 %.1f ms   p95 %.1f ms   max %.1f ms\n", r.P50, r.P95, r.Max)
	e.printf("whole answer    p95 %.1f ms\n", r.WholeP95)
	e.printf("bare SQL        p50 %.2f ms  p95 %.2f ms   (the first sentence takes %.0f times as long)\n", r.BareP50, r.BareP95, r.Ratio)
	return nil
}
