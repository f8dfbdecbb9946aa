package answer

import (
	"fmt"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// reply is a text for a turn without claims: what happened and what the service can
// do instead, in plain words (B1).
type reply struct {
	status corpus.Status
	nl, en string
}

func (r reply) in(lang string) string {
	if lang == "en" {
		return r.en
	}
	return r.nl
}

var replies = map[Intent]reply{
	IntentGreeting: {corpus.OutOfScope,
		"Hallo! U kunt mij vragen stellen over de SER en over wat er in de documenten van de SER staat. Bijvoorbeeld: wat doet de SER? Of: wie betaalt de SER?",
		"Hello! You can ask me about the SER, the Social and Economic Council, and about what its documents say. For example: what does the SER do? Or: who pays for the SER?"},
	IntentThanks: {corpus.OutOfScope,
		"Graag gedaan. Hebt u nog een vraag over de SER? Stel hem gerust.",
		"You are welcome. Do you have another question about the SER? Feel free to ask."},
	IntentAbout: {corpus.OutOfScope,
		"Ik ben een AI-systeem dat vragen beantwoordt met zinnen uit de documenten van de SER. Bij elke zin ziet u de bron. Wat niet in de documenten staat, weet ik niet. Vraag bijvoorbeeld: wat is de overlegeconomie?",
		"I am an AI system that answers questions with sentences from the SER's documents. You see the source of every sentence. What is not in the documents, I do not know. You could ask: what is the consultative economy?"},
	IntentMaker: {corpus.OutOfScope,
		"Ik ben Vraagbaak, een AI-systeem. U praat niet met een mens en ik spreek niet namens de SER. Op de pagina Contact leest u wie deze dienst beheert.",
		"I am Vraagbaak, an AI system. You are not talking to a person, and I do not speak for the SER. The page Contact says who runs this service."},
	IntentPrivacy: {corpus.OutOfScope,
		"Uw vraag en het antwoord worden een beperkte tijd bewaard, zodat u het gesprek kunt teruglezen. Burgerservicenummers, rekeningnummers, e-mailadressen en telefoonnummers worden eerst onleesbaar gemaakt. U kunt uw gesprek zelf wissen. Op de pagina Privacy leest u meer.",
		"Your question and the answer are kept for a limited time, so that you can read the conversation again. Citizen service numbers, bank account numbers, e-mail addresses and phone numbers are made unreadable first. You can delete your conversation yourself. The page Privacy tells you more."},
	IntentTrust: {corpus.OutOfScope,
		"Mijn antwoorden zijn zinnen met een bron uit de documenten. Een programma vergelijkt elke zin met de tekst van de bron. Toch kan een antwoord onvolledig zijn of niet bij uw vraag passen. Lees daarom altijd de bron: kies het nummer achter de zin.",
		"My answers are sentences with a source in the documents. A program compares every sentence with the text of its source. Still, an answer can be incomplete or not fit your question. So always read the source: choose the number after the sentence."},
	IntentUse: {corpus.OutOfScope,
		"U kunt mij in het Nederlands of het Engels vragen stellen over de SER en over wat er in de documenten staat. U hebt geen account nodig. Op de pagina Documenten ziet u welke documenten ik ken. Vraag bijvoorbeeld: wat zegt de SER over leven lang ontwikkelen?",
		"You can ask me, in Dutch or English, about the SER and about what the documents say. You need no account. The page Documents shows which documents I know. You could ask: what does the SER say about lifelong development?"},
	IntentUnclear: {corpus.OutOfScope,
		"Ik begrijp uw vraag niet goed. Kunt u in een hele zin schrijven wat u wilt weten over de SER?",
		"I do not quite understand your question. Can you write in a full sentence what you want to know about the SER?"},
	IntentOutside: {corpus.OutOfScope,
		"Deze vraag gaat niet over de SER of over het werk van de SER. Daar kan ik niet bij helpen. Ik kan wel vragen beantwoorden over de SER, zijn adviezen en onderwerpen als werk, pensioen, scholing en gezond werken.",
		"This question is not about the SER or its work, so I cannot help with it. I can answer questions about the SER, its advice, and subjects such as work, pensions, training and healthy working."},
	IntentVoting: {corpus.Refused,
		"Ik geef geen stemadvies en ik voorspel geen uitslagen. Ik kan wel opzoeken wat de SER over een onderwerp heeft geadviseerd. Over welk onderwerp wilt u dat weten?",
		"I do not advise how to vote and I do not predict results. I can look up what the SER has advised on a subject. Which subject would you like to know about?"},
	IntentPersonal: {corpus.Refused,
		"Ik kan niet zeggen wat in uw eigen situatie geldt. Vraag dat bijvoorbeeld aan het Juridisch Loket, uw vakbond, het UWV of uw pensioenfonds. Ik kan wel opzoeken wat de SER over dit onderwerp schrijft.",
		"I cannot say what applies to your own situation. You can ask a legal advice centre (Juridisch Loket), your trade union, the UWV or your pension fund. I can look up what the SER writes about this subject."},
	IntentOpinion: {corpus.Refused,
		"Ik heb zelf geen mening, ik doe geen voorspellingen en ik geef geen informatie over privépersonen. Ik kan wel opzoeken wat de SER over een onderwerp schrijft. Vraag bijvoorbeeld: wat adviseert de SER over kinderopvang?",
		"I have no opinions, I make no predictions and I give no information on private persons. I can look up what the SER writes on a subject. You could ask: what does the SER advise on childcare?"},
	IntentSteering: {corpus.Refused,
		"Daar kan ik niet aan meewerken. Ik beantwoord vragen over de SER, en alleen met zinnen uit de documenten. Wat wilt u over de SER weten?",
		"I cannot go along with that. I answer questions about the SER, and only with sentences from the documents. What would you like to know about the SER?"},
}

var (
	noAnswer = reply{corpus.NoAnswer,
		"Ik heb in de documenten geen antwoord op uw vraag gevonden. Probeer andere woorden, of stel een vraag die iets algemener is. U kunt ook zelf zoeken op www.ser.nl.",
		"I found no answer to your question in the documents. Try other words, or ask something a little more general. You can also search www.ser.nl yourself."}
	nothingMore = reply{corpus.NoAnswer,
		"Meer dan dit heb ik hierover niet gevonden in de documenten. Lees de bladzijde achter het nummer van een bron, of stel een andere vraag.",
		"I found no more on this in the documents. Read the page behind the number of a source, or ask another question."}
	outOfScope = replies[IntentOutside]
)

// superseded tells that a cited document was superseded, and by what.
func superseded(c corpus.Citation, lang string) string {
	by := c.SupersededBy
	when := ""
	if by.Date != "" {
		when = fmt.Sprintf(" (%s)", by.Date)
	}
	if lang == "en" {
		return fmt.Sprintf("Note: “%s” was superseded by “%s”%s.", c.Document.Title, by.Title, when)
	}
	return fmt.Sprintf("Let op: ‘%s’ is vervangen door ‘%s’%s.", c.Document.Title, by.Title, when)
}
