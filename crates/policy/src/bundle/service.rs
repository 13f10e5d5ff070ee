//! How an AI responder is reached, and what is wrong with it.

use super::being_read::Reading;
use crate::{
    address::{Address, IN_THE_CLEAR},
    manifest::{self, ServiceKind},
    places::TomlPath,
};

impl Reading<'_> {
    pub(super) fn service(&mut self, r: &manifest::Responder, place: &TomlPath) -> Option<manifest::Service> {
        let service = r.service.clone()?;
        let of_service = place.clone().then("service");
        let lacks = match service.kind {
            ServiceKind::Knowledge => None,
            _ if service.url.is_none() => Some("url"),
            ServiceKind::Openai if service.model.is_none() => Some("model"),
            ServiceKind::Webhook if service.secret_env.is_none() => Some("secret_env"),
            _ => None,
        };
        if let Some(lacks) = lacks {
            self.wrong_at(
                &of_service,
                format!("the service of `{}` has no {lacks}", r.name),
                "add it under [responder.service]",
            );
        }
        let url = of_service.clone().then("url");
        match service.url.as_deref().map(Address::parse) {
            Some(Err(error)) => {
                self.wrong_at(&url, format!("the service of `{}`: its url {error}", r.name), "change `url`");
            }
            Some(Ok(address))
                if service.kind == ServiceKind::Webhook && !address.is_private() && !service.in_the_clear =>
            {
                let message =
                    format!("the service of `{}` is sent conversations over the network in the clear", r.name);
                self.wrong_at(&url, message, IN_THE_CLEAR);
            }
            Some(Ok(_)) | None => {}
        }
        self.numbers(r, &service, place, &of_service);
        self.answers(&r.name, &service, &of_service);
        Some(service)
    }

    /// Numbers that no service and no breaker can have.
    fn numbers(
        &mut self,
        r: &manifest::Responder,
        service: &manifest::Service,
        place: &TomlPath,
        of_service: &TomlPath,
    ) {
        let numbers =
            [service.patience_seconds, service.attempts.unwrap_or(1), service.concurrency, service.per_minute];
        if numbers.contains(&0) || service.patience_seconds > 3_600 {
            let message = "patience_seconds must be 1 to 3600; attempts, concurrency and per_minute at least 1";
            self.wrong_at(of_service, message, "correct the number");
        }
        let breaker = [r.breaker.tolerance_bp, r.breaker.error_bp];
        let outages = [r.breaker.outages, r.breaker.pause_seconds];
        if !breaker.iter().all(|bp| (1..8_000).contains(bp))
            || !outages.iter().all(|number| (1..=86_400).contains(number))
        {
            let message = "the breaker's tolerance_bp and error_bp must be 1 to 7999, its outages and pause_seconds 1 \
                           to 86400";
            self.wrong_at(&place.clone().then("breaker"), message, "correct the number");
        }
    }

    /// What an OpenAI-compatible interface is told beside the conversation.
    fn answers(&mut self, name: &str, service: &manifest::Service, place: &TomlPath) {
        let both = [
            (
                service.max_tokens.is_some() && service.max_completion_tokens.is_some(),
                "max_tokens",
                "max_completion_tokens",
            ),
            (
                service.conversation_bytes.is_some() && service.conversation_tokens.is_some(),
                "conversation_bytes",
                "conversation_tokens",
            ),
        ];
        for (_, one, other) in both.into_iter().filter(|(both, ..)| *both) {
            let message = format!("the service of `{name}` has `{one}` and `{other}`");
            self.wrong_at(&place.clone().then(other), message, "leave one of them out");
        }
        let conversation = service.conversation_bytes.or(service.conversation_tokens);
        if conversation.is_some_and(|most| !(200..=10_000_000).contains(&most))
            || service.articles > 20
            || service.temperature.is_some_and(|temperature| !(0.0..=2.0).contains(&temperature))
        {
            self.wrong_at(
                place,
                "conversation_bytes or conversation_tokens must be 200 to 10000000, articles at most 20, temperature 0 \
                 to 2",
                "correct the number",
            );
        }
        let openai = service.tools && service.system_role && service.temperature.is_none() && service.articles == 3;
        let bounds = [
            service.max_tokens,
            service.max_completion_tokens,
            service.conversation_bytes,
            service.conversation_tokens,
        ];
        if service.kind != ServiceKind::Openai && !(openai && bounds.iter().all(Option::is_none)) {
            self.wrong_at(
                place,
                format!("the service of `{name}` has keys that only an OpenAI-compatible interface knows"),
                "leave out tools, system_role, temperature, max_tokens, conversation_… and articles",
            );
        }
    }
}
