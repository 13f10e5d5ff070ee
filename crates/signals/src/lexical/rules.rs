//! The rules: sequences of words with alternatives and gaps, and what takes a match back.
//!
//! A rule is written `id: a|b c * d ! x|y`: one of `a` or `b`, then `c`, then `d` after up to three words
//! between (`**`: up to eight); not if `x` or `y` stands among the three words before the match. `~` before a
//! word takes any word that begins so.

use super::Situation;
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// By words that are written here: nobody else chooses them, and all words of a message are looked up.
pub(super) type ByWord<T> = HashMap<&'static str, T, FixedState>;

/// A word of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) shouted: bool,
}

/// The words of a text: lower case, without accents of punctuation, drawn-out letters shortened.
pub(super) fn words(text: &str) -> Vec<Word> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '’'))
        .filter(|raw| !raw.is_empty())
        .map(|raw| {
            let mut text = String::with_capacity(raw.len());
            let (mut last, mut run) = ('\0', 0);
            for c in raw.chars().flat_map(char::to_lowercase).filter(|c| *c != '\'' && *c != '’') {
                run = if c == last { run + 1 } else { 1 };
                last = c;
                if run <= 2 || c.is_ascii_digit() {
                    text.push(c);
                } else if run == 3 {
                    // Drawn out for effect: `heeelp` is `help`, while `need` keeps both.
                    text.pop();
                }
            }
            let shouted =
                raw.chars().count() > 1 && raw.chars().any(char::is_alphabetic) && !raw.chars().any(char::is_lowercase);
            Word { text, shouted }
        })
        .filter(|word| !word.text.is_empty())
        .collect()
}

/// One rule, compiled.
#[derive(Debug)]
struct Rule {
    id: &'static str,
    steps: Vec<Step>,
    unless_before: Vec<&'static str>,
}

#[derive(Debug)]
struct Step {
    any_of: Vec<&'static str>,
    gap: usize,
}

const GAP: usize = 3;
const FAR: usize = 8;
const BEFORE: usize = 3;

/// Rules by the words that can begin a match, so that a word meets only the few that it can begin.
#[derive(Debug)]
pub(super) struct Rules {
    rules: Vec<Rule>,
    by_word: ByWord<Vec<usize>>,
    by_start: Vec<(&'static str, usize)>,
}

impl Rules {
    pub(super) fn compile(source: &'static str) -> Self {
        let rules: Vec<Rule> = source.lines().map(str::trim).filter_map(rule).collect();
        let (mut by_word, mut by_start) = (ByWord::<Vec<usize>>::default(), Vec::new());
        for (at, rule) in rules.iter().enumerate() {
            for word in rule.steps.first().map(|step| step.any_of.as_slice()).unwrap_or_default() {
                match word.strip_prefix('~') {
                    Some(start) => by_start.push((start, at)),
                    None => by_word.entry(*word).or_default().push(at),
                }
            }
        }
        Self { rules, by_word, by_start }
    }

    /// The rules that match anywhere in `words`, in the order in which they are written.
    pub(super) fn matching(&self, words: &[Word]) -> Vec<&'static str> {
        let mut found = Vec::new();
        let mut look = |rule: usize, at: usize| {
            if !found.contains(&rule) && self.rules.get(rule).is_some_and(|rule| rule.matches_at(words, at)) {
                found.push(rule);
            }
        };
        for (at, word) in words.iter().enumerate() {
            let named = self.by_word.get(word.text.as_str()).into_iter().flatten().copied();
            named.for_each(|rule| look(rule, at));
            for (start, rule) in &self.by_start {
                if word.text.starts_with(start) {
                    look(*rule, at);
                }
            }
        }
        found.sort_unstable();
        found.iter().filter_map(|at| self.rules.get(*at)).map(|rule| rule.id).collect()
    }
}

fn rule(line: &'static str) -> Option<Rule> {
    let (id, rest) = line.split_once(": ")?;
    let (pattern, unless) = rest.split_once(" ! ").unwrap_or((rest, ""));
    let mut steps = Vec::new();
    let mut gap = 0;
    for part in pattern.split(' ') {
        match part {
            "*" => gap = GAP,
            "**" => gap = FAR,
            words => {
                steps.push(Step { any_of: words.split('|').collect(), gap });
                gap = 0;
            }
        }
    }
    Some(Rule { id, steps, unless_before: unless.split('|').filter(|word| !word.is_empty()).collect() })
}

impl Rule {
    fn matches_at(&self, words: &[Word], at: usize) -> bool {
        follows(words, at, &self.steps) && !self.is_taken_back(words, at)
    }

    fn is_taken_back(&self, words: &[Word], at: usize) -> bool {
        let before = words.get(at.saturating_sub(BEFORE)..at).unwrap_or_default();
        before.iter().any(|word| self.unless_before.contains(&word.text.as_str()))
    }
}

/// Whether `steps` match from `at` on; the first step may begin up to its gap later.
fn follows(words: &[Word], at: usize, steps: &[Step]) -> bool {
    let Some((step, rest)) = steps.split_first() else { return true };
    (at..=at + step.gap)
        .any(|at| words.get(at).is_some_and(|word| step.takes(&word.text)) && follows(words, at + 1, rest))
}

impl Step {
    fn takes(&self, word: &str) -> bool {
        self.any_of.iter().any(|wanted| match wanted.strip_prefix('~') {
            Some(start) => word.starts_with(start),
            None => word == *wanted,
        })
    }
}

/// For every telling word, the languages that it tells of: a bit for each, in the order of [`FUNCTION_WORDS`].
pub(super) fn telling_words() -> ByWord<u8> {
    let mut languages = ByWord::default();
    for (bit, (_, list)) in FUNCTION_WORDS.iter().enumerate() {
        for word in list.split(' ') {
            *languages.entry(word).or_default() |= 1 << bit;
        }
    }
    languages
}

pub(super) const JOINS: [&str; 14] = [
    "and",
    "but",
    "if",
    "because",
    "although",
    "unless",
    "also",
    "then",
    "while",
    "however",
    "whether",
    "otherwise",
    "after",
    "before",
];

pub(super) const HUMAN: &str = "
wants_human.talk_to_person: talk|speak|chat|spoke|talking|speaking|speek|connect|transfer|connected|transferred|put|pass|escalate * human|person|agent|representative|rep|someone|somebody|advisor|adviser|staff|manager|supervisor|operator|colleague|employee|humans|people ! not|dont|without|never|refuse
wants_human.want_person: want|need|get|give|prefer|like|wish|require|demand|have|see * human|representative|rep|advisor|adviser|supervisor|operator ! dont|not|without|never
wants_human.real_person: real|actual|live|living|proper|human|breathing person|human|agent|people|someone|somebody|being|operator|representative|advisor|adviser|help|support ! dont|not
wants_human.human_please: human|agent|representative|operator|person|advisor|adviser please|pls|now|plz
wants_human.anyone_there: is|are there * anyone|anybody|someone|human|person|people
wants_human.no_bot: no|not|stop|enough|sick|tired|hate|dont|cant * bot|bots|robot|robots|chatbot|machine|ai|automated|computer
wants_human.are_you_bot: are|r you|u * bot|robot|human|machine|ai|computer
wants_human.call_me: call|phone|ring me|us|back ! dont|not|no|never
wants_human.phone_line: number|line * call|ring|phone|speak
wants_human.manager: ~manager|supervisor please|now|immediately|asap
wants_human.want_manager: want|need|get|demand * manager|supervisor ! dont|not
wants_human.customer_service: talk|speak|contact|reach|call|get * customer|support|service|helpdesk
wants_human.one_word: human
wants_human.hand_over: hand|pass|put me|this|it over|on|through
wants_human.hold_of: hold of * person|someone|somebody|human|anyone|anybody|real
wants_human.your_team: one|someone|anyone|somebody|anybody|people of|from|in|on your team|staff|colleagues|people|advisors|advisers|agents
wants_human.supervisor: supervisor
wants_human.in_person: someone|somebody|help|talk|meet|speak ** in person
wants_human.discuss_with: discuss|sort|resolve|solve|settle ** with * person|adviser|advisor|someone|somebody|human|manager
wants_human.contact_me: contact|reach|ring|phone me ! dont|not|no|never|didnt|did
wants_human.human_review: have|let|get * human|person|people|someone * review|look|read|check|decide|handle
wants_human.in_charge: in charge ! of
wants_human.of_the_staff: member|someone|somebody|anyone|one * staff|team|advisors|advisers|agents
wants_human.who_can: who can|could|do|should * talk|speak|contact|ring
wants_human.rather: rather|prefer ** person|human|someone|somebody|people|phone ! dont
wants_human.someone_real: talk|speak|speek|chat|deal to|with * real|actual
wants_human.people_to_talk_to: people|person|someone|somebody|human|anyone|anybody * talk|speak|chat|write|deal to|with|over
wants_human.someone_help: can|could|need|want * someone|somebody * help|call|assist|explain|look ! dont
wants_human.de: ~mensch|mitarbeiter|mitarbeiterin|berater|ansprechpartner|sachbearbeiter|kundenberater
wants_human.de_call: anrufen|zurückrufen|rückruf|durchstellen
wants_human.de_person: mit * person|jemandem|jemanden * sprechen|reden
wants_human.fr: humain|conseiller|conseillere|conseillère|interlocuteur|~responsable
wants_human.fr_parler: parler * quelquun|personne|~conseill|humain|vrai|vraie
wants_human.es: humano|humana|asesor|asesora|agente|representante|operador|operadora
wants_human.es_hablar: hablar * persona|alguien|agente|humano|gerente
wants_human.it: umano|operatore|operatrice|consulente|addetto
wants_human.it_parlare: parlare * persona|qualcuno|operatore|umano
wants_human.nl: mens|medewerker|medewerkster|adviseur
wants_human.nl_spreken: iemand * spreken|praten|bellen
wants_human.pt: falar * pessoa|alguém|alguem|humano|atendente
";

pub(super) const FRUSTRATION: &str = "
frustration.anger: angry|furious|livid|outraged|fuming|annoyed|annoying|frustrated|frustrating|mad|pissed|fed ! not
frustration.insult: useless|ridiculous|pathetic|awful|terrible|horrible|worst|joke|disgrace|disgraceful|disgusting|incompetent|stupid|idiot|idiots|rubbish|garbage|crap|shit|fuck|fucking|bloody|damn|hell|wtf|unacceptable|appalling|shocking|scam
frustration.again: again|still|third|fourth|fifth|repeatedly|already * time|asked|told|said|contacted|called|waiting|explained|wrote
frustration.times: many|several|multiple|hundred|three|four|five|ten * weeks|months|calls|emails
frustration.told_so_often: told|asked|said|explained|written|called ** times
frustration.reading: reading|read * messages|wrote|say|saying ! i|cant
frustration.how_hard: how hard|difficult * can|be|is
frustration.circles: circles
frustration.wasted: waste|wasting|wasted * time|money|day|hours
frustration.leave: close|closing|leave|leaving|switch|switching * bank|you|everything
frustration.complaint: complaint|complain|complaining|ombudsman|lawyer|solicitor|sue|court|regulator
frustration.not_listening: not|dont|arent|doesnt|didnt * listen|listening|understand|helping|help|answer|answering|care ! i|we
frustration.enough: had|have enough
frustration.de: wütend|sauer|unverschämt|frechheit|katastrophe|genervt|unfassbar|schlecht
frustration.fr: inadmissible|honteux|scandaleux|énervé|ras|nul
frustration.es: harto|harta|inaceptable|vergüenza|enfadado|enfadada|pésimo
";

pub(super) const SITUATIONS: &[(Situation, &str)] = &[
    (
        Situation::SelfHarm,
        "
self_harm.suicide: ~suicid
self_harm.kill_myself: kill|killing|hurt|hurting|harm|harming|hang|cutting|cut|shoot|drown myself
self_harm.end_it: end|ending|take|taking * my|own|it|things * life|all
self_harm.end_it_all: end it all
self_harm.die: want|wanna|ready|rather|going|wish|better|like * die|dead ! card|phone|battery
self_harm.not_live: dont|not|no|longer * want|wanna|wish|care * live|living|alive|exist|here
self_harm.cannot_live: cant|cannot live like|anymore|any|with
self_harm.no_reason: no|any|nothing reason|point|left * live|living|for
self_harm.no_reason_living: nothing|no|reason * live|living * for|anymore
self_harm.cant_go_on: cant|cannot|couldnt|dont go|carry|keep|cope * on|going|anymore|life|living
self_harm.without_me: better * without me
self_harm.self_harm: self harm|harming|injury
self_harm.selfharm: ~selfharm|overdose|overdosing
self_harm.not_here: not|wont|dont|didnt * be|wake here|around|up * tomorrow|anymore|longer|more
self_harm.jump: jump|jumping|throw|throwing * off|under * bridge|roof|train|building|cliff
self_harm.way_out: way out * dying|die|death
self_harm.goodbye: goodbye letter|letters|note|notes
self_harm.tired_of_living: tired|sick of * living|life|alive
self_harm.de: umbringen|selbstmord|suizid|~lebensmüd
self_harm.de_leben: nicht * leben|weiterleben
self_harm.fr: suicider|suicide|mourir
self_harm.es: suicidarme|suicidio|matarme|morirme|~quitarme
self_harm.it: suicidarmi|suicidio|ammazzarmi|uccidermi|morire
self_harm.nl: zelfmoord|~zelfmoord
",
    ),
    (
        Situation::DomesticAbuse,
        "
domestic_abuse.partner_controls: husband|wife|partner|boyfriend|girlfriend|ex|father|mother|son|daughter|brother|family|he|she|hes|shes * control|controls|controlling|controlled|watches|watching|monitors|monitoring|tracks|tracking|threatens|threatened|hits|hit|beats|beat|hurts|hurting|abuses|abusive|abused|abusing|violent|forced|forces|forcing|stalks|stalking|stalked|strangled|punched|attacked
domestic_abuse.abuse: abusive|abused|violent|controlling|coercive * husband|wife|partner|boyfriend|girlfriend|ex|relationship|marriage|home
domestic_abuse.domestic: domestic|financial|economic|coercive abuse|violence|control
domestic_abuse.afraid: afraid|scared|frightened|terrified|fear|hiding|fled|flee|fleeing|escape|escaped|escaping|leaving|left|safe * husband|wife|partner|boyfriend|girlfriend|ex|him|her|abuser ! not
domestic_abuse.takes_money: husband|wife|partner|boyfriend|girlfriend|ex|he|she * takes|taking|took|wont|doesnt|refuses * money|wages|salary|card|benefits|let|access
domestic_abuse.must_not_know: must|cant|cannot|dont|doesnt * find|know|see|knows * husband|wife|partner|boyfriend|girlfriend|ex|him|her
domestic_abuse.not_know: husband|wife|partner|boyfriend|girlfriend|ex|he|she * must|cant|cannot|mustnt|shouldnt * find|know|see
domestic_abuse.someone_close: husband|wife|partner|boyfriend|girlfriend|father|mother|stepdad|stepfather|stepmother|stepmum|ex|spouse ** controls|controlling|threatens|threatened|hits|hit|beats|beat|hurts|abuses|abusive|violent|forces|stalks|stalking
domestic_abuse.hits_me: hits|beats|hurts|strangles|punches|slaps|threatens|controls me
domestic_abuse.keep_from: stop|prevent|keep|hide|without|avoid * ex|husband|wife|partner|boyfriend|girlfriend|him|her * finding|seeing|knowing|find|see|know|reaching|tracking|noticing
domestic_abuse.from_ex: hide|hidden|secret|protect|safe from * ex|husband|wife|partner|boyfriend|girlfriend|him|her
domestic_abuse.does_not_know: husband|wife|partner|boyfriend|girlfriend|ex|he|she doesnt|does|must|cant|cannot|shouldnt * know|find|see
domestic_abuse.fled: flee|fled|escape|escaped|escaping ** home|house|him|her|kids|children
domestic_abuse.refuge: womens|~refuge shelter|aid|refuge|worker
domestic_abuse.in_refuge: in|at|to a refuge|shelter
domestic_abuse.de: mein|meine|mann|frau|ex * schlägt|bedroht|kontrolliert|misshandelt|verfolgt
domestic_abuse.fr: mari|conjoint|compagnon|ex|femme * frappe|menace|bat|contrôle|violent
domestic_abuse.es: marido|pareja|novio|ex|esposo * pega|golpea|amenaza|controla|maltrata
domestic_abuse.it: marito|compagno|ex|fidanzato * picchia|minaccia|controlla
",
    ),
    (
        Situation::Threat,
        "
threat.kill_you: kill|murder|shoot|stab|burn|hurt|destroy|attack * you|your|staff|everyone|everybody|them|branch|someone|people|him|her|whoever|anyone ! card|fees|fee|charges|not|wont
threat.bomb: bomb|bombs|explosive|explosives|acid|gun|knife|petrol
threat.know_where: know|find|found * where you|she|he|they * live|work
threat.come_for: coming|come|comes for|after you|your
threat.watch_back: watch your back
threat.regret: youll|you|will|gonna * regret|suffer ! i
threat.pay_for_it: youll|make you|will|them pay * for|with this|it|what ! i|have|we|to
threat.blow_up: blow|burn|smash * up|down|branch|office|bank
threat.smash: smash|punch|break|cut|slit|kick * head|face|throat|neck|legs|teeth|skull
threat.careful: careful|safe when|where|if * leave|leaving|go|walk|building|home ! be_safe
threat.in_the_face: acid|petrol ** face|door|office|branch
threat.blood: pay ** blood
threat.de: bringe|bring * um
",
    ),
    (
        Situation::FraudInProgress,
        "
fraud.someone_using: someone|somebody|thief|scammer|hacker|they|person|stranger|he|she * using|used|uses|spending|spent|withdrawing|withdrew|draining|emptying|emptied|accessing|accessed|buying|making|transferring * my|card|account|money|payments|purchases
fraud.taking_money: someone|somebody|thief|scammer|hacker|stranger|he|she|who * taking|took|taken|takes|drawing|drew|moving|moved|pulling|pulled|siphoning * money|funds|cash|savings
fraud.being_taken: money|funds|savings * being|getting taken|withdrawn|drained|siphoned|stolen
fraud.hacked: ~hack|~hijack|phished|scammed|defrauded|~compromis|~cloned
fraud.scam: ~scam|fraudulent|fraudster|fraudsters|phishing|phished
fraud.victim: victim|been|committed|report|reporting|is|was|this|of|think|suspect * fraud ! team|department
fraud.stolen: stole|stolen|steal|stealing|robbed|mugged|pickpocketed|theft|nicked
fraud.not_me: wasnt|not|never|didnt|dont|havent|nor * me|authorise|authorised|authorize|authorized|recognise|recognize|recognised|recognized|make|made|mine|approve * transaction|transactions|payment|payments|purchase|purchases|withdrawal|withdrawals|charge|charges|transfer|this|that
fraud.unauthorised: ~unauthori|unrecognised|unrecognized|suspicious|unknown * transaction|transactions|payment|payments|charge|charges|withdrawal|withdrawals|activity|transfer|transfers|purchase|purchases|access|login
fraud.gave_code: gave|told|shared|read|sent|entered * code|pin|password|otp|passcode|details|number * them|him|her|caller|someone|link|website|phone
fraud.caller: caller|man|woman|someone|somebody|guy|text|call|email|message|link * claiming|pretending|saying|said|asking|told * bank|police|hmrc|fraud|department|safe|from
fraud.caller_from: caller|man|woman|guy|text|call|email|message from * bank|police|hmrc|fraud|department ! no|didnt|get
fraud.made_me: they|he|she|caller|someone|man|woman|department ** telling|asking|asked|told|tells|asks me|us ** approve|move|transfer|send|pay|install|share|money
fraud.on_the_phone: on the phone telling|asking|saying|now
fraud.safe_account: safe|secure account
fraud.i_did_not_make: payment|payments|transaction|transactions|charge|charges|purchase|purchases|withdrawal|withdrawals|transfer|transfers|debit|order ** i|we didnt|never|havent|dont|did * make|made|do|did|authorise|authorize|approve|recognise|recognize|know
fraud.wasnt_me: wasnt|isnt me
fraud.clicked: clicked|opened|followed * link ** password|pin|code|details|logged|entered|typed|card
fraud.typed_link: link ** typed|entered|gave|put * password|pin|code|details|card
fraud.fake: fake|bogus invoice|site|website|shop|seller|ticket|tickets|email|call|page|advert
fraud.was_fake: invoice|site|website|shop|seller|tickets|page|email|call ** fake|bogus|fraudulent|scam
fraud.vanished: seller|shop|site|website|dealer|landlord|buyer|trader * vanished|disappeared|gone|blocked|ghosted
fraud.sim: sim * swapped|swap|swapping
fraud.leaving_now: money * going|leaving|disappearing|gone|missing|vanishing * out|account|now|right
fraud.de_not_me: war|bin * nicht ! karte|konto
fraud.de: betrug|betrüger|gehackt|gestohlen|geklaut
fraud.fr: fraude|arnaque|piraté|piratée|volé|volée
fraud.es: fraude|estafa|estafado|estafada|robado|robada|robaron|hackeado
fraud.it: frode|truffa|rubato|rubata|hackerato
fraud.nl: fraude|opgelicht|gestolen|gehackt
",
    ),
    (
        Situation::Bereavement,
        "
bereavement.died: husband|wife|partner|mother|father|mum|mom|dad|son|daughter|brother|sister|gran|grandmother|grandfather|grandma|grandad|nan|parent|uncle|aunt|friend|child|baby|customer|spouse|nana|grandpa|fiance|cousin * died|dead|deceased|passed|death|dying|dies
bereavement.passed_away: passed away
bereavement.death_of: death|loss|funeral|estate|passing of|for|my * husband|wife|partner|mother|father|mum|mom|dad|son|daughter|brother|sister|gran|grandmother|grandfather|grandma|grandad|nan|parent|uncle|aunt|friend|child|late|spouse|relative
bereavement.died_alone: died|deceased|bereaved|bereavement|widow|widowed|widower|funeral|probate|executor ! battery|phone|app|card
bereavement.late: my late husband|wife|mother|father|mum|mom|dad|partner|brother|sister|son|daughter|gran|grandmother|grandfather|uncle|aunt
bereavement.lost: lost my|our|his|her|their husband|wife|mother|father|mum|mom|dad|partner|brother|sister|son|daughter|gran|grandmother|grandfather|baby|child
bereavement.buried: buried|burying my|our|his|her
bereavement.killed: was|were|got|been killed
bereavement.no_longer: no longer with us
bereavement.did_not_make_it: husband|wife|partner|mother|father|mum|mom|dad|son|daughter|brother|sister|gran|grandmother|grandfather|nan|grandma|uncle|aunt|friend * didnt|did * make it
bereavement.certificate: death certificate
bereavement.de: verstorben|gestorben|verstarb|todesfall|sterbeurkunde|beerdigung
bereavement.fr: décédé|décédée|décès|mort|morte|obsèques
bereavement.es: falleció|fallecido|fallecida|murió|fallecimiento|defunción
bereavement.it: deceduto|deceduta|morto|morta|decesso|lutto
bereavement.nl: overleden|overlijden|begrafenis
",
    ),
];

/// The most frequent short words of each language.
pub(super) const FUNCTION_WORDS: [(&str, &str); 8] = [
    (
        "en",
        "the a an is are was my i you to of in it on for and not how what why can do does have has with this that when where me be will been did your am im cant dont from at there about there's isnt card money account help please",
    ),
    (
        "de",
        "euch alle um es wir ihr kein keine mich dich uns im am war seit ob der die das ist sind war mein meine meiner ich du sie zu und nicht wie was warum kann haben hat mit diese dieser wenn wo mir ein eine einen auf für von noch bitte habe wurde den dem karte geld konto hilfe",
    ),
    (
        "fr",
        "ai cest jai depuis mais nous il elle qui dans de au aux envie le la les est sont mon ma mes je vous à et ne pas comment que pourquoi peux avez avec ce cette quand où moi un une des du pour sur sans suis jai bonjour carte argent compte aide",
    ),
    (
        "es",
        "quiero estoy hay muy pero su me de si necesito el la los las es son mi mis yo usted y no como cómo que qué por para puedo tengo con este esta cuando donde dónde un una del en se ha he hola tarjeta dinero cuenta ayuda favor",
    ),
    (
        "it",
        "mi hanno ha della nel voglio vorrei il lo la gli è sono mio mia io lei e non come che perché posso ho con questo questa quando dove un una del di per in ciao carta soldi conto aiuto vorrei",
    ),
    (
        "nl",
        "de het een is zijn mijn ik u en niet hoe wat waarom kan heb heeft met deze dit wanneer waar mij van voor op nog graag kaart geld rekening hulp wil",
    ),
    (
        "pt",
        "de quero preciso falar o a os as é são meu minha eu você e não como que por para posso tenho com este esta quando onde um uma do da em cartão dinheiro conta ajuda olá",
    ),
    (
        "pl",
        "jest są mój moja ja i nie jak co dlaczego mogę mam z ten ta kiedy gdzie do na w się czy proszę dla karta pieniądze konto pomoc",
    ),
];
