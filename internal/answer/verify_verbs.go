package answer

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// The verbs by which clauses are read. Weak verbs are conjugated by rule; of strong ones
// the forms are written out.

// infinitives of the verbs of such texts.
const infinitives = `aanbevelen aanbieden aandragen aandringen aanduiden aangaan aangeven aanhouden aankomen aankondigen aanleggen aanleren aanleveren aanmelden aanmoedigen aannemen aanpakken
	aanpassen aanraden aanrekenen aanschaffen aanscherpen aansluiten aansporen aanspreken aanstellen aansturen aantasten aantonen aantreden aantrekken aanvaarden aanvangen
	aanvragen aanvullen aanwenden aanwijzen aanzetten aarzelen acht achten achterblijven achterhalen actualiseren adviseren afbouwen afbreken afdwingen afgelasten afgeven
	afhandelen afhangen afkeuren afleggen afleiden aflopen aflossen afmaken afmelden afnemen afraden afrekenen afremmen afronden afschaffen afschermen afsluiten afspreken
	afstaan afstemmen aftreden afvallen afwachten afwegen afwijken afwijzen afzetten analyseren anticiperen antwoorden arriveren attenderen automatiseren baseren beantwoorden
	bedanken bedenken bedoelen bedragen bedreigen bedriegen beeindigen begeleiden beginnen begrenzen begrijpen begroten behalen behandelen behartigen beheren behoren behouden
	beinvloeden bekendmaken bekennen bekijken bekleden beklemtonen bekostigen bekritiseren belasten belegde beleggen belemmeren belonen beloven bemiddelen bemoeien benadelen
	benaderen benadrukken benoemen benutten beogen beoordelen bepalen beperken bepleiten beproeven beramen bereiden bereiken berekenen beroepen beroven berusten beschadigen
	beschermen beschikken beschouwen beschrijven beslissen besluiten besparen bespoedigen bespreken bestaan besteden bestraffen bestrijden bestuderen besturen betalen
	betekenen betrappen betreffen betrekken betwijfelen bevallen bevatten bevelen bevestigen bevinden bevorderen bevrijden bewaken bewaren bewegen beweren bewerken bewijzen
	bezitten bezoeken bezorgen bezuinigen bezwaar bieden bijbrengen bijdragen bijeenkomen bijhouden bijstaan bijstellen bijsturen bijwerken bijwonen binden binnenhalen
	blijken blijven blokkeren borgen botsen bouwen breken brengen bundelen checken citeren communiceren compenseren concluderen concurreren constateren consulteren
	controleren coordineren corrigeren creeren dalen danken deactiveren declareren deelnemen definieren delen demonstreren denken detacheren dienen discrimineren discussieren
	doen doorgaan doorgeven doorvoeren doorzetten downloaden draaien dragen dreigen duren dwingen eindigen eisen erkennen ervaren evalueren experimenteren exporteren
	faciliteren falen feliciteren financieren focussen formuleren functioneren fuseren gaan garanderen gebeuren gebruiken gelden geloven genieten geruststellen geven
	goedkeuren groeien haasten halen halveren handelen handhaven hanteren hechten heffen helpen herbenoemen herhalen herinneren heroverwegen herschrijven herstellen hervatten
	hervormen herzien heten hinderen hopen horen houden huren illustreren implementeren importeren inbrengen indienen informeren ingaan ingrijpen inhouden inkopen inleveren
	innen inperken inrichten inschakelen inschatten inschrijven inspecteren inspelen inspireren installeren instellen instemmen integreren intensiveren intrekken introduceren
	investeren invoeren invullen inzamelen inzetten isoleren kennen keren kiezen kijken klagen kloppen koesteren komen kopen koppelen kosten krijgen krimpen kwijtraken
	lanceren laten leggen leiden lenen leren letten leveren lezen liggen lopen luiden luisteren lukken maken matigen meebeslissen meebrengen meedelen meedoen meegeven
	meehelpen meekomen meemaken meenemen meepraten meetellen meewegen meewerken melden menen merken meten mislukken moderniseren monitoren motiveren nadenken nagaan nakomen
	nalaten naleven nastreven neerleggen negeren nemen noemen noteren nuanceren omgaan omschakelen omscholen omschrijven omvatten omzetten onderbouwen onderbreken ondergaan
	onderhandelen onderkennen ondernemen onderscheiden onderschrijven ondersteunen onderstrepen ondertekenen ondervragen onderzoeken ontbreken ontdekken onthouden ontlasten
	ontlenen ontmoedigen ontmoeten ontnemen ontregelen ontslaan ontstaan ontvangen ontvluchten ontwerpen ontwijken ontwikkelen opbouwen opbrengen opdragen opeisen openen
	opereren ophalen opheffen ophouden opleiden opletten opleveren oplopen oplossen opmerken opnemen oppakken opperen oprichten oproepen opruimen opschorten opschrijven
	opslaan opsporen opstappen opstellen optreden opvallen opvangen opvatten opvoeden opvolgen opwekken opzeggen opzetten ordenen organiseren overblijven overdragen
	overeenkomen overgaan overhandigen overhouden overkomen overlaten overleggen overleven overlijden overnemen overschakelen overschrijden overstappen overtreden overtreffen
	overtuigen overwegen overwinnen pakken participeren passen passeren plaatsen plaatsvinden plannen plegen pleiten praten prefereren presenteren prikkelen prioriteren
	proberen produceren profiteren promoten protesteren provoceren publiceren raadplegen raden raken ramen rapporteren reageren realiseren reduceren regelen registreren
	reguleren reizen rekenen repareren reserveren respecteren resulteren richten roepen rondkomen ruilen samenkomen samenstellen samenwerken schaden schatten scheiden
	schenken schieten schommelen schrappen schrijven schuiven selecteren signaleren slagen sluiten solliciteren sorteren sparen specialiseren spelen splitsen spreken staan
	stabiliseren stagneren stapelen stappen starten stellen stemmen steunen stijgen stimuleren stoppen storen straffen streven studeren stuiten sturen subsidieren suggereren
	tegengaan tegenhouden tegenkomen tegenvallen tegenwerken tekenen tekortschieten tellen terugbetalen terugblikken terugbrengen terugdraaien terugdringen teruggeven
	terugkeren terugkijken terugkomen teruglopen terugtreden terugtrekken testen thuiswerken toebehoren toedelen toedichten toegeven toegroeien toejuichen toekennen toelaten
	toelichten toenemen toepassen toestaan toesturen toetreden toetsen toewijzen toezeggen toezien tonen transformeren treden treffen trekken twijfelen uitbetalen uitblijven
	uitbreiden uitbrengen uitdagen uitdelen uitdrukken uiten uitgaan uitgeven uitkeren uitkiezen uitkomen uitleggen uitlopen uitmaken uitnodigen uitproberen uitrekenen
	uitrollen uitschakelen uitsluiten uitspreken uitstellen uitstoten uittesten uittreden uitvallen uitvinden uitvoeren uitwerken uitwisselen uitzetten uitzoeken vaccineren
	vallen vangen varieren vasthouden vastleggen vastliggen vaststaan vaststellen veranderen verankeren verbazen verbeteren verbieden verbinden verblijven verbruiken
	verdedigen verdelen verdenken verdienen verdiepen verdringen verdubbelen verduidelijken verdwijnen vereenvoudigen vereisen verergeren vergaderen vergelijken vergen
	vergeten vergoeden vergroten verhelpen verhinderen verhogen verhouden verhuizen verifieren verkennen verklaren verkleinen verkopen verkorten verkrijgen verlagen verlaten
	verlenen verlengen verliezen verlopen vermelden vermijden verminderen vermoeden vernemen vernietigen vernieuwen veronderstellen veroorzaken verouderen verplaatsen
	verplichten verrassen verrekenen verrichten verruimen verschaffen verscherpen verschijnen verschillen verschuilen verschuiven verslaan verslechteren versnellen verspillen
	verspreiden versterken verstoren verstrekken verstrijken versturen vertalen vertegenwoordigen vertellen verteren vertonen vertragen vertrekken vertrouwen vervallen
	vervangen vervoeren vervullen verwaarlozen verwachten verwarren verwelkomen verwerken verwerpen verwerven verwezenlijken verwijderen verwijzen verwoorden verzachten
	verzamelen verzekeren verzetten verzinnen verzoeken verzorgen verzuimen verzwakken vestigen vieren vinden voeren volbrengen voldoen volgen volhouden voltooien
	voorbereiden voorbijgaan voordoen voordragen voorgaan voorhouden voorkomen voorleggen voorlichten voorschrijven voorspellen voorstaan voorstellen voortduren voortkomen
	voortvloeien voortzetten vooruitgaan voorzien voorzitten vormen vragen vrezen waarborgen waarderen waarschuwen wachten wegblijven wegen weggaan wegnemen wegvallen
	wegwerken weigeren wensen werken werven weten wijzen wijzigen willen winnen wisselen wonen zakken zeggen zenden zetten zien zitten zoeken zorgen`

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
	raden raadt ried raadde raadden geraden
	rijden rijdt reed reden gereden
	roepen roept riep riepen geroepen
	scheiden scheidt scheidde scheidden gescheiden
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
			if strings.HasSuffix(f, "dt") { // ik raad, vind
				m[f[:len(f)-1]] = forms[0]
			}
		}
	}
	strong := make(map[string]bool)
	for _, v := range m {
		strong[v] = true
	}
	for v := range strings.FieldsSeq(infinitives) {
		// Strong verbs have no weak forms: onderwijs is no verb, wind is not to win.
		if strong[v] || slices.ContainsFunc(prefixes, func(p string) bool { rest, ok := strings.CutPrefix(v, p); return ok && strong[rest] }) {
			m[v] = v
			continue
		}
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
