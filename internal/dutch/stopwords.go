package dutch

import "strings"

// The lists are small on purpose: longer ones measured worse. Question words are
// among them, because a question's "hoe" is not what its answer says.
var stopWords = map[string]map[string]bool{
	"nl": wordSet(`aan af al alle als bij dan dat de der des deze die dit door dus een en er ge had hadden heb hebben
		hebt heeft het hier hij hoe hun ik in is je jij jullie kan kun kunnen kunt maar me mee men met mij mijn moet
		moeten mocht na naar nog nou nu of om omdat ons onze ook op over s t te tegen toch toe tot u uit uw van
		vanuit via voor waar waarin waarom waarop waarvan waarvoor wanneer want waren was wat we welk welke werd
		werden wie wij word worden wordt zal ze zich zij zijn zo zou zouden zullen zult hoeveel hoelang graag
		eigenlijk even`),
	"en": wordSet(`a about am an and any are as at be been but by can could did do does for from had has have he her his
		how i if in into is it its many me much my of on or our she should so than that the their them then there
		these they this those to was we were what when where which who whom whose why will with would you your`),
}

// IsStopWord reports whether a word as Tokens writes it carries no subject of
// its own in lang, "nl" or "en".
func IsStopWord(word, lang string) bool { return stopWords[lang][word] }

func wordSet(words string) map[string]bool {
	m := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		m[word] = true
	}
	return m
}
