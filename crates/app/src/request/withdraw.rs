//! A request taken back before it is carried out.

use super::{answer, view::RequestView};
use crate::{Caller, Done, Parts, Repeat, operation::WithdrawRequestRefusal};
use remit_domain::request::RequestCommand;

/// Takes a request back.
///
/// # Errors
/// [`WithdrawRequestRefusal`] says when each arises.
pub async fn withdraw_request(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    request: &str,
) -> Result<Done<RequestView>, WithdrawRequestRefusal> {
    let by = caller.pseudonym.to_string();
    let withdraw = |_| Ok(RequestCommand::Withdraw { by: by.clone() });
    Ok(answer::act(parts, caller, repeat, request, "request.withdraw", withdraw).await?)
}
