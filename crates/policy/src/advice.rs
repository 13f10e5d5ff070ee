//! What to look at in a bundle that is good: who is never given a case, and what nobody is there for. None of it
//! prevents anything.

use crate::{
    action::ActionSpec,
    bundle::{Bundle, CandidateSpec},
    deep_stack::deep,
    engine::Engine,
    grid::{self, Grid},
    manifest::{EffectClass, ServiceKind},
    nobody, suite,
};
use remit_domain::case::Channel;
use remit_signals::{intent::EncoderUse, vector::BUILT_IN_LANGUAGE};
use std::collections::BTreeSet;

/// What is to be looked at, one sentence each, in the bundle's order.
pub fn of(bundle: &Bundle, engine: &Engine) -> Vec<String> {
    let of_nobody = |situation: &str| {
        format!(
            "no policy gives a case in the situation `{situation}` to anybody, unless other signals do, so that it \
             becomes an exception; write a permit for who is to have it"
        )
    };
    let mut advice: Vec<String> = grid::situations_of_nobody(bundle, engine).into_iter().map(of_nobody).collect();
    advice.extend(deep(|| of_responders(bundle, engine)));
    advice.extend(bundle.candidates().iter().filter_map(of_nights));
    advice.extend(deep(|| nobody::compared(bundle)));
    advice.extend(bundle.catalogue().iter().filter_map(of_answers));
    advice
}

/// An HTTP service whose answer is believed without saying of what it is, or how far that is.
fn of_answers(spec: &ActionSpec) -> Option<String> {
    let unsaid = spec.http.as_ref().map(|http| http.execute.answer.unsaid()).unwrap_or_default();
    (spec.effect != EffectClass::None && !unsaid.is_empty()).then(|| {
        format!(
            "`[action.http.execute]` of `{}` has no {}: an answer with a good status is taken for done, also where it \
             is of another key, pending or failed; say where the service says so",
            spec.name,
            unsaid.join(" and no ")
        )
    })
}

/// A queue that closes, and does not say what becomes of who chats or calls then.
fn of_nights(spec: &CandidateSpec) -> Option<String> {
    let queue = spec.queue.as_ref().filter(|queue| queue.closes())?;
    let live = || Channel::ALL.into_iter().filter(|channel| channel.is_live() && !queue.collects.contains(channel));
    let names = |channels: &[Channel]| channels.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ");
    let (said, name) = (&queue.calls_back, &spec.responder);
    let unsaid: Vec<Channel> = live().filter(|channel| !queue.says_calls_back || !said.contains(channel)).collect();
    match (queue.says_calls_back, said.as_slice()) {
        _ if unsaid.is_empty() => None,
        // Nobody is to be called back: that is said.
        (true, []) => None,
        (true, _) => Some(format!(
            "`{name}` closes, and neither collects nor calls back {}: where nobody else may have such a case, it \
             becomes an exception; name the channel in `calls_back`, or in `collects`",
            names(&unsaid)
        )),
        (false, _) => Some(format!(
            "`{name}` closes, and does not say what becomes of {} then: customers are promised a call for when it \
             opens; write `calls_back = [{}]`, or `calls_back = []` where nobody is to be promised one",
            names(&unsaid),
            unsaid.iter().map(|one| format!("\"{}\"", one.as_str())).collect::<Vec<_>>().join(", ")
        )),
    }
}

/// AI responders that answer from articles, and are to in languages in which there are none: one sentence each.
pub fn without_articles(bundle: &Bundle) -> Vec<String> {
    let tags = bundle.articles().iter().map(|article| article.language.as_deref().unwrap_or("en"));
    let written: Vec<&str> = tags.filter_map(|tag| tag.split(['-', '_']).next()).collect();
    let lacks = |spec: &CandidateSpec| {
        let spoken = spec.languages.iter().map(String::as_str);
        let lacked: Vec<&str> = spoken.filter(|language| !written.contains(language)).collect();
        (!lacked.is_empty()).then(|| {
            format!(
                "`{}` is to answer in {}, and no article is in that language, so that it never does: write some, or \
                 take the language out",
                spec.responder,
                lacked.join(", ")
            )
        })
    };
    bundle.candidates().iter().filter(|spec| quotes(spec)).filter_map(lacks).collect()
}

/// The languages of articles that the encoder that ships does not read, where it is asked and one responder quotes
/// articles.
pub fn languages_found_by_words(bundle: &Bundle) -> Vec<&str> {
    let built_in = bundle.encoder_model().is_none() && bundle.encoder_use() != EncoderUse::Never;
    if !built_in || !bundle.candidates().iter().any(quotes) {
        return Vec::new();
    }
    let tags = bundle.articles().iter().filter_map(|article| article.language.as_deref());
    let languages: BTreeSet<&str> = tags.filter_map(|tag| tag.split(['-', '_']).next()).collect();
    languages.into_iter().filter(|language| !language.eq_ignore_ascii_case(BUILT_IN_LANGUAGE)).collect()
}

/// What that means for who asks, in a sentence.
pub fn found_by_words(bundle: &Bundle) -> Option<String> {
    let languages = languages_found_by_words(bundle).join(", ");
    (!languages.is_empty()).then(|| {
        format!(
            "articles in {languages} answer little beside their listed questions nearly word for word, since the \
             encoder that ships reads English: list in `answers` what customers write, as they write it, or name a \
             model for these languages in [encoder_model] (docs/bundle.md, Articles)"
        )
    })
}

/// Whether it answers from the bundle's articles.
fn quotes(spec: &CandidateSpec) -> bool {
    spec.service.as_ref().is_some_and(|of| of.kind == ServiceKind::Knowledge)
}

/// Responders of whom no test says that they may have a case.
fn of_responders(bundle: &Bundle, engine: &Engine) -> Vec<String> {
    let admitted = suite::admitted(bundle);
    let axes = grid::axes(bundle);
    let told = |spec: &CandidateSpec| {
        let name = spec.responder.as_str();
        let may = Grid { bundle, engine, axes: &axes, facts: spec.idle() }.may_have_any();
        match may {
            true => {
                format!("no test says of `{name}` that it may have a case: write a [[test]] that says when it does")
            }
            false => format!(
                "`{name}` may have a case in none of the requests that were tried, and no test says that it may: see \
                 whether its permit can hold, or write a [[test]] that says when it does"
            ),
        }
    };
    let unnamed = bundle.candidates().iter().filter(|spec| !admitted.contains(spec.responder.as_str()));
    unnamed.map(told).collect()
}
