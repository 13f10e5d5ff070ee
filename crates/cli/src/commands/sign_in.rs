//! What `remit serve` is told of how people who work here sign in with a browser.

use anyhow::Context as _;
use clap::Args;
use remit_app::environment::{limits::SessionTimes, provider::ProviderSettings};
use remit_policy::address::Address;
use remit_responders::ApiKey;
use std::{fs, path::PathBuf, time::Duration};

/// Roles of people.
const ROLES: [&str; 4] = ["admin", "staff", "lead", "auditor"];

/// How people who work here sign in: docs/staff-sign-in.md.
#[derive(Debug, Args)]
pub(crate) struct SignInArgs {
    /// The identity provider by which people who work here sign in (OpenID Connect), as it calls itself. Without it,
    /// they have passwords here.
    #[arg(long, env = "REMIT_STAFF_SIGN_IN", value_name = "ISSUER", value_parser = issuer)]
    staff_sign_in: Option<String>,
    /// What this server is called there; its address to come back to is /sign-in/v1/callback below `--public-url`.
    #[arg(long, env = "REMIT_STAFF_CLIENT_ID", value_name = "ID", requires = "staff_sign_in")]
    staff_client_id: Option<String>,
    /// The file with the client's secret; or the variable REMIT_STAFF_CLIENT_SECRET has it.
    #[arg(long, env = "REMIT_STAFF_CLIENT_SECRET_FILE", value_name = "FILE", requires = "staff_sign_in")]
    staff_client_secret_file: Option<PathBuf>,
    /// The claim that says who somebody is: their name in records, or an address of `--staff-domain`. An `email` must
    /// be verified.
    #[arg(long, env = "REMIT_STAFF_NAME_CLAIM", value_name = "CLAIM", default_value = "sub")]
    staff_name_claim: String,
    /// The domain whose addresses name people by what stands before the `@`.
    #[arg(long, env = "REMIT_STAFF_DOMAIN", value_name = "DOMAIN")]
    staff_domain: Option<String>,
    /// The claim that says in which groups somebody is, or which roles they have there; dots lead into objects.
    #[arg(long, env = "REMIT_STAFF_ROLES_CLAIM", value_name = "CLAIM", default_value = "groups")]
    staff_roles_claim: String,
    /// Which of these gives which role here: admin, staff, lead or auditor. May be given several times; who has none of
    /// them is not let in.
    #[arg(
        long,
        env = "REMIT_STAFF_ROLE",
        value_name = "GROUP=ROLE",
        value_delimiter = ',',
        value_parser = mapped
    )]
    staff_role: Vec<(String, String)>,
    /// After how many minutes without a request a session ends: 1 to 1440.
    #[arg(
        long,
        env = "REMIT_SESSION_IDLE_MINUTES",
        default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..=1_440)
    )]
    session_idle_minutes: u64,
    /// After how many hours it ends at the latest: 1 to 720.
    #[arg(
        long,
        env = "REMIT_SESSION_HOURS",
        default_value_t = 12,
        value_parser = clap::value_parser!(u64).range(1..=720)
    )]
    session_hours: u64,
}

/// The name of an identity provider.
fn issuer(text: &str) -> Result<String, String> {
    let address = Address::parse(text).map_err(|why| why.to_string())?;
    if !address.is_private() {
        return Err("must be https://…".to_owned());
    }
    Ok(text.to_owned())
}

/// A group, and the role that it gives.
fn mapped(text: &str) -> Result<(String, String), String> {
    let (group, role) = text.rsplit_once('=').ok_or("write GROUP=ROLE")?;
    if group.is_empty() || !ROLES.contains(&role) {
        return Err(format!("must be GROUP=ROLE, with one of the roles {}", ROLES.join(", ")));
    }
    Ok((group.to_owned(), role.to_owned()))
}

impl SignInArgs {
    /// How long sessions last.
    pub(crate) fn times(&self) -> SessionTimes {
        SessionTimes {
            idle: Duration::from_secs(self.session_idle_minutes * 60),
            longest: Duration::from_secs(self.session_hours * 3_600),
        }
    }

    /// The identity provider; nothing where none is declared.
    pub(crate) fn provider(&self, is_found: bool) -> anyhow::Result<Option<ProviderSettings>> {
        let Some(issuer) = &self.staff_sign_in else { return Ok(None) };
        anyhow::ensure!(is_found, "--staff-sign-in needs --public-url: people come back there");
        let client_id = self.staff_client_id.clone().context("--staff-sign-in needs --staff-client-id")?;
        anyhow::ensure!(
            !self.staff_role.is_empty(),
            "--staff-sign-in needs --staff-role GROUP=ROLE: nobody had a role"
        );
        let secret = match &self.staff_client_secret_file {
            Some(file) => {
                let named = || format!("{} cannot be read, for the client's secret", file.display());
                fs::read_to_string(file).with_context(named)?.trim_end().to_owned()
            }
            None => std::env::var("REMIT_STAFF_CLIENT_SECRET")
                .context("--staff-sign-in needs --staff-client-secret-file, or REMIT_STAFF_CLIENT_SECRET")?,
        };
        anyhow::ensure!(!secret.is_empty(), "the client's secret is empty");
        Ok(Some(ProviderSettings {
            issuer: issuer.clone(),
            client_id,
            secret: ApiKey::new(secret),
            name_claim: self.staff_name_claim.clone(),
            domain: self.staff_domain.clone(),
            roles_claim: self.staff_roles_claim.clone(),
            roles: self.staff_role.clone(),
        }))
    }
}
