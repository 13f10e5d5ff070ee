//! AI services of somebody's own, reached by signed requests, which answer from the bundle's articles. One turns bad
//! half-way: what it says then helps nobody, and its circuit breaker has to find out. Others stand in for services that
//! the demo does not ask.

use anyhow::Context as _;
use remit_app::{
    environment::{
        clock::{Clock as _, SystemClock},
        entropy::Entropy,
    },
    governance::{articles, model_cache::ModelCache},
};
use remit_ledger::hash::hex;
use remit_policy::{
    bundle::{Bundle, CandidateSpec},
    manifest::Service as Configured,
};
use remit_responders::{
    EndpointLimits, KnowledgeService, Service, Turn, TurnAuthor, WebhookService, signature, signature::SigningSecret,
    webhook::WebhookConfig,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// The AI responder of the sample bank whose service it is.
pub(super) const RESPONDER: &str = "payments-ai";
/// What it says once it has turned bad.
const RUBBISH: &str = "Your matter has been processed in accordance with the applicable process. For processing, \
                       please consult the process.";
/// How much below the threshold of the built-in service it believes that an article answers.
const LESS_CAREFUL: f64 = 0.1;
/// Bytes of a request that are read at most.
const REQUEST_MAX: usize = 1 << 20;

/// The service, listening on this machine.
#[derive(Debug)]
pub(super) struct BadAi {
    inner: Arc<Inner>,
    address: SocketAddr,
}

#[derive(Debug)]
struct Inner {
    bad: AtomicBool,
    /// None where the bundle has none: everything is given away then.
    articles: Option<KnowledgeService>,
    secret: SigningSecret,
    /// What it asks for, by what a customer writes.
    errands: Arc<BTreeMap<String, Value>>,
}

impl BadAi {
    /// Starts it. It listens until the process ends.
    pub(super) fn start(
        bundle: &Bundle,
        cache: &ModelCache,
        errands: Arc<BTreeMap<String, Value>>,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("no port for the demo's AI service")?;
        let address = listener.local_addr()?;
        let inner = Arc::new(Inner {
            bad: AtomicBool::new(false),
            articles: match bundle.articles() {
                [] => None,
                _ => Some(articles::knowledge(bundle, cache)?),
            },
            secret: SigningSecret::parse(&secret()?)?,
            errands,
        });
        let shared = Arc::clone(&inner);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inner = Arc::clone(&shared);
                std::thread::spawn(move || while inner.answer(&stream).is_some() {});
            }
        });
        Ok(Self { inner, address })
    }

    /// What Remit asks it through.
    pub(super) fn service(&self, configured: &Configured) -> anyhow::Result<Service> {
        let limits = EndpointLimits {
            patience: Duration::from_secs(configured.patience_seconds.into()),
            attempts: configured.attempts,
            ..EndpointLimits::default()
        };
        let url = format!("http://{}/turn", self.address);
        let config = WebhookConfig { url, secret: self.inner.secret.clone(), limits, now: seconds };
        Ok(Service::Webhook(WebhookService::new(config)?))
    }

    /// From now on it talks rubbish.
    pub(super) fn turn_bad(&self) {
        self.inner.bad.store(true, Ordering::Relaxed);
    }
}

/// The AI responders of a bundle for which the demo answers: those that work through the interface, and those whose
/// secret is not in the environment.
pub(super) fn stood_in(bundle: &Bundle) -> Vec<(&CandidateSpec, Configured)> {
    let by_token = || serde_json::from_value(json!({ "kind": "webhook" })).ok();
    let ai = bundle.candidates().iter().filter(|spec| spec.queue.is_none());
    let ours = ai.filter_map(|spec| match &spec.service {
        None => Some((spec, by_token()?)),
        Some(service) => {
            let missing = service.secret_env.as_ref().is_some_and(|name| std::env::var(name).is_err());
            missing.then(|| (spec, service.clone()))
        }
    });
    ours.collect()
}

/// Whether what an AI responder said helps nobody.
pub(super) fn is_rubbish(text: &str) -> bool {
    text == RUBBISH
}

fn seconds() -> i64 {
    SystemClock.now().0 / 1_000
}

/// A signing secret that nobody else knows. Hexadecimal digits are base64, too.
pub(super) fn secret() -> anyhow::Result<String> {
    let bytes: [u8; 32] = Entropy::default().bytes()?;
    Ok(format!("whsec_{}", hex(&bytes)))
}

impl Inner {
    /// Answers one request; nothing once the other side has hung up or said what is no request.
    fn answer(&self, stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        let (mut length, mut id, mut at, mut signatures) = (0, String::new(), 0, String::new());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line.trim().is_empty() {
                break;
            }
            let Some((name, value)) = line.trim_end().split_once(": ") else { continue };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().ok().filter(|length| *length <= REQUEST_MAX)?,
                signature::ID => id = value.to_owned(),
                signature::TIMESTAMP => at = value.parse().ok()?,
                signature::SIGNATURE => signatures = value.to_owned(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        signature::verify(&self.secret, &id, at, &body, &signatures, seconds()).ok()?;
        let reply = self.reply(&serde_json::from_slice(&body).ok()?).to_string();
        let now = seconds();
        let signed = signature::sign(&self.secret, &id, now, reply.as_bytes());
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{}: {id}\r\n{}: {now}\r\n\
             {}: {signed}\r\n\r\n",
            reply.len(),
            signature::ID,
            signature::TIMESTAMP,
            signature::SIGNATURE
        );
        (&mut &*stream).write_all((head + &reply).as_bytes()).ok()
    }

    fn reply(&self, turn: &Turn) -> Value {
        let asked = turn.messages.iter().rfind(|message| message.author == TurnAuthor::Customer);
        let asked = asked.map_or("", |message| message.text.as_str());
        // What was asked for already is not asked for again.
        if let Some(act) = self.errands.get(asked).filter(|_| turn.requests.is_empty()) {
            return act.clone();
        }
        if self.bad.load(Ordering::Relaxed) {
            return json!({ "say": "answer", "text": RUBBISH });
        }
        let near = self.articles.as_ref().and_then(|articles| articles.best(asked, turn.language.as_deref()));
        let fit = near.filter(|fit| fit.score >= fit.threshold - LESS_CAREFUL);
        match fit {
            Some(fit) => {
                let text = format!("{}\n\n(from our article {})", fit.passage.trim(), fit.article);
                json!({ "say": "answer", "text": text, "sources": [fit.article] })
            }
            None => json!({ "say": "yield", "reason": "unsure", "note": "no article is near enough" }),
        }
    }
}
