//! A request taken back before it is carried out.

use super::{
    change::{self, Read, Wish, change},
    view::RequestView,
};
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
    let wish = Wish { ids: &[request], permission: "request.withdraw", as_list: None };
    let withdraw = |_: &Read<'_>, _| Ok(RequestCommand::Withdraw { by: by.clone() });
    Ok(change(parts, caller, repeat, wish, withdraw, |_, views| change::only(views)).await?)
}
