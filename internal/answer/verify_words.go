package answer

import (
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// The words by which a sentence turns around or says more than its ground, and those
// that say the same in other words, beyond the lists of package dutch: these serve
// checking only, where a wrong likeness costs more than in searching.

// families are lists of keys, one line a list.
func families(lines string) [][]string {
	var out [][]string
	for line := range strings.SplitSeq(lines, "\n") {
		var keys []string
		for w := range strings.FieldsSeq(line) {
			keys = append(keys, dutch.Key(w))
		}
		if len(keys) > 0 {
			out = append(out, keys)
		}
	}
	return out
}

// alikeWords are words that say the same in a claim.
var alikeWords = func() map[string][]string {
	m := make(map[string][]string)
	for _, family := range families(`
		nodig noodzakelijk vereist benodigd
		vanaf per sinds
		minimum minimaal minimale
		maximum maximaal maximale
		abonnee abonnees geabonneerd abonneren
		lijken lijkt overeenkomt overeenkomen vergelijkbaar
		organiseren organiseert organiseerde georganiseerd houden gehouden hield hielden plaatsvinden plaatsvond
		ontmoeting bijeenkomst conferentie bijeenkomsten vergadering
		mensen personen deelnemers
		winnen won wonnen gewonnen
		leiding bedrijfsleiding directie
		gesprek dialoog overleg
		bekijkt bekijken kijkt onderzoeken onderzoekt onderzocht controleren gecontroleerd checken gecheckt nagaan toetsen getoetst toetst
		sturen stuurt stuurde leveren leverde aanleveren toezenden zond
		schrappen afschaffen afgeschaft geschrapt
		bepleiten bepleit pleiten pleit pleitte pleitten
		aanbevelen aanbeveelt aanbeveling aanbevolen adviseren adviseert adviseerde geadviseerd
		eind einde ultimo
		extra bijkomend aanvullend aanvullende
		laatste afgelopen recente
		gebouw kantoor
		kosten kost kostte uitgaven
		delen deel gedeelte
		akkoord overeenstemming consensus instemmen
		voorlopig tijdelijk vooralsnog
		benoemen benoemt benoemd aanstellen aangesteld
		vergroten vergroot verhogen uitbreiden
		beoordelen beoordeelt toetst
		toegang inzage
		bron bronnen
		onderwerp onderwerpen thema themas
		ongeveer circa rond
		gratis kosteloos
		site website webpagina internetpagina
		vooraf tevoren
		ontvangen ontvangt ontving ontvingen krijgen krijgt kreeg kregen
		pagina bladzijde bladzijden paginas
		dagelijks dag
		verplicht verplichting
		mogelijkheid gelegenheid
		beginnen begint begon start startte gestart aanvang
		eindigen eindigt eindigde stopt stopte beeindigd afgesloten
	`) {
		for i, a := range family {
			m[a] = append(append(m[a], family[:i]...), family[i+1:]...)
		}
	}
	return m
}()

// turnedWords exclude each other: a line has both sides, with a bar between.
var turnedWords = func() map[string][]string {
	m := make(map[string][]string)
	for line := range strings.SplitSeq(`
		begon begint begonnen start gestart startte | sluit sluiten gesloten afsluiten afgesloten eindigt eindigde beeindigd stopt gestopt stopte
		slecht slechte matig matige | goed goede ruim druk succesvol succesvolle uitstekend
		verschenen gepubliceerd uitgebracht afgerond voltooid | voorbereiding
		aangeraden aanbevolen geadviseerd adviseert adviseerde | afgeraden ontraden afraadt ontraadt
		uitstellen uitgesteld vertraagd | vervroegd vervroegen versneld
		tijdelijk tijdelijke | permanent permanente blijvend blijvende
		aangenomen goedgekeurd | verworpen afgewezen afgekeurd
		toegestaan toestaan mag | verboden verbieden verbiedt
		voordeel voordelen | nadeel nadelen
		winst | verlies
		inkomsten baten | uitgaven lasten
		mannen man | vrouwen vrouw
		steun steunt steunen steunde | bezwaar verzet verzetten tegenstand
		verbeterd verbetert verbeteren verbetering | verslechterd verslechtert verslechteren verslechtering
		makkelijk makkelijker eenvoudig eenvoudiger | moeilijk moeilijker lastig lastiger ingewikkeld
		duur duurder | goedkoop goedkoper
		snel sneller | langzaam langzamer traag trager
		rijk rijke | arm arme
		voldoende | onvoldoende
		boven | onder
		vooruitgang | achteruitgang
		vaker | zelden
		vaste vast | flexibele flexibel
		hoogopgeleiden | laagopgeleiden
		invoeren ingevoerd invoering | afschaffen afgeschaft afschaffing
		openen opent opende geopend | sluiten sluit sloot gesloten
		centraal centrale | decentraal decentrale
		schriftelijk schriftelijke | mondeling mondelinge
		winnaar winnaars | verliezer verliezers
		versterken versterkt versterkte | verzwakken verzwakt verzwakte
		versoepelen versoepeld | aanscherpen aangescherpt
		zomer | winter
		noorden noordelijk | zuiden zuidelijk
		oosten oostelijk | westen westelijk
		ochtend | avond middag
		veel vele | weinig
		verminderen vermindert verminderde verkleinen verkleint verlagen verlaagt verlaagde beperken beperkt terugdringen | vergroten vergroot vergrootte verhogen verhoogt verhoogde toenemen uitbreiden
		volledig volledige geheel geheel | gedeeltelijk gedeeltelijke deels
		breed brede | smal smalle beperkt beperkte
		temporary | permanent
		many much | few little
		rejected | adopted approved
		improved | worsened
		started began opened | ended closed stopped
		advantage | disadvantage
		income | expenditure
		men | women
		strong | weak
		sufficient | insufficient
		large | small
		high higher | low lower
	`, "\n") {
		left, right, ok := strings.Cut(line, "|")
		if !ok {
			continue
		}
		for a := range strings.FieldsSeq(left) {
			for b := range strings.FieldsSeq(right) {
				x, y := dutch.Key(a), dutch.Key(b)
				m[x], m[y] = append(m[x], y), append(m[y], x)
			}
		}
	}
	return m
}()

// turns are the keys of the words that turn a word around.
func turns(key string) []string {
	more, own := poles().turned[key], turnedWords[key]
	if len(own)+len(more) > 0 {
		return slices.Concat(dutch.Antonyms(key), own, more)
	}
	return dutch.Antonyms(key)
}

// Words that claim all or only. A claim that has one needs ground that has one of the
// same line.
var totals = func() map[string]int {
	m := make(map[string]int)
	for i, line := range []string{
		`heel hele geheel gehele volledig volledige helemaal totaal totale alle al alles whole entire entirely fully complete completely total all`,
		`uitsluitend alleen slechts enkel enige only solely exclusively sole`,
		`alle allen allemaal elk elke ieder iedere iedereen alles heel hele gehele zowel every each all everyone everybody whole both beide unaniem`,
		`altijd steeds telkens elke iedere alle voortdurend always every constantly`,
		`nooit niet geen never no not nimmer zonder`,
		`meeste meerderheid merendeel grootste driekwart most majority twee-derde meer`,
	} {
		for w := range strings.FieldsSeq(line) {
			m[w] |= 1 << i
		}
	}
	return m
}()

// stated are the words of totals that a claim has to find; the others are only
// ground for them.
var stated = map[string]int{
	"hele": 0, "gehele": 0, "volledig": 0, "volledige": 0, "helemaal": 0, "whole": 0, "entire": 0, "entirely": 0, "fully": 0, "completely": 0,
	"uitsluitend": 1, "slechts": 1, "enige": 1, "alleen": 1, "solely": 1, "exclusively": 1, "sole": 1, "only": 1,
	"alle": 2, "allemaal": 2, "elke": 2, "iedere": 2, "iedereen": 2, "alles": 2, "every": 2, "everyone": 2,
	"altijd": 3, "always": 3, "nooit": 4, "never": 4,
	"meeste": 5, "meerderheid": 5, "merendeel": 5, "most": 5, "majority": 5,
}

// checkTotals objects to "het hele project" where the passage says no such thing.
func (g *ground) checkTotals(c *claim, add report) {
	for i, w := range c.words {
		class, ok := stated[w.text]
		if !ok {
			continue
		}
		if i > 0 {
			prev := c.words[i-1].text
			if w.text == "alles" && prev == "van" || prev == "niet" || prev == "not" || w.text == "alleen" && prev == "niet" || prev == "ten" || prev == "at" {
				continue
			}
		}
		if class == 2 || class == 3 { // every four years: a period, not a total
			if i+1 < len(c.words) && (periods[c.words[i+1].text] != "" || c.words[i+1].number || counted[c.words[i+1].text]) || i+2 < len(c.words) && periods[c.words[i+2].text] != "" {
				continue
			}
		}
		if w.text == "enige" && !(i > 0 && (c.words[i-1].text == "de" || c.words[i-1].text == "het")) {
			continue // some, not the only
		}
		found := slices.ContainsFunc(g.words, func(o word) bool {
			return (totals[o.text]&(1<<class) != 0 || class == 5 && strings.HasSuffix(o.text, w.text)) && (class != 5 || len(c.aligned) == 0 || c.share[o.sentence] >= 0.6*c.share[c.aligned[0]])
		}) || class == 2 && g.listsAll(c) || class == 5 && g.moreThanHalf(c)
		if !found {
			add(CheckOpposite, "the sentence says %q, the passage does not", w.text)
			return
		}
	}
}

// moreThanHalf reports whether the passage says what the claim says of most with a share
// of more than half.
func (g *ground) moreThanHalf(c *claim) bool {
	for _, n := range g.numbers {
		if n.Unit == "%" && n.Value > 50 && n.Value < 100 && slices.Contains(c.near(), g.words[wordAt(g.words, n)].sentence) {
			return true
		}
	}
	return false
}

// listsAll: "alle elf leden" has a number that says how many there are.
func (g *ground) listsAll(c *claim) bool {
	for i, w := range c.words {
		if (w.text == "alle" || w.text == "all") && i+1 < len(c.words) {
			for _, n := range c.numbers {
				if wordAt(c.words, n) == i+1 {
					return true
				}
			}
		}
	}
	return false
}

// inhabits reports whether a text has the adjective of a place, or the place of an
// adjective: Rotterdamse for Rotterdam.
func inhabits(w word, in []word) bool {
	if !w.capital {
		return false
	}
	base := placeOf(w.text)
	return slices.ContainsFunc(in, func(o word) bool { return o.capital && placeOf(o.text) == base })
}

func placeOf(name string) string {
	if len(name) > 6 {
		if base, ok := strings.CutSuffix(name, "se"); ok {
			return base
		}
		if base, ok := strings.CutSuffix(name, "s"); ok {
			return base
		}
	}
	return name
}

// alikeWord is how far a text says a word of a claim by one that says the same.
func alikeWord(w word, in []word) float64 {
	if inhabits(w, in) {
		return 0.95
	}
	family := alikeWords[w.key]
	if len(family) == 0 {
		return 0
	}
	for _, o := range in {
		if slices.Contains(family, o.key) {
			return 0.85
		}
	}
	return 0
}
