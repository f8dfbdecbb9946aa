package answer

import (
	"regexp"
	"slices"
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
	IntentAbout    Intent = "about"    // the service itself: what it is
	IntentMaker    Intent = "maker"    // who made it, whose it is
	IntentPrivacy  Intent = "privacy"  // what becomes of what the visitor writes
	IntentTrust    Intent = "trust"    // whether its answers are right, where they come from
	IntentUse      Intent = "use"      // what it can be asked, in which language, at what price
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
	besides *pattern // when set, has to match too, wherever it stands
}

// rules in the order they are tried: attempts to steer first, because they like to
// dress up as something else.
var rules = []rule{
	{IntentSteering, re(`\b(negeer|vergeet|omzeil|overschrijf|wis|schrap|sla)\b.{0,40}\b(instructie|instructies|opdracht|opdrachten|regels|aanwijzingen|prompt|richtlijnen|beperkingen|bovenstaande|voorgaande|eerdere|documenten|bronnen)\b`), nil},
	{IntentSteering, re(`\b(ignore|disregard|forget|override|bypass|overrule)\b.{0,40}\b(instruction|instructions|rule|rules|prompt|prompts|guidelines|previous|prior|above|restrictions|everything|documents|sources)\b`), nil},
	{IntentSteering, re(`\b(system|systeem) ?(prompt|message|bericht|instructies?|instructions?)\b`), nil},
	{IntentSteering, re(`\b(toon|geef|print|herhaal|laat|vertel|zeg|wat (is|zijn|staat)|show|reveal|repeat|tell|what (is|are)|output|dump|onthul|lek)\b.{0,40}\b(je|jouw|uw|your|deze|these|verborgen|hidden|interne|geheime|secret)\b.{0,15}\b(instructie|instructies|prompt|prompts|opdrachten|regels|instruction|instructions|rules|guidelines|configuratie|configuration|wachtwoord|password|api ?key|sleutel)\b`), nil},
	{IntentSteering, re(`\b(doe (alsof|of)|gedraag je als|speel de rol|speel een rol|je bent nu|jij bent nu|u bent nu|vanaf nu ben|stel je voor dat je|act as|pretend|you are now|role ?play|from now on|jailbreak|developer mode|ontwikkelaarsmodus|dan modus|dan mode|do anything now|sudo|god ?mode)\b`), nil},
	{IntentSteering, re(`\b(base64|rot13|hexadecimaal|decodeer|decode|ontcijfer)\b`), nil},
	{IntentSteering, re(`\b(zonder (bron|bronnen|filter|filters|regels)|without (sources?|citations?|filters?|rules))\b.{0,30}\b(antwoord|antwoorden|zeg|schrijf|answer|respond|reply)?\b.*\b(antwoord|verzin|answer|make up|invent)\b`), nil},
	{IntentSteering, re(`\b(verzin|fantaseer|make up|fabricate|invent)\b.{0,30}\b(advies|bron|citaat|antwoord|feit|cijfers?|source|quote|citation|advice|answer|fact|figures?)\b`), nil},
	{IntentSteering, re(`\b(antwoord|reageer|respond|answer|reply) (alleen|uitsluitend|slechts|only) (met|with)\b`), nil},
	{IntentSteering, re(`^(zeg|schrijf|herhaal|say|write|repeat)( (na mij|after me|the word|het woord|letterlijk|exact))\b`), nil},
	{IntentSteering, re(`\b(vergeet|forget) (alles|everything|all)\b|\b(gehoorzaam|obey) (mij|me)\b|\b(je|jouw|your) (geheime|verborgen|secret|hidden) (opdracht|instructie|prompt|instruction|rule|regel)\b|\b(voortaan|from now on) (alleen|altijd|enkel|only|always)? ?(met|with|in)\b|\b(zonder te|without) (controleren|checking|verifying|verification)\b|\b(ga akkoord|agree) (met|with) (alles|everything)\b`), nil},
	{IntentSteering, re(`\b(noem|geef|gebruik|toon) geen (bron|bronnen|citaten)\b|\bstop (citing|giving|quoting|naming|met)\b.{0,20}\b(sources?|citations?|bronnen|bron)\b|\b(do not|don t) (cite|quote|give) (any )?(sources?|citations?)\b`), nil},
	{IntentSteering, re(`^(volg|voer|gehoorzaam|follow|obey|execute)\b.{0,30}\b(instructies?|instructions?|opdrachten|commands?)\b`), nil},
	{IntentSteering, re(`\b(vanaf nu|voortaan|from now on) (zeg|antwoord|noem|beweer|say|answer|claim|call) (je|jij|u|you|that|dat)\b`), nil},
	{IntentSteering, re(`\b(herhaal|print|toon|geef|repeat|show|output)\b.{0,40}\b(hierboven|boven (deze|dit)|above|before this|verbatim|woord voor woord|(your|je|jouw) (initial|first|eerste) \w+)\b`), nil},
	{IntentSteering, re(`\b(antwoord|antwoorden|schrijf|geef|answer|answers|reply|respond|write)\b.{0,40}\b(zonder|without)( je| your| any| the| de)? (bron|bronnen|verwijzingen|citaten|sources?|citations?)\b`), nil},
	{IntentSteering, re(`\b(schakel|zet|haal|disable|turn off|switch off|remove|verwijder)\b.{0,30}\b(filters?|beveiliging|safety|guardrails|verificatie|verification|restrictions|beperkingen)\b`), nil},
	{IntentSteering, re(`\b(geef|give|grant)\b.{0,20}\b(toegang|access|rechten|rights)\b.{0,20}\b(beheerder|admin|administrator|root)\b`), nil},
	{IntentSteering, re(`\bwhat (were you|have you been) told\b|\bwat is (je|jou|u) (opgedragen|verteld)\b|\bunrestricted (ai|mode|model|assistant)\b`), nil},
	{IntentSteering, re(`\b(nieuwe instructies?|new instructions?|end of (prompt|instructions)|einde (van de )?(prompt|instructies)|admin(istrator)? (mode|modus|access|toegang))\b`), nil},

	{IntentPrivacy, re(`\b(worden|wordt|zijn|blijven|blijft|is|kan|kunnen) (al )?(mijn|m n|deze|dit|onze|wat ik) (vraag|vragen|gegevens|gesprek|gesprekken|chat|invoer|ip adres|privacy|berichten|schrijf|typ|vraag)\b.{0,40}\b(bewaard|opgeslagen|gewist|verwijderd|gebruikt|gedeeld|doorgegeven|verkocht|gelezen|meegelezen|geheim|anoniem|veilig|prive|vertrouwelijk|onthouden|terug)\b`), nil},
	{IntentPrivacy, re(`\b(bewaar|bewaart|bewaren|wis|wist|wissen|verwijder|verwijdert|verwijderen|onthoud|onthoudt|onthouden|deel|deelt|delen|gebeurt|gebruik|gebruikt|doe|doet|doen|lees|leest|ziet|sla|slaat)\b.{0,30}\b(mijn|onze) (vraag|vragen|gegevens|gesprek|gesprekken|chat|invoer|ip adres|berichten)\b|\bkan ik (mijn|dit) (vragen|gesprek|gegevens|chat) (zelf )?(wissen|verwijderen|terugzien|teruglezen)\b`), nil},
	{IntentPrivacy, re(`\b(onthoud|onthoudt|ken|kent) (je|jij|u) (mij|me|wie ik ben|wat ik)\b|\b(weet|weten) (je|jij|u|jullie) wie ik ben\b|\bben ik (hier )?anoniem\b|\b(kijkt|leest) (er )?(hier )?iemand mee\b|\bhoe zit het met (mijn |de )?privacy( hier)?$`), nil},
	{IntentPrivacy, re(`\b(are|is|will|can) (my|our|this|these) (questions?|data|chat|conversations?|messages?|input|ip address|privacy)\b.{0,40}\b(stored|saved|kept|deleted|used|shared|sold|logged|recorded|read|private|safe|anonymous|seen|remembered|tracked|confidential)\b|\b(store|save|keep|delete|erase|remove|remember|share|track|log|record|happens to|do with)\b.{0,20}\b(my|our|this) (questions?|data|chat|conversations?|messages?|ip address)\b|\bam i anonymous\b|\bdo you (know who i am|remember me|track me)\b|\bwho (reads|sees|can read|can see) (my|this|what i)\b`), nil},
	{IntentMaker, re(`\bwie (heeft|hebben) (jou|je|u|jullie|dit|deze (site|website|chatbot|dienst|bot)|vraagbaak)\b.{0,20}\b(gemaakt|gebouwd|ontwikkeld|bedacht|geprogrammeerd|ontworpen|getraind)\b|\bdoor wie (ben|bent|is|wordt|werd) (je|jij|u|dit|deze (site|website|chatbot|dienst|bot)|vraagbaak) (gemaakt|gebouwd|ontwikkeld|beheerd|geprogrammeerd|onderhouden)\b|\bwie (maakte|bouwde|ontwikkelde|beheert) (jou|je|dit|deze (site|website|chatbot|dienst|bot)|vraagbaak)\b`), nil},
	{IntentMaker, re(`\bwie (zit|zitten|zat) (er )?achter (jou|je|u|dit|deze (site|website|chatbot|dienst|bot)|vraagbaak)\b|\b(van|voor) wie (ben|bent|werk|werkt) (je|jij|u)\b|\b(ben|bent|werk|werkt|hoor|hoort|spreek) (je|jij|u|jullie) (zelf |eigenlijk )?(van|bij|voor|namens|onderdeel van|een deel van) de ser\b|\bwie (is|zijn) (je|jouw|uw) (maker|makers|eigenaar|baas|bouwer|bedenker)\b|\bis (vraagbaak|dit|deze (site|website|chatbot)) van de ser\b`), nil},
	{IntentMaker, re(`\bwho (made|built|created|developed|designed|owns|runs|programmed|trained|operates|is behind) (you|this (site|website|chatbot|bot|service)|vraagbaak)\b|\bare you (part of|from|run by|owned by|made by|with) (the )?(ser|council|government)\b|\bdo you (work for|belong to) (the )?(ser|council|government)\b|\bwho (is|are) your (maker|makers|owner|creator|boss)\b|\bby whom were you (made|built)\b|\bdid .{1,30} (make|build|create|develop) you\b`), nil},
	{IntentTrust, re(`\b(kan|kun|mag|moet) (ik|je|men) (jou|je|u|dit|jouw|uw|deze|vraagbaak)( antwoord| antwoorden| informatie)?( wel| echt)? (vertrouwen|geloven)\b|\bhoe betrouwbaar (ben|bent|is|zijn) (je|jij|u|dit|vraagbaak|het antwoord|dit antwoord|de antwoorden|jouw|uw)\b|\b(ben|bent|is) (je|jij|u|dit antwoord|vraagbaak) (wel |echt )?betrouwbaar\b|\b(maak|maakt) (je|jij|u|vraagbaak) ((wel|weleens|eens|ook|soms|vaak|ooit) )*(fouten|een fout|vergissingen)\b|\b(vergis|lieg|liegt|verzin|hallucineer) (je|jij|u)\b`), nil},
	{IntentTrust, re(`\b(klopt|kloppen) (je|jouw|uw|dit|deze|die) (antwoord|antwoorden|informatie)\b|\b(je|jouw|uw|dit|het|de|jullie) (antwoord|antwoorden|informatie) (altijd |echt |wel )*(klopt|kloppen|juist is|juist zijn|waar is)\b|^(weet|weten) (je|jij|u|jullie) (dat|het|dit) (wel |heel )?zeker$|\b(waar|hoe) (haal|haalt|kom|komt|vind|vindt) (je|jij|u|jullie|vraagbaak) (aan )?(je|jouw|uw|deze|de|al die|die) (antwoorden|informatie|kennis|gegevens|antwoord)\b|\bwaar komen (je|jouw|uw|deze|de|die) antwoorden vandaan\b`), nil},
	{IntentTrust, re(`\b(can|should) i (trust|rely on|believe) (you|your|this|these)\b|\bdo you (ever |sometimes )?(make mistakes|make things up|hallucinate|lie)\b|\b(is|are) (your|this|these|the) (answers?|information) (always )?(correct|right|true|reliable|accurate|trustworthy)\b|\bhow (reliable|accurate|trustworthy) (are you|is this|are your|is your)\b|\bwhere do (you get|your answers|your|these answers)\b|\bare you (always right|reliable)\b|^(ben|bent) (je|jij|u) (daar |er |hier )?(wel |heel |echt )?zeker( van)?$|^are you (really |quite )?(sure|certain)( about that| of that| about this)?$|\bhow do (i|you) know (if |that |whether )?(your|this|these|the) (answers?|information) (is|are)\b`), nil},
	{IntentUse, re(`\bwat (kan|mag|kun) (ik|je|men) ((hier|jou|je|u|allemaal|zoal|aan|van|vraagbaak) )*(vragen|opzoeken)\b|\bwaarover (kan|mag) (ik|je) ((hier|jou|je|u) )*vragen\b|\b(welke|wat voor|wat voor soort|hoeveel) (soort )?vragen (kan|kun|mag|beantwoord|begrijp)\b|\bin welke (taal|talen) (kan|kun|mag|spreek|begrijp|antwoord|werk)\b|\bwelke talen (spreek|ken|kent|begrijp|versta)\b|\b(spreek|praat|versta|begrijp|ken) (je|jij|u) (ook |goed )?(engels|nederlands|duits|frans|spaans|turks|english|dutch)\b`), nil},
	{IntentUse, re(`^(ik heb|ik wil|mag ik|kan ik|i have|may i|can i|i want to)( (hier|jou|je|u|you|nog|ook|graag|even|ask))* (een vraag|vragen|iets vragen|wat vragen|a question|questions|something)( (over|about) (de |the )?ser)?( stellen| ask)?( (mag|kan) dat| is that ok)?$`), nil},
	{IntentUse, re(`\bis (dit|deze (dienst|site|chatbot)|vraagbaak|het gebruik) gratis\b|\bkost (dit|vraagbaak|deze (dienst|chatbot)|een vraag|het) (mij |me )?(iets|geld|wat)$|\bmoet ik (hier|hiervoor|voor dit) (betalen|inloggen)\b|\b(welke|hoeveel) (documenten|bronnen|teksten|bestanden|stukken) ((ken|heb|gebruik|lees|doorzoek|raadpleeg)t?|zoek|bekijk) (je|jij|u|vraagbaak)\b|\bheb ik een account nodig\b`), nil},
	{IntentUse, re(`\bwhat (kind of |sort of |type of )?questions (can|do|may) (i|you)\b|\bwhat (else )?can (i ask|you answer)\b|\b(do|can) you (speak|understand|answer in) (dutch|english|german|french|spanish|other languages)\b|\b(which|what) languages? (do|can) (you|i)\b|\bis (this|vraagbaak|it|this service|using this) free( of charge| to use)?$|\bdo i have to (pay|log in|register)( (for|to use) (this|it|you).*)?$|\bdo i need an account\b|\b(which|what|how many) (documents|sources|texts|files) (do you|can you|are you|does vraagbaak)\b`), nil},
	{IntentAbout, re(`\b(ben|bent) (je|jij|u) ((een|echt|echte|eigenlijk|wel|nou|nu|soms|gewoon) )*(mens|persoon|robot|computer|ai|chatbot|bot|machine|programma|computerprogramma|medewerker|ambtenaar|man|vrouw|chatgpt|gpt|claude|gemini|copilot|taalmodel|echt)\b|\b(praat|spreek|chat) ik (nu |hier |eigenlijk )?(met|tegen)\b|\bgebruikt? (je|jij|u|vraagbaak) (ook )?(een )?(chatgpt|gpt|openai|claude|gemini|copilot|llm|taalmodel|ai|kunstmatige intelligentie)\b|\bhoe heet (je|jij|u)\b|\bwat is (je|jouw|uw) naam\b`), nil},
	{IntentAbout, re(`\bare you ((a|an|really|actually|real|just|some) )*(human|person|real|robot|ai|bot|chatbot|computer|machine|program|chatgpt|gpt|claude|gemini|copilot|language model)\b|\bam i (talking|speaking|chatting|writing) (to|with)\b|\bdo you (use|run on) (a |an )?(chatgpt|gpt|openai|claude|gemini|copilot|llm|language model|ai)\b|\bwhat is your name\b`), nil},

	{IntentPrivacy, re(`\b(mijn|my|our) (eigen |own |persoonlijke |personal )?(vragen|gegevens|gesprek|gesprekken|naam|chat|invoer|ip adres|berichten|data|questions|name|conversations?|messages?|input)\b|\b(wat|what|alles wat|everything) (ik|i) (hier |nu |now )?(vraag|typ|schrijf|zeg|invul|schreef|vroeg|ask|asked|type|typed|write|wrote|say|enter)\b|\b(deze|dit|this) (chat|gesprek|conversation)\b`),
		re(`\b(bewaar\w*|bewaren|opslaan|opgeslagen|sla|slaat|wis|wissen|gewist|verwijder\w*|zien|ziet|lezen|leest|meelezen|gelezen|delen|deelt|gedeeld|verkoop\w*|verkocht|onthoud\w*|anoniem|veilig|store[sd]?|keep|kept|saved?|delete[sd]?|erased?|reads?|sees?|shared?|sold|sell|tracke?d?|logge?d?|remember\w*|private|safe|anonymous)\b`)},
	{IntentPrivacy, re(`\b(track|volg|volgt|volgen) (me|mij)\b|\bcookies\b`), nil},
	{IntentMaker, re(`\b(jij|jou|jullie|vraagbaak|you|(deze|dit|this|een|an?) (official |officiele )?(ser )?(chat ?bot|bot|site|website|dienst|service|assistent|assistant))\b`),
		re(`\b(gemaakt|gebouwd|ontwikkeld|onderhoudt|onderhoud|beheert|beheerd|bedacht|geprogrammeerd|getraind|eigenaar|maker|makers|verantwoordelijk|officieel|officiele|made|built|developed|maintains?|created|programmed|trained|responsible|official)\b`)},
	{IntentMaker, re(`\b(werk|werkt|spreek|spreekt|ben|bent|hoor|hoort) (je|jij|u|jullie) .{0,12}\b(voor|namens|van|bij) (de |het )?(ser|regering|overheid|kabinet|ministerie|staat)\b|\bdo you (work|speak|answer) (for|on behalf of) (the )?(ser|council|government|state)\b`), nil},
	{IntentTrust, re(`\b(je|jouw|uw|het|dit|deze|de|your|this|the|these) (antwoord|antwoorden|answers?)\b`), re(`\b(betrouwbaar|vertrouwen|controleer|controleren|nagaan|kloppen|reliable|trust|check|verify|accurate|correct)\b`)},
	{IntentTrust, re(`^(hoe weet ik (of|dat)|how (do|can) i know( that| if)?) (dit|dat|het|this|that|it) (wel )?(waar is|klopt|juist is|is true|is right|is correct)$|^(is|klopt) (wat|what) (je|jij|u|you) (zegt|say)( (waar|juist|correct|true|right))?$|\bdo you (ever )?make (things|stuff|it) up\b|\bzit (je|jij|u) er ((wel|weleens|eens|soms|ooit|vaak) )*naast\b|^are you (ever|sometimes|often) wrong$`), nil},
	{IntentUse, re(`\b(waar|waarvoor) (kan|kun|mag) ik (je|jou|u|dit|vraagbaak) .{0,20}gebruiken\b|\b(kan|mag) ik (ook |hier )*(in het|op zn) \w+ .{0,20}\b(vragen|praten|schrijven|typen|stellen)\b|\bmoet ik betalen (om (dit|je|vraagbaak|deze \w+) te gebruiken|voor (dit|deze (chatbot|dienst)|een antwoord))$|\bwhat can i use (you|this) for\b|\bcan i (ask|write|speak|talk|chat) (questions |to you )?in (dutch|english|german|french)\b|\b(kun|kan|ken) (je|jij|u) (ook )?(engels|nederlands|duits|frans)$|^kost (het gebruik|dit) \w+$|\b(welke|wat voor) onderwerpen (ken|kent|kun|kan|weet|behandel) (je|jij|u|ik)\b|\b(which|what) (topics|subjects) (can|do) (i|you)\b|^what do you know( about)?$|^wat weet (je|jij|u)( allemaal| zoal)*$`), nil},
	{IntentAbout, re(`^(is|are) (this|that|dit|dat|er|there) .{0,20}\b(chat ?bot|robot|bot|ai|computer|human|person|mens|persoon|machine)\b|\b(zit|zitten) er een (echt |echte )?(mens|persoon|medewerker)\b|\bheb ik een (mens|medewerker|persoon) aan de lijn\b|^what (exactly )?are you( exactly)?$|\b(kun|kan|kunt) (je|jij|u) (zelf )?(na)?denken$|\b(do|can) you think( for yourself)?$`), nil},

	{IntentVoting, re(`\b(pvv|vvd|d66|cda|pvda|groenlinks|bbb|nsc|sgp|fvd|christenunie)\b.{0,30}\b(of|or|kiezen|winnen|win|wint|stemmen|vote)\b|\b(my|mijn) (vote|stem)\b|\b(voting advice|advise me how to vote)\b|\bvote (left|right)\b|\bwelke partij (komt op|heeft de beste|is het best|staat voor|doet het)\b`), nil},
	{IntentVoting, re(`\b(zou|ga|gaat|moet|kan|zal|wil) (jij|je|ik|u|men)\b.{0,30}\bstemmen\b|\bstem (jij|je|ik)\b|\b(help|helpen|kies|kiezen|keuze|kiezen voor)\b.{0,40}\bverkiezing(en)?\b|\b(support|back|choose|pick)\b.{0,30}\belections?\b|\bwie (wordt|word) .{0,20}\b(premier|minister president|president)\b|\bwho will be(come)? .{0,20}\b(prime minister|president)\b`), nil},
	{IntentVoting, re(`\b(pvv|vvd|d66|cda|pvda|groenlinks|bbb|nsc|sgp|fvd|christenunie|forum voor democratie)\b.{0,30}\b(beter|slechter|beste|goed|slecht|better|worse|best)\b`), nil},
	{IntentVoting, re(`\b(stem ik|moet ik.{0,30}\bstemmen|kan ik (het )?best(e)?.{0,20}\bstemmen|waarop stemmen|op wie stem|welke partij (is|past|kies|moet|zou)|stemadvies|stemwijzer|which party|who should i vote|vote for|should i vote|how (should|to) (i )?vote)\b`), nil},
	{IntentVoting, re(`\b(stem|stemmen|kies|kiezen)\b.{0,30}\b(partij|pvv|vvd|d66|cda|pvda|groenlinks|gl|sp|bbb|nsc|volt|denk|sgp|fvd|christenunie)\b`), nil},
	{IntentVoting, re(`\b(wie|welke partij|who|which party)\b.{0,30}\b(wint|winnen|gewinnen|wins?|winning)\b.{0,30}\b(verkiezing|verkiezingen|election|elections)\b`), nil},
	{IntentVoting, re(`\b(verkiezingen|elections?)\b.{0,30}\b(wint|winnen|wins?|uitslag|result)\b`), nil},
	{IntentVoting, re(`\b(beste|slechtste|best|worst) (politieke )?(partij|minister|premier|politicus|party|politician|prime minister)\b`), nil},

	{IntentPersonal, re(`\b(heb|krijg|hou|houd|behoud|verlies) ik\b.{0,40}\b(recht|\w*uitkering|minimumloon|minimumjeugdloon|\w+toeslag|ww|wia|wao|bijstand|aow|pensioen|toeslag|vergoeding|ontslag|transitievergoeding|loon|salaris|verlof|vakantiedagen|vakantiegeld|geld|subsidie)\b`), nil},
	{IntentPersonal, re(`\b(mijn|m n|me) (baas|werkgever|chef|leidinggevende|contract|ontslag|uitkering|ww|wia|pensioen|aow|loon|salaris|toeslag|hypotheek|huur|belasting|vakantiedagen|arbeidscontract|proeftijd|werknemer|personeel|vrouw|man|partner|kind|zieke|cao)\b`), nil},
	{IntentPersonal, re(`\b(mag|kan|moet) ik\b.{0,50}\b(ontslagen|ontslag|ontslaan|ziekmelden|ziek|uitkering|ww|bijstand|aow|pensioen|minimumloon|loon|salaris|verlof|vakantie|contract|aangeven|procederen|rechter|schadevergoeding|belasting|stoppen met werken|staken)\b`), nil},
	{IntentPersonal, re(`\b(mag|kan|moet) (men|een|de|mijn) (baas|werkgever) (mij|me)\b`), nil},
	{IntentPersonal, re(`\b(ben|word) ik\b.{0,30}\b(verplicht|verzekerd|ontslagen|zzp|werknemer|recht)\b`), nil},
	{IntentPersonal, re(`\bwat moet ik doen\b|\bhoeveel\b.{0,30}\b(heb|krijg|verdien|betaal|ontvang) ik\b|\bwanneer (mag|kan|ga) ik (met|in) (pensioen|aow)\b`), nil},
	{IntentPersonal, re(`\b(my|our) (boss|employer|manager|contract|dismissal|benefits?|pension|wage|salary|landlord|rent|tax(es)?|holiday|leave|job)\b`), nil},
	{IntentPersonal, re(`\b(am i|do i|can i|should i|may i|will i|must i)\b.{0,50}\b(entitled|eligible|right|rights|benefits?|pension|fired|dismissed|sue|sick|leave|wage|salary|contract|unemployment|retire|tax|strike|get|receive|claim)\b`), nil},
	{IntentPersonal, re(`\bhow much (will|do|can) i\b`), nil},
	{IntentPersonal, re(`\bin (mijn|ons) (geval|situatie)\b|\b(in|for) my (case|situation)\b|\b(moet|hoef) ik als (zzp\w*|werknemer|werkgever|zelfstandige|uitzendkracht|flexwerker|ondernemer|freelancer)\b.{0,60}\b(verzekering|\w+verzekering|belasting|contract|tarief|uitkering|pensioen|pensioenpremie|loon|salaris)\b|\bkom ik in aanmerking\b|\b(mijn|my) (eigen |own )?(rechten|rights)\b|\bik (ben|word|was|werd|zit|raak|raakte)\b.{0,30}\b(ziek|ontslagen|werkloos|zwanger|arbeidsongeschikt|bijstand|ww|wia|ziektewet)\b.{0,60}\b(mag|moet|kan|heb|krijg|hoef) ik\b`), nil},

	{IntentOpinion, re(`\b(vind|denk|geloof|hoop|haat) (jij|jullie)\b|^(en )?(vind|denk|geloof|hoop|haat) (je|u)\b`), nil},
	{IntentOpinion, re(`\b(jouw|je|uw|jullie) (mening|opinie|oordeel|favoriete|lievelings\w*|standpunt|gevoel)\b`), nil},
	{IntentOpinion, re(`\b(wat|hoe|wie|waarom) (vind|denk|zou|voel) (jij|je|u)\b`), nil},
	{IntentOpinion, re(`\b(do|don t|would) you (think|believe|like|agree|prefer|feel|want|recommend)\b|\bwhat (do|would) you (think|believe|prefer|recommend)\b|\b(your|personal) (opinion|view|favourite|favorite|thoughts)\b|\bin your (opinion|view)\b`), nil},
	{IntentOpinion, re(`\b(ben je het|bent u het|ben jij het) (eens|oneens)\b|\bwat is volgens (jou|u)\b|\bvolgens (jou|jullie)\b`), nil},
	{IntentOpinion, re(`\b(prive|persoonlijke mening|persoonlijk van|thuis ?adres|prive ?adres|telefoonnummer|06 nummer|getrouwd|partner van|kinderen van|home address|phone number|married|private (life|opinion))\b`), nil},
	{IntentOpinion, re(`\bwat (vindt|denkt|stemt|verdient) (mijn|de|een) (buurman|buurvrouw|collega|vriend|vriendin|tante|oom|moeder|vader|baas)\b`), nil},
	{IntentOpinion, re(`\b(is|zijn|was|are|were) (de|het|the|een|a)? ?.{1,60} (een goed idee|een slecht idee|nuttig of niet|goed of slecht|een goede zaak|a good idea|a bad idea|good or bad|overbodig|een succes of|te links|te rechts|te duur|zinloos)\b`), nil},
	{IntentOpinion, re(`\b(wordt|gaat|zal|komt) .{0,60}\b(in de toekomst|volgend jaar|over (10|tien|20|twintig|vijf|5) jaar|ooit|in 20[3-9]\d)\b`), nil},
	{IntentOpinion, re(`\b(beste|slechtste|leukste|aardigste|best|worst|nicest) (ser )?(lid|leden|kroonlid|kroonleden|voorzitter|advies|commissie|members?|chair|advice|committee)\b`), nil},
	{IntentPersonal, re(`\bhoe (vraag|krijg|regel|bereken) ik\b.{0,40}\b(\w*uitkering|pensioen|\w*toeslag|aow|ww|wia|bijstand|ontslag|verlof)\b|\bhoeveel (uur|uren|dagen) (mag|moet|kan) ik\b|\bhow (do|can) i (apply|claim|get|request|calculate)\b.{0,40}\b(benefits?|pension|allowance|dismissal|leave)\b`), nil},
	{IntentOpinion, re(`^(heeft|does|has) .{1,30}\b(kinderen|children|een partner|a partner)$|^wat doet .{1,30} (in het weekend|in (zijn|haar) vrije tijd)$|\b(vrouw|echtgenoot|echtgenote|dochter|zoon) van \w+$|\b(wife|husband|daughter|son) of \w+$|^(is|was) .{1,30} a (nice|good|bad) (person|man|woman)$|\byou personally\b|^(is|was|are) (the )?.{1,40} a (good|bad|useful|useless|nice) (thing|club|council|organi[sz]ation)$`), nil},
	{IntentOpinion, re(`\bwaar woont\b|\bwhere does .{1,40} live\b|\bwat stemt\b|^(is|zijn|was) (de|het|een) .{1,40} een (goede?|slechte?|nuttige?|zinloze?|fijne?|leuke?|mooie?|domme?) \w+$`), nil},
	{IntentOpinion, re(`\b(voorspel|voorspelling|predict|prediction)\b`), nil},
	{IntentOpinion, re(`\b(zou|moet|should) (de|het|the|nederland) .{0,60}\b(beter|worden afgeschaft|opheffen|afschaffen|be abolished|be better)\b`), nil},

	{IntentOutside, re(`\b(weer (wordt|morgen|vandaag|voor|in)|(mooi|slecht|lekker|warm|koud|goed) weer|(van|over) het weer|wat voor weer|weerbericht|weersverwachting|regenen|regent|graden wordt|weather|forecast|rain tomorrow)\b`), nil},
	{IntentOutside, re(`\b(recept|recepten|recipe|bakken|bak ik|kook ik|koken|cook|bake|pannenkoek\w*|appeltaart|lasagne|pizza|spaghetti|soep)\b`), nil},
	{IntentOutside, re(`\b(voetbal\w*|ajax|feyenoord|psv|eredivisie|wk voetbal|olympische|formule 1|verstappen|wereldkampioen\w*|tour de france|football|soccer|world cup|olympics|champions league|nba)\b`), nil},
	{IntentOutside, re(`\b(mop|grap|grapje|gedicht|sinterklaasgedicht|verhaaltje|liedje|songtekst|joke|poem|song|lyrics|story|rap|haiku|limerick)\b`), nil},
	{IntentOutside, re(`\b(hoofdstad|capital (city )?of|horoscoop|sterrenbeeld|horoscope|lotto|bitcoin|aandelenkoers|beurskoers|stock price|filmtip|film kijken|netflix|movie|restaurant|hotel|vakantie boeken|vliegticket|treinreis|trein naar|dienstregeling)\b`), nil},
	{IntentOutside, re(`\b(python|javascript|java code|html code|programmeer|schrijf (een )?(code|programma|script|functie|sollicitatiebrief|mail|e mail|brief|essay|werkstuk|samenvatting van mijn)|write (me )?(a |an |some )?(code|program|script|function|letter|email|essay))\b`), nil},
	{IntentOutside, re(`\b(hoeveel is|wat is|how much is|what is|bereken|calculate) \d+ ?(x|keer|maal|plus|min|gedeeld|times|minus|divided)\b`), nil},
	{IntentOutside, re(`\b(vertaal|translate)\b.{0,60}\b(naar|in het|into|to) (het )?(engels|frans|duits|spaans|english|french|german|spanish|dutch|nederlands)\b`), nil},

	{IntentAbout, re(`\b(wie|wat) ben (je|jij)\b|\bwie bent u\b|\bwat (kun|kan|kunt|doe|doet) (je|jij|u|deze chatbot|deze site|vraagbaak)\b|\bhoe werk(t|en)? (je|jij|u|dit|deze|vraagbaak)\b|\b(ben|is) (je|jij|u|dit) een (mens|robot|computer|ai|chatbot|bot)\b|\bwat is vraagbaak\b|\bwaarmee (kun|kan|kunt) (je|u) .{0,20}helpen\b|\bwat kan ik (hier |je |u )?vragen\b`), nil},
	{IntentAbout, re(`\bwho are you\b|\bwhat (can|do) you do\b|\bhow (do|does) (you|this|vraagbaak) work\b|\bare you (a |an )?(human|robot|ai|bot|chatbot|person|computer)\b|\bwhat is vraagbaak\b|\bwhat can i ask\b|\bhow can you help\b|\bcan you help me\b|\bkun (je|jij) (mij|me) helpen\b|\bkunt u (mij|me) helpen\b`), nil},
}

// courtesy are messages of nothing but such words, at least one of which tells what is
// meant.
var courtesy = []struct {
	intent Intent
	tells  map[string]bool
	beside map[string]bool
}{
	{IntentThanks,
		set(`bedankt dank dankje dankjewel dankuwel thanks thank thx merci cheers top super fijn prima mooi great perfect ok oke okay helder duidelijk handig doei bye ziens helps helpful appreciated goodbye`),
		set(`je u you jij wel very much so a lot zeer hoor ook alvast voor for de het the uw jouw your antwoord antwoorden hulp help answer answers informatie information uitleg heel erg hartelijk
			snelle snel goede goed quick good dat was that s thats all is en and tot genoeg this nu ik weet alles helemaal`)},
	{IntentGreeting,
		set(`hallo hoi hoihoi hai hey hee he hi hiya hello dag goedemorgen goedemiddag goedenavond goedendag goeiemorgen goeiemiddag goeienavond goeiedag moin morning afternoon evening day greetings yo test gaat are howdy going doing`),
		set(`allemaal daar there ser vraagbaak iedereen everyone hoe het met je u jou how you today vandaag good to is it`)},
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
	if toldToSay.MatchString(text) && !strings.Contains(message, "?") {
		return IntentSteering
	}
	for _, r := range rules {
		if r.pattern.MatchString(text) && (r.besides == nil || r.besides.MatchString(text)) && !(aboutCouncil(text) && r.intent == IntentOpinion && !strings.Contains(text, " je ")) {
			return r.intent
		}
	}
	if i, ok := courteous(message, text); ok {
		return i
	}
	if future.MatchString(text) && !ofTomorrow.MatchString(text) {
		return IntentOutside
	}
	return IntentAsk
}

// toldToSay is what orders a claim: "zeg dat de SER in 1800 is opgericht".
var toldToSay = re(`^(zeg|bevestig|verklaar|beweer|say|confirm|state|claim|declare) (dat|that)\b`)

// thanksFor is thanks for something, of at most mostThanks words: a question may follow
// in a longer message.
var thanksFor = re(`^(heel |hartelijk |ontzettend )?(bedankt|dank|dank (je|jullie|u)( wel)?|dankjewel|dankuwel|thanks|thank you)( (alvast|so much|very much|again))? (voor|for)\b`)

const mostThanks = 8

// courteous is the intent of a message of nothing but courtesies.
func courteous(message, text string) (Intent, bool) {
	words := strings.Fields(text)
	if thanksFor.MatchString(text) && len(words) <= mostThanks && !strings.Contains(message, "?") {
		return IntentThanks, true
	}
	for _, c := range courtesy {
		other := func(w string) bool { return !c.tells[w] && !c.beside[w] }
		if slices.ContainsFunc(words, func(w string) bool { return c.tells[w] }) && !slices.ContainsFunc(words, other) &&
			(c.intent == IntentGreeting || !strings.Contains(message, "?")) {
			return c.intent, true
		}
	}
	return "", false
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
