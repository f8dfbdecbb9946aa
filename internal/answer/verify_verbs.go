package answer

import (
	"strings"
	"sync"
	"unicode"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// The verbs by which clauses are read. Weak verbs are conjugated by rule; of strong ones
// the forms are written out.

// infinitives of the verbs of such texts.
const infinitives = `aanbevelen aanbieden aandringen aankondigen aanmoedigen aannemen aanpakken aanpassen aanraden aanscherpen aansluiten aanstellen aanvaarden aanvangen aanvragen aanwijzen
	aarzelen acht achten adviseren afbouwen afgeven afhangen afkeuren aflopen afnemen afraden afronden afschaffen afsluiten afspreken afwachten afwijzen analyseren antwoorden
	baseren beantwoorden bedanken bedoelen bedragen bedreigen begeleiden beginnen begrenzen begrijpen behalen behandelen beheren behoren behouden beinvloeden bekendmaken
	bekijken bekostigen bekritiseren belasten belegde beleggen belemmeren belonen beloven benoemen beogen beoordelen bepalen beperken bepleiten bereiden bereiken berekenen
	beroepen beschermen beschikken beschouwen beschrijven beslissen besluiten besparen bespreken bestaan besteden bestraffen bestrijden bestuderen betalen betekenen betreffen
	betrekken betwijfelen bevatten bevelen bevestigen bevorderen beweren bewijzen bezitten bezoeken bezuinigen bezwaar bieden bijdragen bijeenkomen bijstaan bijwonen binden
	blijken blijven bouwen breken brengen bundelen checken citeren concluderen constateren consulteren controleren coordineren creeren dalen danken deelnemen delen denken
	dienen doen draaien dragen dreigen duren eindigen eisen erkennen ervaren evalueren financieren formuleren functioneren gaan garanderen gebeuren gebruiken gelden geloven
	geven groeien halen halveren handelen handhaven hanteren hechten heffen helpen herbenoemen herhalen heroverwegen herschrijven herstellen herzien heten hopen horen houden
	huren indienen informeren ingaan ingrijpen inhouden innen inrichten inschatten inspecteren instellen instemmen introduceren investeren invoeren inzetten kennen keren
	kiezen kijken klagen komen kopen koppelen kosten krijgen krimpen kwijtraken lanceren laten leggen leiden lenen leren letten leveren lezen liggen lopen luiden luisteren
	maken matigen meedelen meedoen meehelpen melden menen merken meten motiveren nadenken nagaan naleven negeren nemen noemen noteren omvatten onderbouwen onderhandelen
	onderkennen ondernemen onderschrijven ondersteunen ondertekenen ondervragen onderzoeken ontbreken onthouden ontlenen ontmoedigen ontslaan ontstaan ontvangen ontwerpen
	ontwikkelen openen opereren ophalen opheffen opleveren oplopen oplossen opmerken opnemen oprichten oproepen opstellen opvangen opvolgen ordenen organiseren overdragen
	overhandigen overleggen overnemen overtuigen overwegen passen plaatsen plaatsvinden plannen pleiten praten presenteren proberen produceren profiteren publiceren
	raadplegen raden raken ramen rapporteren reageren realiseren regelen rekenen richten roepen ruilen samenkomen samenstellen samenwerken schaden schatten scheiden schenken
	schieten schrappen schrijven signaleren slagen sluiten spelen spreken staan stappen starten stellen stemmen steunen stijgen stimuleren stoppen straffen streven studeren
	stuiten sturen tegenhouden tekenen tekortschieten tellen terugbetalen terugdringen teruglopen terugtrekken testen thuiswerken toedelen toekennen toelaten toelichten
	toenemen toepassen toestaan toetreden toetsen toewijzen toezeggen tonen treden treffen trekken twijfelen uitbetalen uitbreiden uitbrengen uitgeven uitkeren uitkomen
	uitleggen uitnodigen uitsluiten uitspreken uitstellen uitvoeren vallen vangen vaststellen veranderen verbeteren verbieden verbinden verdedigen verdelen verdienen
	verdubbelen verdwijnen vereenvoudigen vereisen vergaderen vergelijken vergen vergoeden vergroten verhogen verhouden verhuizen verkennen verklaren verkleinen verkopen
	verkorten verlagen verlaten verlenen verlengen verliezen vermelden vermijden verminderen vernieuwen veroorzaken verplaatsen verplichten verrekenen verrichten verschaffen
	verschijnen verschillen verschuiven verslechteren versnellen verspreiden versterken verstrekken versturen vertegenwoordigen vertellen vertragen vertrekken vertrouwen
	vervallen vervangen vervullen verwachten verwelkomen verwerken verwerpen verwijzen verzamelen verzekeren verzetten verzoeken verzorgen verzwakken vestigen vieren vinden
	voeren voldoen volgen voorbereiden voorkomen voorleggen voorschrijven voorspellen voorstellen voortzetten voorzien voorzitten vormen vragen vrezen waarborgen waarderen
	waarschuwen wegen weigeren wensen werken werven weten wijzen wijzigen willen winnen wonen zeggen zenden zetten zien zitten zoeken zorgen`

// strongVerbs have one verb a line: infinitive, present, past, participle.
const strongVerbs = `bieden biedt bood boden geboden
	beginnen begint begon begonnen
	bevelen beveelt beval bevalen bevolen
	blijken blijkt bleek bleken gebleken
	blijven blijft bleef bleven gebleven
	brengen brengt bracht brachten gebracht
	breken breekt brak braken gebroken
	binden bindt bond bonden gebonden
	denken denkt dacht dachten gedacht
	doen doet deed deden gedaan
	dragen draagt droeg droegen gedragen
	dringen dringt drong drongen gedrongen
	drijven drijft dreef dreven gedreven
	gaan gaat ging gingen gegaan
	gelden geldt gold golden gegolden
	geven geeft gaf gaven gegeven
	grijpen grijpt greep grepen gegrepen
	helpen helpt hielp hielpen geholpen
	hangen hangt hing hingen gehangen
	heffen heft hief hieven geheven
	houden houdt hield hielden gehouden
	kiezen kiest koos kozen gekozen
	kijken kijkt keek keken gekeken
	komen komt kwam kwamen gekomen
	kopen koopt kocht kochten gekocht
	krijgen krijgt kreeg kregen gekregen
	krimpen krimpt kromp krompen gekrompen
	laten laat liet lieten gelaten
	lezen leest las lazen gelezen
	liggen ligt lag lagen gelegen
	lijken lijkt leek leken geleken
	lopen loopt liep liepen gelopen
	nemen neemt nam namen genomen
	raden raadt ried geraden
	rijden rijdt reed reden gereden
	roepen roept riep riepen geroepen
	scheiden scheidt gescheiden
	schenken schenkt schonk geschonken
	schieten schiet schoot schoten geschoten
	schrijven schrijft schreef schreven geschreven
	schuiven schuift schoof schoven geschoven
	slaan slaat sloeg sloegen geslagen
	sluiten sluit sloot sloten gesloten
	spreken spreekt sprak spraken gesproken
	springen springt sprong gesprongen
	staan staat stond stonden gestaan
	steken steekt stak staken gestoken
	stijgen stijgt steeg stegen gestegen
	strijden strijdt streed streden gestreden
	treden treedt trad traden getreden
	treffen treft trof troffen getroffen
	trekken trekt trok trokken getrokken
	vallen valt viel vielen gevallen
	vangen vangt ving vingen gevangen
	vinden vindt vond vonden gevonden
	vragen vraagt vroeg vroegen gevraagd
	wegen weegt woog wogen gewogen
	werpen werpt wierp wierpen geworpen
	werven werft wierf wierven geworven
	weten weet wist wisten geweten
	wijzen wijst wees wezen gewezen
	winnen wint won wonnen gewonnen
	zeggen zegt zei zeiden gezegd
	zenden zendt zond zonden gezonden
	zien ziet zag zagen gezien
	zitten zit zat zaten gezeten
	zoeken zoekt zocht zochten gezocht
	verbieden verbiedt verbood verboden
	verdwijnen verdwijnt verdween verdwenen
	verliezen verliest verloor verloren
	vermijden vermijdt vermeed vermeden
	verschijnen verschijnt verscheen verschenen
	verzoeken verzoekt verzocht verzochten
	worden wordt werd werden geworden
	zwijgen zwijgt zweeg gezwegen
	ontbreken ontbreekt ontbrak ontbraken
	besluiten besluit besloot besloten
	gedragen gedraagt gedroeg
	vergelijken vergelijkt vergeleek vergeleken
	kunnen kan kon konden gekund
	willen wil wilde wilden wou gewild
	stellen stelt stelde stelden gesteld
	leggen legt legde legden gelegd
	zetten zet zette zetten gezet
	voeren voert voerde voerden gevoerd
	halen haalt haalde haalden gehaald
	maken maakt maakte maakten gemaakt
	voorkomen voorkomt voorkwam voorkwamen
	overwegen overweegt overwoog overwogen`

// englishVerbs with their irregular forms.
const englishVerbs = `abolish accept achieve add adopt advise agree allow announce appoint approve argue ask attend ban become began begin begun believe belong benefit bring brought build
	built call came change choose chose chosen collect come conclude consider consist consult contain contribute control cost create cut decide decline decrease develop
	discuss divide double earn elect employ establish exclude expand expect explain fall fallen fell finance find fine finish found fund gave get give given go govern grant
	grew grow grown hear heard held help hire hold host ignore improve include increase inspect introduce invest issue join keep kept launch lead leave led left live lose
	lost made make meet met monitor move name need negotiate nominate object offer open oppose organise organize oversee own paid participate pay permit plan prepare present
	prevent propose protect provide publish raise ran reach receive recommend reduce reject remain renew replace report represent request require respond review reward rise
	risen rose run said saw say see seek send sent serve set share show sign sought speak spoke spoken start state stop submit succeed supervise support take taken tell think
	thought told took transfer urge use visit vote want warn went win won work write written wrote`

// prefixes stand before a verb without being parted from it.
var prefixes = []string{"be", "ver", "ont", "her", "mis", "onder", "over", "voor", "door", "aan", "af", "bij", "deel", "in", "mee", "na", "om", "op", "samen", "tegen", "terug", "toe", "uit", "vast", "weg", "bijeen", "plaats", "heroverweg", "tekort", "open", "neer", "voort"}

// verbForms are the forms of Dutch verbs with their infinitives.
var verbForms = sync.OnceValue(func() map[string]string {
	m := make(map[string]string)
	for line := range strings.Lines(strongVerbs) {
		forms := strings.Fields(line)
		for _, f := range forms {
			m[f] = forms[0]
		}
	}
	for v := range strings.FieldsSeq(infinitives) {
		for _, f := range conjugated(v) {
			if m[f] == "" {
				m[f] = v
			}
		}
	}
	return m
})

// conjugated are the forms of a weak verb.
func conjugated(infinitive string) []string {
	base, ok := strings.CutSuffix(infinitive, "en")
	if !ok || len(base) < 2 {
		return []string{infinitive}
	}
	vowel := func(b byte) bool { return strings.IndexByte("aeiou", b) >= 0 }
	n := len(base)
	last := base[n-1]
	stems := []string{base}
	switch {
	case last == base[n-2] && !vowel(last):
		stems = []string{base[:n-1]}
	case !vowel(last) && vowel(base[n-2]) && (n < 3 || !vowel(base[n-3])):
		long := base[:n-1] + base[n-2:]
		if base[n-2] == 'e' && strings.IndexByte("lrnm", last) >= 0 {
			stems = append(stems, long) // leveren, adviseren: the ear decides
		} else if base[n-2] != 'i' {
			stems = []string{long}
		}
	}
	forms := []string{infinitive}
	for _, stem := range stems {
		switch last {
		case 'v':
			stem = stem[:len(stem)-1] + "f"
		case 'z':
			stem = stem[:len(stem)-1] + "s"
		}
		ending := "d"
		if strings.IndexByte("tkfschp", last) >= 0 { // v and z count before they change
			ending = "t"
		}
		present, participle := stem, stem
		if last != 't' {
			present += "t"
		}
		if last != 't' && last != 'd' {
			participle += ending
		}
		forms = append(forms, stem, present, stem+ending+"e", stem+ending+"en", participle, participle+"e", "ge"+participle, "ge"+participle+"e")
		for _, p := range prefixes {
			if rest, ok := strings.CutPrefix(participle, p); ok && len(rest) >= 4 {
				forms = append(forms, p+"ge"+rest, p+"ge"+rest+"e")
			}
		}
	}
	return forms
}

// infinitiveOf is the infinitive of a form of a Dutch verb, or "".
func infinitiveOf(form string) string {
	forms := verbForms()
	if v := forms[form]; v != "" {
		return v
	}
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(form, p); ok && len(rest) >= 3 {
			if v := forms[rest]; v != "" && (len(rest) >= 4 || isStrong(rest)) {
				return p + v
			}
		}
	}
	return ""
}

func isStrong(form string) bool { return verbForms()[form] != "" && !strings.HasSuffix(form, "en") }

var englishVerbKeys = func() map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(englishVerbs) {
		m[dutch.StemEnglish(w)] = true
	}
	return m
}()

// withVerbs notes of the words of a text which verbs they are forms of.
func withVerbs(ws []word) []word {
	for i := range ws {
		ws[i].verb = infinitiveOf(ws[i].text)
		ws[i].root, ws[i].says = rootOf(ws[i]), sayingsOf(ws[i])
	}
	return ws
}

// saidWords analyses a claim or a passage: like words, with what is quoted.
func saidWords(text, lang string) []word {
	ws, runes := words(text, lang), []rune(text)
	for i := range ws {
		ws[i].quoted = quoted(runes, ws[i].start)
	}
	return ws
}

// quoted reports whether the word at a code point stands between quotation marks: the
// last mark before it in its sentence opens.
func quoted(runes []rune, at int) bool {
	for i := at - 1; i >= 0 && i > at-120; i-- {
		switch runes[i] {
		case '‘', '“', '„', '«':
			return true
		case '’', '”', '»':
			if i+1 < len(runes) && unicode.IsLetter(runes[i+1]) {
				continue // an apostrophe
			}
			return false
		case '\'', '"':
			before := i == 0 || !unicode.IsLetter(runes[i-1]) && !unicode.IsDigit(runes[i-1]) && !strings.ContainsRune(".,;:!?)", runes[i-1])
			after := i+1 < len(runes) && (unicode.IsLetter(runes[i+1]) || unicode.IsDigit(runes[i+1]))
			switch {
			case before && after:
				return true
			case !before && after:
				continue // zzp'er
			}
			return false
		}
	}
	return false
}
