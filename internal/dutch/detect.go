package dutch

// Words that are frequent in one of the two languages and rare in the other. Words
// both languages have ("is", "in", "of", "over", "was", "me") count for neither.
var (
	onlyDutch = wordSet(`de het een en van ik je jij u uw dat die dit deze niet op te zijn met voor door aan er ook als bij dan
		maar om uit naar wordt worden werd heeft hebben had wat wie waar wanneer waarom hoe hoeveel welk welke welken kan
		kunnen moet moeten mag zal zou zouden mijn zich nog geen wel meer tot over na sinds tussen tegen zonder binnen
		volgens omdat zoals alle veel wij ze hun haar ons onze jullie hier daar hoelang hoeveelste doet doen gaat gaan
		komt zegt staat betaalt krijgt vindt bestaat betekent geeft ben bent hallo dank bedankt dag goedemorgen goedemiddag leg vertel noem klopt
		raad leden werk werkgevers werknemers advies adviezen regering kabinet jaar vragen vraag eerste laatste hoeft maakt`)
	onlyEnglish = wordSet(`the a an and of to that this these those not on be been are were with for from by at it its as but or
		which what who whom whose where when why how can could should would will shall may might must does do did has have had
		my your his her our their they we you he she there here than then about into between against without within during
		many much more most some any all each hello hi thanks thank please tell explain describe name list give
		council members member work labour labor employers employees workers advice report year first last government
		i me if so no yes say says said pay pays paid made make makes get stand stands mean means between also only`)
)

// Detect tells whether a text is Dutch ("nl") or English ("en") by the words and
// letter groups that only one of them has. Without any sign it is "nl", the
// language of the corpus. It is made for questions as short as two words.
func Detect(text string) string {
	nl, en := 0.0, 0.0
	for i, t := range Tokens(text) {
		if i == 400 {
			break // as good as sure by now, and texts can be long
		}
		weight := 1.0
		if i == 0 {
			weight = 1.5 // a question word first is the best sign there is
		}
		switch w := t.Text; {
		case onlyDutch[w] && !onlyEnglish[w]:
			nl += weight
		case onlyEnglish[w] && !onlyDutch[w]:
			en += weight
		case len(w) >= 4 && w[0] > '9':
			d, e := spelling(w)
			nl += d
			en += e
		}
	}
	if en > nl {
		return "en"
	}
	return "nl"
}

// spelling weighs letter groups that betray the language of a content word.
func spelling(w string) (nl, en float64) {
	for i := 0; i+1 < len(w); i++ {
		switch w[i : i+2] {
		case "ij", "aa", "uu":
			nl += 0.3
		case "sj", "uw", "ui":
			nl += 0.15
		case "th", "sh", "wh":
			en += 0.2
		case "ea", "ay", "oy":
			en += 0.1
		}
	}
	n := len(w)
	switch {
	case n > 5 && (w[n-3:] == "ing" || w[n-3:] == "ion" || w[n-3:] == "ity"):
		if w[n-3:] != "ing" {
			en += 0.4
		}
	case n > 5 && (w[n-4:] == "ment" || w[n-4:] == "ship" || w[n-4:] == "ness"):
		en += 0.2
	case n > 6 && (w[n-4:] == "heid" || w[n-4:] == "atie" || w[n-4:] == "lijk" || w[n-3:] == "eit"):
		nl += 0.5
	}
	return min(nl, 0.6), min(en, 0.6)
}
