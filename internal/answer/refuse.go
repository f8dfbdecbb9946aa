package answer

import (
	"regexp"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// Intent is what a visitor wants with a message.
type Intent string

// The intents. Only IntentAsk is looked up in the documents.
const (
	IntentAsk      Intent = "ask"
	IntentGreeting Intent = "greeting"
	IntentThanks   Intent = "thanks"
	IntentAbout    Intent = "about"    // the service itself
	IntentUnclear  Intent = "unclear"  // no words to look up
	IntentOutside  Intent = "outside"  // plainly another subject: weather, recipes, sums
	IntentVoting   Intent = "voting"   // how to vote, who will win
	IntentPersonal Intent = "personal" // the visitor's own rights, money, dismissal
	IntentOpinion  Intent = "opinion"  // what the service or a private person thinks
	IntentSteering Intent = "steering" // extract or replace the instructions
)

// rule is a pattern over a folded message (lower case, no diacritics, single
// spaces, every sign but letters and digits a space).
type rule struct {
	intent  Intent
	pattern *pattern
}

// rules in the order they are tried: attempts to steer first, because they like to
// dress up as something else.
var rules = []rule{
	{IntentSteering, re(`\b(negeer|vergeet|omzeil|overschrijf|wis|schrap|sla)\b.{0,40}\b(instructie|instructies|opdracht|opdrachten|regels|aanwijzingen|prompt|richtlijnen|beperkingen|bovenstaande|voorgaande|eerdere|documenten|bronnen)\b`)},
	{IntentSteering, re(`\b(ignore|disregard|forget|override|bypass|overrule)\b.{0,40}\b(instruction|instructions|rule|rules|prompt|prompts|guidelines|previous|prior|above|restrictions|everything|documents|sources)\b`)},
	{IntentSteering, re(`\b(system|systeem) ?(prompt|message|bericht|instructies?|instructions?)\b`)},
	{IntentSteering, re(`\b(toon|geef|print|herhaal|laat|vertel|zeg|wat (is|zijn|staat)|show|reveal|repeat|tell|what (is|are)|output|dump|onthul|lek)\b.{0,40}\b(je|jouw|uw|your|deze|these|verborgen|hidden|interne|geheime|secret)\b.{0,15}\b(instructie|instructies|prompt|prompts|opdrachten|regels|instruction|instructions|rules|guidelines|configuratie|configuration|wachtwoord|password|api ?key|sleutel)\b`)},
	{IntentSteering, re(`\b(doe (alsof|of)|gedraag je als|speel de rol|speel een rol|je bent nu|jij bent nu|u bent nu|vanaf nu ben|stel je voor dat je|act as|pretend|you are now|role ?play|from now on|jailbreak|developer mode|ontwikkelaarsmodus|dan modus|dan mode|do anything now|sudo|god ?mode)\b`)},
	{IntentSteering, re(`\b(base64|rot13|hexadecimaal|decodeer|decode|ontcijfer)\b`)},
	{IntentSteering, re(`\b(zonder (bron|bronnen|filter|filters|regels)|without (sources?|citations?|filters?|rules))\b.{0,30}\b(antwoord|antwoorden|zeg|schrijf|answer|respond|reply)?\b.*\b(antwoord|verzin|answer|make up|invent)\b`)},
	{IntentSteering, re(`\b(verzin|fantaseer|make up|fabricate|invent)\b.{0,30}\b(advies|bron|citaat|antwoord|feit|cijfers?|source|quote|citation|advice|answer|fact|figures?)\b`)},
	{IntentSteering, re(`\b(antwoord|reageer|respond|answer|reply) (alleen|uitsluitend|slechts|only) (met|with)\b`)},
	{IntentSteering, re(`^(zeg|schrijf|herhaal|say|write|repeat)( (na mij|after me|the word|het woord|letterlijk|exact))\b`)},
	{IntentSteering, re(`\b(nieuwe instructies?|new instructions?|end of (prompt|instructions)|einde (van de )?(prompt|instructies)|admin(istrator)? (mode|modus|access|toegang))\b`)},

	{IntentVoting, re(`\b(stem ik|moet ik.{0,30}\bstemmen|kan ik (het )?best(e)?.{0,20}\bstemmen|waarop stemmen|op wie stem|welke partij (is|past|kies|moet|zou)|stemadvies|stemwijzer|which party|who should i vote|vote for|should i vote|how (should|to) (i )?vote)\b`)},
	{IntentVoting, re(`\b(stem|stemmen|kies|kiezen)\b.{0,30}\b(partij|pvv|vvd|d66|cda|pvda|groenlinks|gl|sp|bbb|nsc|volt|denk|sgp|fvd|christenunie)\b`)},
	{IntentVoting, re(`\b(wie|welke partij|who|which party)\b.{0,30}\b(wint|winnen|gewinnen|wins?|winning)\b.{0,30}\b(verkiezing|verkiezingen|election|elections)\b`)},
	{IntentVoting, re(`\b(verkiezingen|elections?)\b.{0,30}\b(wint|winnen|wins?|uitslag|result)\b`)},
	{IntentVoting, re(`\b(beste|slechtste|best|worst) (politieke )?(partij|minister|premier|politicus|party|politician|prime minister)\b`)},

	{IntentPersonal, re(`\b(heb|krijg|hou|houd|behoud|verlies) ik\b.{0,40}\b(recht|uitkering|ww|wia|wao|bijstand|aow|pensioen|toeslag|vergoeding|ontslag|transitievergoeding|loon|salaris|verlof|vakantiedagen|vakantiegeld|geld|subsidie)\b`)},
	{IntentPersonal, re(`\b(mijn|m n|me) (baas|werkgever|chef|leidinggevende|contract|ontslag|uitkering|ww|wia|pensioen|aow|loon|salaris|toeslag|hypotheek|huur|belasting|vakantiedagen|arbeidscontract|proeftijd|werknemer|personeel|vrouw|man|partner|kind|zieke|cao)\b`)},
	{IntentPersonal, re(`\b(mag|kan|moet) ik\b.{0,50}\b(ontslagen|ontslag|ontslaan|ziekmelden|ziek|uitkering|ww|bijstand|aow|pensioen|minimumloon|loon|salaris|verlof|vakantie|contract|aangeven|procederen|rechter|schadevergoeding|belasting|stoppen met werken|staken)\b`)},
	{IntentPersonal, re(`\b(mag|kan|moet) (men|een|de|mijn) (baas|werkgever) (mij|me)\b`)},
	{IntentPersonal, re(`\b(ben|word) ik\b.{0,30}\b(verplicht|verzekerd|ontslagen|zzp|werknemer|recht)\b`)},
	{IntentPersonal, re(`\bwat moet ik doen\b|\bhoeveel\b.{0,30}\b(krijg|verdien|betaal|ontvang) ik\b|\bwanneer (mag|kan|ga) ik (met|in) (pensioen|aow)\b`)},
	{IntentPersonal, re(`\b(my|our) (boss|employer|manager|contract|dismissal|benefits?|pension|wage|salary|landlord|rent|tax(es)?|holiday|leave|job)\b`)},
	{IntentPersonal, re(`\b(am i|do i|can i|should i|may i|will i|must i)\b.{0,50}\b(entitled|eligible|right|rights|benefits?|pension|fired|dismissed|sue|sick|leave|wage|salary|contract|unemployment|retire|tax|strike|get|receive|claim)\b`)},
	{IntentPersonal, re(`\bhow much (will|do|can) i\b`)},

	{IntentOpinion, re(`\b(vind|denk|geloof|hoop|haat) (jij|jullie)\b|^(en )?(vind|denk|geloof|hoop|haat) (je|u)\b`)},
	{IntentOpinion, re(`\b(jouw|je|uw|jullie) (mening|opinie|oordeel|favoriete|lievelings\w*|standpunt|gevoel)\b`)},
	{IntentOpinion, re(`\b(wat|hoe|wie|waarom) (vind|denk|zou|voel) (jij|je|u)\b`)},
	{IntentOpinion, re(`\b(do|don t|would) you (think|believe|like|agree|prefer|feel|want|recommend)\b|\bwhat (do|would) you (think|believe|prefer|recommend)\b|\b(your|personal) (opinion|view|favourite|favorite|thoughts)\b|\bin your (opinion|view)\b`)},
	{IntentOpinion, re(`\b(ben je het|bent u het|ben jij het) (eens|oneens)\b|\bwat is volgens (jou|u)\b|\bvolgens (jou|jullie)\b`)},
	{IntentOpinion, re(`\b(prive|persoonlijke mening|persoonlijk van|thuis ?adres|prive ?adres|telefoonnummer|06 nummer|getrouwd|partner van|kinderen van|home address|phone number|married|private (life|opinion))\b`)},
	{IntentOpinion, re(`\bwat (vindt|denkt|stemt|verdient) (mijn|de|een) (buurman|buurvrouw|collega|vriend|vriendin|tante|oom|moeder|vader|baas)\b`)},
	{IntentOpinion, re(`\b(is|zijn|was|are|were) (de|het|the|een|a)? ?.{1,60} (een goed idee|een slecht idee|nuttig of niet|goed of slecht|een goede zaak|a good idea|a bad idea|good or bad|overbodig|een succes of|te links|te rechts|te duur|zinloos)\b`)},
	{IntentOpinion, re(`\b(wordt|gaat|zal|komt) .{0,60}\b(in de toekomst|volgend jaar|over (10|tien|20|twintig|vijf|5) jaar|ooit|in 20[3-9]\d)\b`)},
	{IntentOpinion, re(`\b(voorspel|voorspelling|predict|prediction)\b`)},
	{IntentOpinion, re(`\b(zou|moet|should) (de|het|the|nederland) .{0,60}\b(beter|worden afgeschaft|opheffen|afschaffen|be abolished|be better)\b`)},

	{IntentOutside, re(`\b(weer (wordt|morgen|vandaag|voor|in)|(mooi|slecht|lekker|warm|koud|goed) weer|(van|over) het weer|wat voor weer|weerbericht|weersverwachting|regenen|regent|graden wordt|weather|forecast|rain tomorrow)\b`)},
	{IntentOutside, re(`\b(recept|recepten|recipe|bakken|bak ik|kook ik|koken|cook|bake|pannenkoek\w*|appeltaart|lasagne|pizza|spaghetti|soep)\b`)},
	{IntentOutside, re(`\b(voetbal\w*|ajax|feyenoord|psv|eredivisie|wk voetbal|olympische|formule 1|verstappen|wereldkampioen\w*|tour de france|football|soccer|world cup|olympics|champions league|nba)\b`)},
	{IntentOutside, re(`\b(mop|grap|grapje|gedicht|sinterklaasgedicht|verhaaltje|liedje|songtekst|joke|poem|song|lyrics|story|rap|haiku|limerick)\b`)},
	{IntentOutside, re(`\b(hoofdstad|capital (city )?of|horoscoop|sterrenbeeld|horoscope|lotto|bitcoin|aandelenkoers|beurskoers|stock price|filmtip|film kijken|netflix|movie|restaurant|hotel|vakantie boeken|vliegticket|treinreis|trein naar|dienstregeling)\b`)},
	{IntentOutside, re(`\b(python|javascript|java code|html code|programmeer|schrijf (een )?(code|programma|script|functie|sollicitatiebrief|mail|e mail|brief|essay|werkstuk|samenvatting van mijn)|write (me )?(a |an |some )?(code|program|script|function|letter|email|essay))\b`)},
	{IntentOutside, re(`\b(hoeveel is|wat is|how much is|what is|bereken|calculate) \d+ ?(x|keer|maal|plus|min|gedeeld|times|minus|divided)\b`)},
	{IntentOutside, re(`\b(vertaal|translate)\b.{0,60}\b(naar|in het|into|to) (het )?(engels|frans|duits|spaans|english|french|german|spanish|dutch|nederlands)\b`)},

	{IntentAbout, re(`\b(wie|wat) ben (je|jij)\b|\bwie bent u\b|\bwat (kun|kan|kunt|doe|doet) (je|jij|u|deze chatbot|deze site|vraagbaak)\b|\bhoe werk(t|en)? (je|jij|u|dit|deze|vraagbaak)\b|\b(ben|is) (je|jij|u|dit) een (mens|robot|computer|ai|chatbot|bot)\b|\bwat is vraagbaak\b|\bwaarmee (kun|kan|kunt) (je|u) .{0,20}helpen\b|\bwat kan ik (hier |je |u )?vragen\b`)},
	{IntentAbout, re(`\bwho are you\b|\bwhat (can|do) you do\b|\bhow (do|does) (you|this|vraagbaak) work\b|\bare you (a |an )?(human|robot|ai|bot|chatbot|person|computer)\b|\bwhat is vraagbaak\b|\bwhat can i ask\b|\bhow can you help\b|\bcan you help me\b|\bkun (je|jij) (mij|me) helpen\b|\bkunt u (mij|me) helpen\b`)},
	{IntentThanks, re(`^((heel )?(erg )?(hartelijk )?(bedankt|dank|dankje|dankjewel|dankuwel|thanks|thank|thx|merci|top|super|fijn|prima|mooi|great|perfect|ok|oke|okay)( (je|u|you|jij|wel|very|much|so|a|lot|zeer|hoor|ook|alvast|dank|bedankt|thanks|thank|voor|for|de|het|the|uw|je|your|antwoord|hulp|help|answer|informatie|information|uitleg))*)$`)},
	{IntentGreeting, re(`^((hallo|hoi|hey|hee|he|hi|hello|dag|goedemorgen|goedemiddag|goedenavond|goedendag|goeiemorgen|good|morning|afternoon|evening|day|greetings|yo|test)( (allemaal|daar|there|ser|vraagbaak|hallo|hoi|hey|hi|hello|dag|goedemorgen|goedemiddag|goedenavond|goedendag|goeiemorgen|morning|afternoon|evening|day|iedereen|everyone|hoe|gaat|het|met|je|u|how|are|you|today|vandaag))*)$`)},
}

// base64Run is a long stretch of letters and digits that no language has.
var base64Run = regexp.MustCompile(`[A-Za-z0-9+/]{40,}={0,2}`)

// intent classifies a message by rules.
func intent(message string) Intent {
	if base64Run.MatchString(message) {
		return IntentSteering
	}
	text := plain(message)
	if text == "" {
		return IntentUnclear
	}
	for _, r := range rules {
		if r.pattern.MatchString(text) && !(aboutCouncil(text) && r.intent == IntentOpinion && !strings.Contains(text, " je ")) {
			return r.intent
		}
	}
	if future.MatchString(text) && !ofTomorrow.MatchString(text) {
		return IntentOutside
	}
	return IntentAsk
}

// council questions ask what a body thinks, which its advices say: "wat vindt de SER
// van" is no question for an opinion of the service.
var council = re(`\b(vindt|denkt|zegt|adviseert|wil|schrijft|vond|adviseerde|zei|schreef) (de|het) (ser|raad|sociaal economische raad|commissie|jongerenplatform|stichting|kabinet)\b|\b(does|did) the (ser|council|committee) (think|say|advise|want)\b`)

func aboutCouncil(text string) bool { return council.MatchString(text) }

// plain folds a message for the rules.
func plain(message string) string {
	var b strings.Builder
	for i, t := range dutch.Tokens(message) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.Text)
	}
	return b.String()
}
