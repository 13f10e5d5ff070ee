//! What can be measured about a case: intent, requests for a human, vulnerability, frustration, language, complexity, SLA risk.
