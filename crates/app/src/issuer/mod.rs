//! Issuers: identity providers whose word the organisation takes for its customers. A delegate whose customer signed in
//! there acts for them without a page of consent here, within what the organisation lets that issuer's word do
//! (ID-JAG, draft-ietf-oauth-identity-assertion-authz-grant).

mod changed;
pub mod grant;
mod keys;
pub mod register;
pub mod subject;
