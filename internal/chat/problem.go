package chat

import (
	"errors"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Problem is an error a visitor can meet, by what went wrong. Each has a code for
// programs and a sentence for people that says what to do.
type Problem int

// The problems.
const (
	ProblemInternal Problem = iota
	ProblemLost             // the server that worked on the turn is gone
	ProblemBusy             // the queue is full
	ProblemTimeout          // the turn took too long
	ProblemShutdown         // the server is being restarted
	ProblemTooManyTurns
	ProblemTooManyConnections
	ProblemRateLimited
	ProblemEmpty
	ProblemTooLong
	ProblemLang
	ProblemClientID
	ProblemFilter
	ProblemConversationForm
	ProblemTurnForm
	ProblemAfter
	ProblemJSON
	ProblemUTF8
	ProblemBinary
	ProblemType
	ProblemBodyTooLarge
	ProblemProtocol
	ProblemOrigin
	ProblemMethod
	ProblemTurnGone
	ProblemConversationGone
	ProblemRoute
)

var problems = map[Problem]struct {
	code   corpus.Code
	retry  time.Duration
	nl, en string
}{
	ProblemInternal: {corpus.CodeInternal, 0,
		"Er ging iets mis aan onze kant. Stel uw vraag opnieuw.",
		"Something went wrong on our side. Please ask your question again."},
	ProblemLost: {corpus.CodeInternal, 0,
		"Het antwoord werd onderbroken. Stel uw vraag opnieuw.",
		"The answer was interrupted. Please ask your question again."},
	ProblemBusy: {corpus.CodeBusy, 10 * time.Second,
		"Het is nu erg druk. Probeer het over een paar seconden opnieuw.",
		"It is very busy at the moment. Please try again in a few seconds."},
	ProblemTimeout: {corpus.CodeBusy, 10 * time.Second,
		"Het antwoord duurde te lang. Probeer het straks opnieuw, of stel een kortere vraag.",
		"The answer took too long. Please try again later, or ask a shorter question."},
	ProblemShutdown: {corpus.CodeBusy, 5 * time.Second,
		"De dienst wordt opnieuw gestart. Stel uw vraag over een paar seconden opnieuw.",
		"The service is being restarted. Please ask your question again in a few seconds."},
	ProblemTooManyTurns: {corpus.CodeBusy, 2 * time.Second,
		"Er lopen al te veel vragen tegelijk in dit venster. Wacht tot er een klaar is.",
		"Too many questions are running in this window. Wait until one has finished."},
	ProblemTooManyConnections: {corpus.CodeBusy, 10 * time.Second,
		"Er zijn te veel verbindingen open. Sluit andere vensters of probeer het straks opnieuw.",
		"Too many connections are open. Close other windows or try again later."},
	ProblemRateLimited: {corpus.CodeRateLimited, 5 * time.Second,
		"U stelt veel vragen achter elkaar. Wacht even en probeer het dan opnieuw.",
		"You are asking many questions in a row. Wait a moment and try again."},
	ProblemEmpty: {corpus.CodeBadMessage, 0,
		"De vraag is leeg. Typ een vraag.",
		"The question is empty. Type a question."},
	ProblemTooLong: {corpus.CodeTooLong, 0,
		"De vraag is te lang. Gebruik ten hoogste 2.000 tekens.",
		"The question is too long. Use at most 2,000 characters."},
	ProblemLang: {corpus.CodeBadMessage, 0,
		`De taal is onbekend. Gebruik "nl" of "en", of laat het veld leeg.`,
		`The language is unknown. Use "nl" or "en", or leave the field empty.`},
	ProblemClientID: {corpus.CodeBadMessage, 0,
		"Het veld id is te lang. Gebruik ten hoogste 200 bytes.",
		"The field id is too long. Use at most 200 bytes."},
	ProblemFilter: {corpus.CodeBadMessage, 0,
		"Een filter klopt niet. Gebruik document, type of year, bijvoorbeeld year=2010-2015.",
		"A filter is not right. Use document, type or year, for example year=2010-2015."},
	ProblemConversationForm: {corpus.CodeBadMessage, 0,
		"Het veld conversation is geen geldig nummer van een gesprek. Laat het leeg voor een nieuw gesprek.",
		"The field conversation is not a valid conversation id. Leave it empty to start a new one."},
	ProblemTurnForm: {corpus.CodeBadMessage, 0,
		"Het veld turn is geen geldig nummer van een vraag.",
		"The field turn is not a valid turn id."},
	ProblemAfter: {corpus.CodeBadMessage, 0,
		"Het veld after moet een heel getal van 0 of meer zijn.",
		"The field after must be a whole number of 0 or more."},
	ProblemJSON: {corpus.CodeBadMessage, 0,
		"Het bericht is geen geldige JSON met de velden van dit protocol.",
		"The message is not valid JSON with the fields of this protocol."},
	ProblemUTF8: {corpus.CodeBadMessage, 0,
		"Het bericht is geen geldige UTF-8-tekst.",
		"The message is not valid UTF-8 text."},
	ProblemBinary: {corpus.CodeBadMessage, 0,
		"Stuur tekstberichten met JSON, geen binaire berichten.",
		"Send text messages with JSON, not binary ones."},
	ProblemType: {corpus.CodeBadMessage, 0,
		"Het soort bericht is onbekend. Gebruik ask, stop of resume.",
		"The type of the message is unknown. Use ask, stop or resume."},
	ProblemBodyTooLarge: {corpus.CodeTooLong, 0,
		"Het bericht is te groot. Een vraag heeft ten hoogste 2.000 tekens.",
		"The message is too large. A question has at most 2,000 characters."},
	ProblemProtocol: {corpus.CodeBadMessage, 0,
		"Maak verbinding met een websocket en het subprotocol vraagbaak.v1.",
		"Connect with a websocket and the subprotocol vraagbaak.v1."},
	ProblemOrigin: {corpus.CodeBadMessage, 0,
		"Deze website mag de dienst niet gebruiken vanuit uw browser.",
		"This website may not use the service from your browser."},
	ProblemMethod: {corpus.CodeBadMessage, 0,
		"Dit adres kent deze methode niet.",
		"This address does not know this method."},
	ProblemTurnGone: {corpus.CodeNotFound, 0,
		"Deze vraag bestaat niet of wordt niet meer bewaard. Stel uw vraag opnieuw.",
		"This question does not exist or is no longer kept. Please ask it again."},
	ProblemConversationGone: {corpus.CodeNotFound, 0,
		"Dit gesprek bestaat niet of wordt niet meer bewaard. Begin een nieuw gesprek.",
		"This conversation does not exist or is no longer kept. Start a new one."},
	ProblemRoute: {corpus.CodeNotFound, 0,
		"Dit adres bestaat niet.",
		"This address does not exist."},
}

// Err is p as an error in lang ("en", or anything else for Dutch), with an
// optional cause for the log.
func (p Problem) Err(lang string, cause error) *corpus.UserError {
	q := problems[p]
	message := q.nl
	if lang == "en" {
		message = q.en
	}
	return &corpus.UserError{Code: q.code, Message: message, RetryAfter: q.retry, Err: cause}
}

// FailureOf is what err says to a client: a *corpus.UserError in its own words,
// everything else as internal.
func FailureOf(err error, lang string) Failure {
	var user *corpus.UserError
	if !errors.As(err, &user) {
		user = ProblemInternal.Err(lang, err)
	}
	retry := user.RetryAfter
	return Failure{
		Code:       user.Code,
		Message:    user.Message,
		RetryAfter: int((retry + time.Second - 1) / time.Second),
	}
}
